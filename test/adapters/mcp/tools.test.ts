import { describe, expect, it } from "vitest";
import { exchange } from "./support/exchange.ts";
import { fakeManager, type Reply } from "./support/fake-manager.ts";
import { params, result, run, type ToolMessage, withPart } from "./support/tool-fixture.ts";

describe("what hooks see of a tool call", () => {
  it("is a tool_call and a tool_result, and nothing of _meta", async () => {
    const manager = fakeManager({
      tool_pre_invoke: () => undefined,
      tool_post_invoke: () => undefined,
    });
    const { sent, answer } = await exchange(manager, "tools/call", params, { result });
    const { _meta, ...shown } = result;
    const { isError: _, ...content } = shown;
    expect(manager.calls.map(({ hook, payload }) => ({ hook, payload }))).toEqual([
      { hook: "tool_pre_invoke", payload: { name: "search", args: params.arguments } },
      {
        hook: "cmf.tool_pre_invoke",
        payload: {
          schema_version: "2.0",
          role: "assistant",
          content: [
            {
              content_type: "tool_call",
              content: { tool_call_id: "7", name: "search", arguments: params.arguments },
            },
          ],
        },
      },
      { hook: "tool_post_invoke", payload: { name: "search", result: shown } },
      {
        hook: "cmf.tool_post_invoke",
        payload: {
          schema_version: "2.0",
          role: "tool",
          content: [
            {
              content_type: "tool_result",
              content: { tool_call_id: "7", tool_name: "search", content, is_error: false },
            },
          ],
        },
      },
    ]);
    expect(sent?.params).toEqual(params);
    expect(answer.result).toEqual(result);
  });

  it("shows the hook what the older hook changed, with its resulting extensions", async () => {
    const manager = fakeManager({
      tool_pre_invoke: () => ({
        changed: { name: "find", args: params.arguments },
        extensions: "later",
        context: "state",
      }),
    });
    await exchange(manager, "tools/call", params, { result });
    expect(manager.calls[1]).toMatchObject({
      hook: "cmf.tool_pre_invoke",
      payload: { content: [{ content: { name: "find" } }] },
      options: { extensions: "later", context: "state" },
    });
    expect(manager.calls[2]?.payload).toMatchObject({
      content: [{ content: { tool_name: "find" } }],
    });
  });
});

describe("what a plugin changes in a call", () => {
  it("is written as ordinary data; the rest of the message stays", async () => {
    const { sent } = await run({
      "cmf.tool_pre_invoke": (message: ToolMessage) =>
        withPart(message, { name: "find", arguments: { q: "x", deep: { list: [{}] } } }),
    });
    expect(sent).toEqual({
      jsonrpc: "2.0",
      id: 7,
      method: "tools/call",
      params: { ...params, name: "find", arguments: { q: "x", deep: { list: [{}] } } },
    });
    const args = Object(sent?.params).arguments as { deep: { list: object[] } };
    for (const part of [args, args.deep, args.deep.list, args.deep.list[0]]) {
      expect(Object.isFrozen(part)).toBe(false);
    }
    expect(Object.getPrototypeOf(args.deep)).toBe(Object.prototype);
  });

  it("leaves absent arguments absent, and adds some if a plugin does", async () => {
    const bare = await exchange(fakeManager(), "tools/call", { name: "search" }, { result });
    expect(bare.sent?.params).toEqual({ name: "search" });
    const typed = fakeManager({
      tool_pre_invoke: () => ({ changed: { name: "search", args: { a: 1 } } }),
    });
    const { sent } = await exchange(typed, "tools/call", { name: "search" }, { result });
    expect(sent?.params).toEqual({ name: "search", arguments: { a: 1 } });
  });

  it.each<[string, (message: ToolMessage) => Reply]>([
    ["another id", (message) => withPart(message, { tool_call_id: "8" })],
    ["no name", (message) => withPart(message, { name: "" })],
    ["a list as arguments", (message) => withPart(message, { arguments: [] })],
    [
      "a second part",
      (message) => ({ changed: { ...message, content: [...message.content, ...message.content] } }),
    ],
    ["no parts", (message) => ({ changed: { ...message, content: [] } })],
    [
      "another kind of part",
      () => ({ changed: { role: "user", content: [{ content_type: "text", text: "x" }] } }),
    ],
    ["no message", () => ({ changed: "x" })],
  ])("refuses the call for %s", async (_, hook) => {
    const { sent, answer } = await run({ "cmf.tool_pre_invoke": hook as never });
    expect(sent).toBeUndefined();
    expect(answer).toMatchObject({ error: { code: -32011 } });
  });
});
