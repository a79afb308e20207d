/** Redaction bypasses: ways for a peer to hide text from plugins that would redact or refuse it. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { createGuard } from "glassine/mcp";
import type { Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { exchange } from "../adapters/mcp/support/exchange.ts";
import { fakeManager, settle } from "../adapters/mcp/support/fake-manager.ts";
import { RawTransport, request, result, toolResult } from "../adapters/mcp/support/raw.ts";
import { attack } from "./attack.ts";

const secret = "078-05-1120";
const uri = "file:///a";

/** Replaces the secret wherever it is shown. */
async function redactor() {
  const plugin = definePlugin({
    name: "redactor",
    version: "1.0.0",
    hooks: {
      message_post_invoke(message) {
        const text = JSON.stringify(message);
        if (!text.includes(secret)) return undefined;
        return { modifiedPayload: JSON.parse(text.replaceAll(secret, "***")) as Message };
      },
    },
  });
  return createPluginManager({ plugins: [plugin] });
}

const inPrompt = (content: unknown) => ({ messages: [{ role: "user", content }] });

attack(
  "A-280",
  "Hide text in another field of a block without `text`, so that redacting the JSON shown leaves it (redaction bypass)",
  "replaced as a whole or refused",
  () => {
    it.each([
      { type: "text", title: secret },
      { type: "text", text: 5, note: secret },
      { type: "text", text: null, note: secret },
      { title: secret },
      { text: { a: secret } },
      { type: "image", alt: secret },
      { type: ["text"], text: secret },
    ])("%j", async (block) => {
      const { answer } = await exchange(
        (await redactor()) as never,
        "prompts/get",
        { name: "p" },
        { result: inPrompt(block) },
      );
      expect(JSON.stringify(answer)).not.toContain(secret);
    });
  },
);

const working = { taskId: "t", status: "working", ttl: null, createdAt: "", lastUpdatedAt: "" };

attack(
  "A-281",
  "Hide a string under a setting's name where MCP has no such setting, in one of the wrong type, or as the name of a null field",
  "refused with `guard_failed`",
  () => {
    it.each([
      ["prompts/get", { name: "p" }, inPrompt({ type: "text", text: "a", title: secret })],
      ["prompts/get", { name: "p" }, inPrompt({ type: "text", text: "a", task: { a: secret } })],
      ["prompts/get", { name: "p" }, inPrompt({ type: "text", text: "a", _meta: secret })],
      ["prompts/get", { name: "p" }, inPrompt({ type: "text", text: "a", [secret]: null })],
      ["prompts/get", { name: "p" }, { messages: [], stopSequences: [secret] }],
      ["prompts/get", { name: "p" }, { messages: [], resultType: `no ${secret}` }],
      ["resources/read", { uri }, { contents: [{ uri, text: "a", title: { a: secret } }] }],
      ["resources/read", { uri }, { contents: [{ uri, text: "a", metadata: { a: secret } }] }],
      ["resources/read", { uri }, { contents: [], nextCursor: secret }],
      ["tools/call", { name: "t" }, { task: { ...working, status: `not ${secret}` } }],
    ])("%s %#", async (method, params, reply) => {
      const { answer } = await exchange(fakeManager(), method, params, { result: reply });
      expect(JSON.stringify(answer)).not.toContain(secret);
      expect(answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
    });

    it.each([
      ["tools/call", { name: "t", title: secret }],
      ["tools/call", { name: "t", [secret]: null }],
      ["prompts/get", { name: "p", task: { a: secret } }],
      ["resources/read", { uri, metadata: { a: secret } }],
      ["tools/call", { name: "t", task: { a: secret } }],
      ["tasks/get", { taskId: "t", note: secret }],
      ["tasks/result", { taskId: "t", name: secret }],
      ["tasks/result", { taskId: "t", [secret]: null }],
    ])("in a request: %s %j", async (method, params) => {
      const { sent } = await exchange(fakeManager(), method, params, { result: {} });
      expect(sent).toBeUndefined();
    });
  },
);

attack(
  "A-282",
  "Answer `tasks/get` or `tasks/cancel` with a value that is not a task",
  "refused with `guard_failed`",
  () => {
    it.each([
      { content: [{ type: "text", text: secret }] },
      { ...working, taskId: { a: secret } },
      { status: secret },
      secret,
      [secret],
      null,
    ])("%j", async (reply) => {
      for (const method of ["tasks/get", "tasks/cancel"]) {
        const { answer } = await exchange(
          fakeManager(),
          method,
          { taskId: "t" },
          { result: reply ?? { [secret]: null } },
        );
        expect(JSON.stringify(answer)).not.toContain(secret);
        expect(answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
      }
    });

    it("and next to params and result, where JSON-RPC defines nothing", async () => {
      const raw = new RawTransport();
      const guard = createGuard(fakeManager()).wrap(raw);
      const received: unknown[] = [];
      guard.onmessage = (message) => received.push(message);
      await guard.start();
      await guard.send({ ...request(1, "tools/call", { name: "t" }), note: secret });
      raw.onmessage?.({ ...toolResult(1, "a"), note: secret });
      await settle();
      expect(received).toEqual([toolResult(1, "a")]);
      expect(JSON.stringify(raw.sent)).not.toContain(secret);
    });
  },
);

attack(
  "A-283",
  "Fetch a tool's result as a task over a connection whose guard did not see the call, to evade that tool's plugins",
  "the plugins run, whatever tools they are limited to",
  () => {
    it("through the guard", async () => {
      const plugin = definePlugin({
        name: "no-numbers",
        version: "1.0.0",
        hooks: {
          "cmf.tool_post_invoke": {
            conditions: { tools: ["lookup"] },
            handler: (message) =>
              JSON.stringify(message).includes(secret)
                ? deny({ code: "pii", reason: "No numbers" })
                : undefined,
          },
        },
      });
      const manager = await createPluginManager({ plugins: [plugin] });
      const raw = new RawTransport();
      const guard = createGuard(manager).wrap(raw);
      const received: unknown[] = [];
      guard.onmessage = (message) => received.push(message);
      await guard.start();
      await guard.send(request(1, "tasks/result", { taskId: "of-another-connection" }));
      raw.onmessage?.(result(1, { content: [{ type: "text", text: secret }] }));
      await expect.poll(() => received.length).toBe(1);
      expect(received).toMatchObject([{ error: { data: { code: "pii" } } }]);
    });
  },
);

describe("strings in fields that MCP defines", () => {
  it("pass: null for a known field, and the name of contents, which is shown", async () => {
    const manager = fakeManager({ "cmf.resource_post_fetch": () => undefined });
    const contents = [{ uri, name: "notes", text: "a", blob: null, title: null }];
    const { answer } = await exchange(manager, "resources/read", { uri }, { result: { contents } });
    expect(answer).toMatchObject({ result: { contents } });
    expect(JSON.stringify(manager.calls)).toContain("notes");
  });
});
