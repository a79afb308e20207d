/** What the webhook keeps of a request that is over. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createPluginManager, definePlugin } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { expect, it } from "vitest";
import { guardrailWebhook } from "../../../../src/gateway/models/index.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { unlimited } from "../support/unlimited.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const masker = definePlugin({
  name: "masker",
  version: "1.0.0",
  hooks: {
    "cmf.llm_input": (message) => ({
      modifiedPayload: {
        ...message,
        content: message.content.map((part) =>
          part.content_type === "text" ? { ...part, text: part.text.replace("secret", "…") } : part,
        ),
      },
    }),
  },
});

it("keeps no text of a prompt that it has answered", async () => {
  const manager = await createPluginManager({ plugins: [masker] });
  afterTest(() => manager.close());
  const route = guardrailWebhook({
    manager: manager as never,
    store: memoryLabelStore(),
    tenant: undefined,
    access: undefined,
    messageBytes: 1_000_000,
    bodyTimeoutMs: 5000,
    onEnd() {},
    onNote() {},
    onHook() {},
    masksAnswers: false,
  });
  const caller = { labelSession: "s", subject: undefined, envelope: {} };
  const connection = { remote: undefined, onSent() {}, held: unlimited };
  const ask = async (count: number) => {
    for (let at = 0; at < count; at += 1) {
      const content = `secret ${at} ${"x".repeat(200_000)}`;
      const request = new Request("http://gateway.test/request", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ body: { messages: [{ role: "user", content }] } }),
      });
      const response = await route.handle(request, caller, connection);
      expect(await response.text()).toContain("Changed by plugins");
    }
  };
  const used = async () => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await ask(3);
  const before = await used();
  await ask(40);
  // Keeping all of them would take more than 8 MB.
  expect((await used()) - before).toBeLessThan(3_000_000);
});
