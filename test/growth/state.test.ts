// Only in test:all: it measures stores at sizes up to 131,072.
/** What is kept for keys that come and go: sessions with labels, and allowances. */
import { createExtensions, createPluginManager } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { createMessage, toolCall } from "glassine/messages";
import { rateLimit } from "glassine/plugins";
import { expect, it } from "vitest";
import { excessOf } from "../support/growth.ts";
import { verifies } from "../support/verifies.ts";
import { times } from "./families.ts";

/** With fewer keys, other work hides what each of them costs. */
const sizes = { longTime: 1000, largest: 131_072 };

it("adds a session to a label store in time that does not grow with the sessions in use", async () => {
  verifies("adapters:work-bounded");
  const input = async (count: number) => {
    const store = memoryLabelStore({ maxSessions: 10_000_000 });
    const sessions = times(count, (at) => `used-${at}`);
    for (const session of sessions) await store.append(session, ["A"]);
    return { store, sessions };
  };
  const run = async ({ store, sessions }: Awaited<ReturnType<typeof input>>) => {
    for (const session of sessions) {
      await store.load(session);
      await store.append(`new-${session}`, ["A"]);
    }
  };
  expect(await excessOf({ input, run }, sizes)).toBeUndefined();
});

it("limits a rate in time that does not grow with the keys in use", async () => {
  verifies("adapters:work-bounded");
  const part = toolCall({ tool_call_id: "1", name: "read", arguments: {} });
  const message = createMessage({ role: "assistant", content: [part] });
  const input = async (count: number) => {
    const plugin = rateLimit(
      { limit: 10, maxKeys: 10_000_000 },
      { now: () => 0 }, // Nothing is ever full again.
    );
    const manager = await createPluginManager({ plugins: [plugin] });
    const callers = times(count, (at) =>
      createExtensions({ security: { subject: { id: `${at}`, type: "user" } } }),
    );
    const call = async () => {
      for (const extensions of callers)
        await manager.invoke("cmf.tool_pre_invoke", message, { extensions });
    };
    await call();
    return call;
  };
  expect(await excessOf({ input, run: (call) => call() }, sizes)).toBeUndefined();
});
