import type { Json } from "glassine";
import { promptRequest, resourceRef } from "glassine/messages";
import { type AllowListOptions, allowList } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { answering, calling, run } from "./support/run.ts";

async function codeOf(options: AllowListOptions, tool: string, args?: Record<string, unknown>) {
  const result = await run(allowList(options), "cmf.tool_pre_invoke", calling(tool, args));
  return result.violation?.code;
}

describe("allowList", () => {
  it("refuses every tool, prompt and resource by default", async () => {
    const list = allowList();
    const prompt = promptRequest({ prompt_request_id: "1", name: "greet" });
    const reference = resourceRef({
      resource_request_id: "1",
      uri: "file:///a",
      resource_type: "file",
    });
    const results = [
      await run(list, "cmf.tool_pre_invoke", calling("read")),
      await run(list, "cmf.tool_pre_invoke", { role: "assistant" }),
      await run(list, "cmf.prompt_pre_fetch", { role: "user", content: [prompt] }),
      await run(list, "cmf.resource_pre_fetch", { role: "user", content: [reference] }),
    ];
    expect(results.map(({ violation }) => violation?.code)).toEqual(Array(4).fill("not_listed"));
    const open = allowList({ prompts: ["greet"], resources: ["file:///**"] });
    for (const [hook, part] of [
      ["cmf.prompt_pre_fetch", prompt],
      ["cmf.resource_pre_fetch", reference],
    ] as const) {
      const result = await run(open, hook, { role: "user", content: [part] });
      expect(result.continueProcessing).toBe(true);
    }
  });

  it("allows arguments that fit their patterns, and no others", async () => {
    const tools = { send: { arguments: { to: ["*@a.example", "ada"], text: ["**"] } } };
    expect(await codeOf({ tools }, "send", { to: "bob@a.example", text: "a/b" })).toBeUndefined();
    expect(await codeOf({ tools }, "send", {})).toBeUndefined();
    for (const args of [
      { to: "bob@b.example" },
      { to: ["ada"] },
      { cc: "ada" },
      { constructor: "ada" },
    ])
      expect(await codeOf({ tools }, "send", args)).toBe("arguments_not_listed");
  });

  it("allows arguments that fit a JSON Schema", async () => {
    const schema = {
      type: "object",
      properties: { limit: { type: "integer", maximum: 10 }, to: { enum: ["ada", "bob"] } },
      required: ["limit"],
      additionalProperties: false,
    };
    const tools = { read: { schema } };
    expect(await codeOf({ tools }, "read", { limit: 10, to: "bob" })).toBeUndefined();
    for (const args of [{}, { limit: 11 }, { limit: 1, to: "eve" }, { limit: 1, more: 1 }])
      expect(await codeOf({ tools }, "read", args)).toBe("arguments_not_listed");
  });

  const unchecked: readonly { readonly [keyword: string]: Json }[] = [
    { properties: { to: { type: "string" } } },
    { type: "string" },
    { type: "object", properties: { to: { type: "string", pattern: "^(a+)+$" } } },
    { type: "object", properties: { to: { maxLength: 1 } } },
    { type: "object", patternProperties: { "^a": { type: "string" } } },
    { type: "object", not: { required: ["a"] } },
    { type: "object", maximun: 1 },
    { type: "object", constructor: 1 },
  ];
  it.each(unchecked.map((schema) => ({ schema })))(
    "refuses $schema, which would check less than it says, or for ever",
    ({ schema }) => {
      expect(() => allowList({ tools: { read: { schema } } })).toThrow(
        'allowList: "tools" "read" "schema" must be a JSON Schema of an object',
      );
    },
  );

  it("holds a call to the rules of all patterns that name its tool", async () => {
    const tools = {
      "*": {},
      "send_*": { arguments: { to: ["ada", "bob"] } },
      send_now: { arguments: { to: ["bob", "eve"] } },
    };
    expect(await codeOf({ tools }, "send_now", { to: "bob" })).toBeUndefined();
    expect(await codeOf({ tools }, "send_now", { to: "ada" })).toBe("arguments_not_listed");
    expect(await codeOf({ tools }, "send_now", { to: "eve" })).toBe("arguments_not_listed");
    expect(await codeOf({ tools }, "read", { to: "eve" })).toBeUndefined();
  });

  it("hides what is not listed, and keeps everything else of a list", async () => {
    const list = allowList({ tools: { "read_*": {} }, resources: ["file:///a/**"] });
    const shown = async (method: string, content: unknown) => {
      const result = await run(list, "cmf.mcp_response", answering(method, content));
      const [part] = result.payload.content;
      return part?.content_type === "tool_result" && result.continueProcessing
        ? part.content.content
        : result.violation?.code;
    };
    const tools = [{ name: "read_a", title: "A" }, { name: "wipe" }, { name: 1 }, "read_b"];
    expect(await shown("tools/list", { tools, nextCursor: "c" })).toEqual({
      tools: [{ name: "read_a", title: "A" }],
      nextCursor: "c",
    });
    expect(await shown("prompts/list", { prompts: [{ name: "greet" }] })).toEqual({ prompts: [] });
    const resources = [{ uri: "file:///a/b" }, { uri: "file:///c" }];
    expect(await shown("resources/list", { resources })).toEqual({ resources: [resources[0]] });
    expect(await shown("tools/list", { tools: "none" })).toBe("list_unreadable");
    expect(await shown("tools/list", ["none"])).toBe("list_unreadable");
    expect(await shown("initialize", { tools })).toEqual({ tools });
  });

  it("guards a server of the SDK", async () => {
    const { call, client, calls, close } = await connect([
      allowList({ tools: { echo: { arguments: { text: ["h*"] } } } }),
    ]);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["echo"]);
    expect((await client.listPrompts()).prompts).toEqual([]);
    expect(await call("wipe")).toMatchObject({ code: "not_listed" });
    expect(await call("echo", { text: "no" })).toMatchObject({ code: "arguments_not_listed" });
    expect(await call("echo", { text: "hi" })).toEqual([{ type: "text", text: "hi" }]);
    expect(calls).toEqual(["echo hi"]);
    await close();
  });
});
