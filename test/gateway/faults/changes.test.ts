/** A reload, and a shutdown, while a thousand requests are in flight. */
// Only in test:all: it opens a thousand requests.
import { createPluginManager, definePlugin } from "glassine";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { sessionOf } from "../run/support/caller.ts";
import type { Came } from "../run/support/fake-server.ts";

const sessions = 10;
const each = 100;

/** A plugin that records which calls it judged in which hook. */
function setOf(name: string) {
  const judged = { pre: new Set<string>(), post: new Set<string>() };
  const keep = (hook: "pre" | "post") => (message: unknown) => {
    const [call] = /call \d+:\d+/.exec(JSON.stringify(message)) ?? [];
    if (call !== undefined) judged[hook].add(call);
  };
  const hooks = { "cmf.tool_pre_invoke": keep("pre"), "cmf.tool_post_invoke": keep("post") };
  return { judged, plugin: definePlugin({ name, version: "1.0.0", hooks }) };
}

/** A thousand calls that the server holds. */
async function inFlight() {
  const waiting: Came[] = [];
  const before = setOf("before");
  const limits = { shutdownMs: 100, requestsPerMinute: 100_000 };
  const made = await gatewayBefore((came) => void waiting.push(came), { limits }, [before.plugin]);
  const callers = await Promise.all(
    Array.from({ length: sessions }, () => sessionOf(made.url, ada)),
  );
  const call = (at: number, id: number) => {
    const said = `call ${at}:${id}`;
    return callers[at]?.call(id, { arguments: { said } });
  };
  const asked: ReturnType<typeof call>[] = [];
  // A few at a time: a busy machine would not read all their headers before the deadline.
  for (let id = 0; id < each; id += 1) {
    asked.push(...callers.map((_, at) => call(at, id)));
    await expect.poll(() => waiting.length).toBe(asked.length);
  }
  const release = () => {
    for (const came of waiting.splice(0)) came.answer(/call \d+:\d+/.exec(came.raw)?.[0] ?? "");
  };
  return { ...made, before, asked, call, release, waiting };
}

describe("F-14: a reload, and a shutdown, during a thousand requests", () => {
  it("what is in flight ends under the set of plugins that it began with", async () => {
    const { gateway, parts, before, asked, call, release, waiting } = await inFlight();
    const later = ["next", "last"].map(setOf);
    for (const [at, { plugin }] of later.entries()) {
      const manager = await createPluginManager({ plugins: [plugin] });
      afterTest(() => manager.close());
      await gateway.reload({ ...parts, manager });
      asked.push(...Array.from({ length: sessions }, (_, of) => call(of, each + at)));
      await expect.poll(() => waiting.length).toBe(asked.length);
    }
    release();
    for (const said of await Promise.all(asked))
      expect(said?.messages).toMatchObject([{ result: {} }]);
    for (const { judged } of [before, ...later]) expect(judged.post).toEqual(judged.pre);
    const sizes = [before, ...later].map(({ judged }) => judged.pre.size);
    expect(sizes).toEqual([sessions * each, sessions, sessions]);
  });

  it("what does not end in time is refused with a code, and is counted", async () => {
    const { gateway, asked } = await inFlight();
    await gateway.close();
    for (const said of await Promise.all(asked))
      expect(said?.messages).toMatchObject([{ error: { data: { code: "shutting_down" } } }]);
    const { started, allowed, denied, errored, aborted, open } = gateway.counts();
    expect([started, open]).toEqual([allowed + denied + errored + aborted, 0]);
    expect(aborted).toBe(sessions * each);
  });
});
