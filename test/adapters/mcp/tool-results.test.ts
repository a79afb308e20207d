import { describe, expect, it } from "vitest";
import { denial } from "./support/fake-manager.ts";
import { result, run, type ToolMessage, withPart } from "./support/tool-fixture.ts";

describe("what a plugin changes in a result", () => {
  const post = (part: object) => ({
    "cmf.tool_post_invoke": (message: ToolMessage) => withPart(message, part),
  });

  it("is written; what it did not change or see stays", async () => {
    const { answer } = await run({
      "cmf.tool_post_invoke": (message: ToolMessage) => {
        const content = message.content[0].content.content as typeof result;
        const [first, ...rest] = content.content;
        return withPart(message, {
          content: {
            ...content,
            content: [{ ...first, text: "ssn ###" }, ...rest],
            structuredContent: undefined,
          },
        });
      },
    });
    const { structuredContent: _, ...kept } = result;
    expect(answer.result).toEqual({
      ...kept,
      content: [{ ...result.content[0], text: "ssn ###" }, result.content[1]],
    });
  });

  it("may be text or the blocks alone, which replace all of it", async () => {
    const text = await run(post({ content: "redacted" }));
    const blocks = await run(post({ content: [{ type: "text", text: "redacted" }] }));
    const expected = {
      content: [{ type: "text", text: "redacted" }],
      isError: false,
      _meta: result._meta,
    };
    expect([text.answer.result, blocks.answer.result]).toEqual([expected, expected]);
  });

  it("may be whether it is an error", async () => {
    const { answer } = await run(post({ is_error: true }));
    expect(answer.result).toEqual({ ...result, isError: true });
  });

  it.each([
    ["another id", { tool_call_id: "8" }],
    ["a number as content", { content: 5 }],
    ["null as content", { content: null }],
    ["a field that is the wire's", { content: { content: [], _meta: {} } }],
    ["no verdict on errors", { is_error: "no" }],
  ])("refuses the response for %s", async (_, part) => {
    expect((await run(post(part))).answer).toMatchObject({ error: { code: -32011 } });
  });

  it("refuses a response that is not an object", async () => {
    expect((await run({}, { result: "raw" })).answer).toMatchObject({ error: { code: -32011 } });
    expect((await run({}, { error: "raw" })).answer).toMatchObject({ error: { code: -32011 } });
  });
});

describe("an error response to a tool call", () => {
  const error = { code: -32603, message: "at /srv/7", data: { path: "/srv/7" }, vendor: 1 };

  it("may be replaced by text, which drops its data", async () => {
    const { answer } = await run(
      {
        "cmf.tool_post_invoke": (message: ToolMessage) => withPart(message, { content: "failed" }),
      },
      { error },
    );
    expect(answer).toEqual({ jsonrpc: "2.0", id: 7, error: { code: -32603, message: "failed" } });
  });

  it("may be denied", async () => {
    const { answer } = await run({ "cmf.tool_post_invoke": () => denial("hidden") }, { error });
    expect(answer).toMatchObject({ error: { code: -32010, message: "hidden" } });
    expect(JSON.stringify(answer)).not.toContain("/srv/7");
  });

  it.each([
    ["becoming a result", { is_error: false }],
    ["another code", { content: { code: 1, message: "x" } }],
    ["no message", { content: { code: -32603 } }],
  ])("is refused for %s", async (_, part) => {
    const { answer } = await run(
      { "cmf.tool_post_invoke": (message: ToolMessage) => withPart(message, part) },
      { error },
    );
    expect(answer).toMatchObject({ error: { code: -32011 } });
  });
});
