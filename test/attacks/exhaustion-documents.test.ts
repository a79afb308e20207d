/** Exhaustion by documents: the work that a response or request causes in a guard or adapter. */
// Only in test:all: it measures how work grows.
import { createExtensions, createPluginManager, definePlugin, type Plugin } from "glassine";
import { fromMessagesRequest, toMessagesRequest } from "glassine/anthropic";
import { toChatEvents } from "glassine/openai";
import { expect, it } from "vitest";
import { fakeManager } from "../adapters/mcp/support/fake-manager.ts";
import { type Json, rawGuard, request, toolCall } from "../adapters/mcp/support/raw.ts";
import { excessOf } from "../support/growth.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const times = <Item>(count: number, make: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => make(at));

/**
 * Far enough to distinguish quadratic work from linear. Beyond the default size, documents outgrow
 * the processor's caches, which looks like quadratic work.
 */
const far = { longTime: 100 };

const data = { a: { apply_labels: ["SECRET"] }, b: { denied_actions: ["other"] } };
const envelope = () => createExtensions({ security: { data } } as never);

/** What a guard with data policies forwards for a response. */
async function answered(
  method: string,
  params: object,
  result: object,
  plugins: readonly Plugin[] = [],
): Promise<Json> {
  const manager = await createPluginManager({ plugins });
  const { guard, peer, received } = await rawGuard(manager, { envelope, labels: {} });
  const taken = new Promise<void>((resolve) => {
    const { onmessage } = guard;
    guard.onmessage = (message, extra) => {
      onmessage?.(message, extra);
      resolve();
    };
  });
  await guard.send(request(1, method, params));
  peer({ jsonrpc: "2.0", id: 1, result });
  await taken;
  return received()[0] as Json;
}

attack(
  "A-284",
  "Answer `resources/read` with any number of empty contents",
  "refused or forwarded in time and memory proportional to the answer",
  () => {
    it.each([
      ["{}", () => ({})],
      ["of one URI", () => ({ uri: "file:///a", text: "" })],
      ["of many", (at: number) => ({ uri: `file:///${at}`, text: "" })],
    ])("%s", async (_what, content) => {
      verifies("adapters:work-bounded");
      const read = (result: object) => answered("resources/read", { uri: "file:///a" }, result);
      const input = (count: number) => ({ contents: times(count, content) });
      expect(await excessOf({ input, run: read }, far)).toBeUndefined();
    });
  },
);

attack(
  "A-285",
  "Link one resource under many names, and embed it as often in the same tool result",
  "labelled and judged once by each of its names",
  () => {
    it("in time and memory proportional to the result", async () => {
      const link = (at: number) => ({ type: "resource_link", uri: "file:///a", name: `n${at}` });
      const embedded = { type: "resource", resource: { uri: "file:///a", text: "" } };
      const input = (count: number) => ({
        content: times(count, (at) => (at % 2 === 0 ? link(at) : embedded)),
      });
      const call = (result: object) => answered("tools/call", { name: "a" }, result);
      expect(await excessOf({ input, run: call }, far)).toBeUndefined();
    });
  },
);

attack(
  "A-286",
  "Fill a request with fields that no message shows, in nested documents",
  "the first thousand are reported by path, the others are counted",
  () => {
    const fields = Object.fromEntries(times(5000, (at) => [`k${at}`, 1]));
    const text = { type: "text", text: "a", ...fields };
    const inner = { type: "document", source: { type: "content", content: times(30, () => text) } };
    const result = { type: "tool_result", tool_use_id: "1", content: [inner, inner] };
    const onto = { messages: [{ role: "user", content: [result] }] };

    it("when it is read, and when messages are written over it", () => {
      verifies("adapters:reports-bounded");
      const { left } = fromMessagesRequest(onto);
      expect(left.filter(({ kind }) => kind === "content").length).toBeLessThanOrEqual(1001);
      expect(left.at(-1)).toMatchObject({ path: "(root)", kind: "content" });
      const { lost } = toMessagesRequest([], { onto });
      expect(lost).toMatchObject([{ path: "onto.messages[0]" }]);
    });
  },
);

attack(
  "A-287",
  "Send as many arguments with the same string as there are headers that mirror them",
  "each header follows its argument, in time proportional to arguments and headers; a value of more than 8,192 characters is sent in no header",
  () => {
    const hooks = (args: (before: object) => object) => ({
      ...fakeManager(),
      handles: (hook: string) => hook === "tool_pre_invoke",
      invoke: async (hook: string, payload: object, options: object) => ({
        continueProcessing: true,
        rejections: [],
        errors: [],
        executions: [],
        metadata: {},
        extensions: undefined,
        context: undefined,
        ...options,
        payload:
          hook === "tool_pre_invoke"
            ? { ...payload, args: args((payload as { args: object }).args) }
            : payload,
      }),
    });
    const sent = async (headers: object, args: object, changed: (before: object) => object) => {
      const { raw, guard } = await rawGuard(hooks(changed) as never);
      await guard.send(toolCall(1, args), { headers });
      return (raw.sent[0] as { options: { headers: object } }).options.headers;
    };

    it("many of both", async () => {
      const input = (count: number) => ({
        headers: Object.fromEntries(times(count, (at) => [`Mcp-Param-${at}`, "same"])),
        args: Object.fromEntries(times(count, (at) => [`a${at}`, "same"])),
      });
      const follow = ({ headers, args }: ReturnType<typeof input>) =>
        sent(headers, args, (before) => ({ ...before, more: 1 }));
      expect(await excessOf({ input, run: follow }, far)).toBeUndefined();
    });

    it("a long string", async () => {
      const headers = { "Mcp-Param-A": "a", "X-Other": "b" };
      const long = await sent(headers, { a: "a" }, () => ({ a: "x".repeat(8193) }));
      expect(long).toEqual({ "X-Other": "b" });
      const fits = await sent(headers, { a: "a" }, () => ({ a: "x".repeat(8192) }));
      expect(fits).toEqual({ "Mcp-Param-A": "x".repeat(8192), "X-Other": "b" });
    });
  },
);

attack(
  "A-289",
  "Answer `tools/list` with any number of fields, where a plugin sees lists",
  "forwarded in time proportional to the answer",
  () => {
    it("each shown to the plugin", async () => {
      verifies("adapters:work-bounded");
      const looks = definePlugin({
        name: "looks",
        version: "1.0.0",
        hooks: { "cmf.mcp_response": (_message) => undefined },
      });
      const input = (count: number) => Object.fromEntries(times(count, (at) => [`k${at}`, 1]));
      const list = (result: object) => answered("tools/list", {}, result, [looks]);
      expect(await excessOf({ input, run: list }, { longTime: 1000 })).toBeUndefined();
    });
  },
);

attack(
  "A-290",
  "Fill a chat completion with fields, and its message with strings, so that each chunk repeats all fields",
  "fields that the protocol does not define are sent once, in the last chunk",
  () => {
    it("in memory proportional to the completion", async () => {
      verifies("adapters:work-bounded");
      const input = (count: number) => {
        const texts = Object.fromEntries(times(count, (at) => [`k${at}`, "a"]));
        return { id: "1", ...texts, choices: [{ index: 0, message: { content: "a", ...texts } }] };
      };
      expect(await excessOf({ input, run: (document) => toChatEvents(document) })).toBeUndefined();
      const chunks = toChatEvents({ ...input(3), model: "m" }) as readonly object[];
      expect(chunks.filter((chunk) => "k1" in chunk)).toEqual(chunks.slice(-1));
      expect(chunks.every((chunk) => "model" in chunk && "id" in chunk)).toBe(true);
    });
  },
);
