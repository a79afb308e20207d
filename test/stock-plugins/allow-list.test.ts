import type { Json } from "glassine";
import { type ContentPart, promptRequest, resourceRef, text } from "glassine/messages";
import { type AllowListOptions, allowList } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { answering, calling, run } from "./support/run.ts";

async function codeOf(options: AllowListOptions, tool: string, args?: Record<string, unknown>) {
  const result = await run(allowList(options), "cmf.tool_pre_invoke", calling(tool, args));
  return result.violation?.code;
}

type Parts = readonly ReturnType<typeof calling>[];

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

  /** Values that a schema refuses although one of its keywords, read alone, would allow them. */
  const refused: readonly (readonly [schema: Record<string, Json>, value: Json])[] = [
    [{ type: "object", properties: { to: {} }, required: ["to", "by"] }, { to: "x" }],
    [
      { type: "object", additionalProperties: false, allOf: [{ type: "object", properties: {} }] },
      { a: 1 },
    ],
    [{ type: "object", anyOf: [{ type: "object", required: ["a"] }] }, {}],
    [{ type: "array", maxItems: 1 }, [1, 2]],
    [{ maximum: 5, anyOf: [{ type: "number" }] }, 6],
    [{ type: "string", enum: ["1", 1] }, 1],
    [{ type: "string", maxLength: 1, const: "ab" }, "ab"],
    [{ type: "string", maxLength: 1 }, "👍👍"],
    [{ type: "integer" }, 1.5],
    [{ type: "number", multipleOf: 0.1 }, 0.35],
    [{ const: { a: [1] } }, { a: [1, 2] }],
    [{ const: { a: 1, b: 0 } }, { a: 1 }],
    [
      { type: "object", properties: JSON.parse('{ "__proto__": { "type": "string" } }') },
      JSON.parse('{ "__proto__": 1 }'),
    ],
    [{ type: "object", required: ["toString"] }, {}],
  ];
  it.each(refused)("%j refuses %j", async (schema, value) => {
    const tools = { read: { schema: { type: "object", properties: { value: schema } } } };
    expect(await codeOf({ tools }, "read", { value })).toBe("arguments_not_listed");
  });

  const allowed: readonly (readonly [schema: Record<string, Json>, value: Json])[] = [
    [{ type: "string", maxLength: 1 }, "👍"],
    [{ type: "integer" }, 1.0],
    [{ type: "number", multipleOf: 0.1 }, 0.3],
    [{ type: "number", multipleOf: 1e-7 }, 1e21],
    [{ const: { a: 1, b: 0 } }, { b: -0, a: 1 }],
    [{ type: ["string", "number"], maximum: 1 }, "long"],
    [{ oneOf: [{ type: "integer" }, { type: "string" }], title: "A", description: "B" }, "x"],
  ];
  it.each(allowed)("%j allows %j", async (schema, value) => {
    const tools = { read: { schema: { type: "object", properties: { value: schema } } } };
    expect(await codeOf({ tools }, "read", { value })).toBeUndefined();
  });

  it("does not follow later changes of a schema", async () => {
    const schema = { type: "object", properties: { to: { enum: ["ada"] } } };
    const list = allowList({ tools: { send: { schema } } });
    schema.properties.to.enum.push("eve");
    const result = await run(list, "cmf.tool_pre_invoke", calling("send", { to: "eve" }));
    expect(result.violation?.code).toBe("arguments_not_listed");
  });

  const about = (value: unknown) => ({ type: "object", properties: { to: value } });
  const deep = Array.from({ length: 200 }).reduce<object>(
    (items) => ({ type: "array", items }),
    {},
  );
  const unchecked: readonly (readonly [schema: unknown, message: string])[] = [
    [{ properties: { to: { type: "string" } } }, 'must be a JSON Schema with the type "object"'],
    [{ type: "string" }, 'must be a JSON Schema with the type "object"'],
    [{ type: "object", maximun: 1 }, '"maximun" is a keyword that would not be checked'],
    [{ type: "object", constructor: 1 }, '"constructor" is a keyword that would not be checked'],
    [{ type: "object", not: { required: ["a"] } }, '"not" is a keyword that would not be checked'],
    [{ type: "object", patternProperties: {} }, '"patternProperties" is a keyword that would not'],
    [about({ type: "string", pattern: "^(a+)+$" }), '"properties" "to" "pattern" is a keyword'],
    [about({ maxLength: 1 }), '"properties" "to" must have one of type, const, enum, anyOf, oneOf'],
    [about({ type: "string", maximum: 1 }), '"maximum" has no effect on the "type" beside it'],
    [about({ type: "number", maximum: "5" }), '"properties" "to" "maximum" must be a number'],
    [about({ type: "number", exclusiveMinimum: true }), '"exclusiveMinimum" must be a number'],
    [about({ type: "number", multipleOf: 0 }), '"multipleOf" must be a number above 0'],
    [about({ type: "string", maxLength: -1 }), '"maxLength" must be a whole number from 0'],
    [about({ type: "array", items: [{}] }), '"properties" "to" "items" must be a JSON Schema'],
    [about({ anyOf: [] }), '"anyOf" must be a list of JSON Schemas'],
    [about({ anyOf: [{}, 1] }), '"anyOf" [1] must be a JSON Schema'],
    [about({ enum: [] }), '"enum" must be a list of values'],
    [about({ type: "text" }), '"type" must be one or more of array, boolean, integer, null,'],
    [{ type: "object", required: "to" }, '"required" must be a list of different names'],
    [{ type: "object", properties: [] }, '"properties" must be an object of JSON Schemas'],
    [{ type: "object", title: 1 }, '"title" must be a string'],
    [about({ const: () => true }), 'must be a JSON Schema with the type "object"'],
    [about(deep), "is nested too deeply"],
  ];
  it.each(unchecked)("refuses the schema %j: %s", (schema, message) => {
    const make = () => allowList({ tools: { read: { schema } } } as AllowListOptions);
    expect(make).toThrow('allowList: "tools" "read" "schema" ');
    expect(make).toThrow(message);
  });

  it("says what is wrong with the name of a tool or an argument", () => {
    expect(() => allowList({ tools: { "": {} } })).toThrow(
      'allowList: "tools" "" has a name that must not be empty.',
    );
    expect(() => allowList({ tools: { read: { arguments: { "": ["a"] } } } })).toThrow(
      'allowList: "tools" "read" "arguments" "" has a name that must not be empty.',
    );
  });

  const uris: readonly (readonly [uri: string, isAllowed: boolean])[] = [
    ["file:///public/a.txt", true],
    ["file:///public/.hidden/...", true],
    ["file:///public/a b", true],
    ["file:///public/../etc/passwd", false],
    ["file:///public/..", false],
    ["file:///public/./a", false],
    ["file:///public/%2e%2E/etc/passwd", false],
    ["file:///public/.%2e/etc/passwd", false],
    ["file:///public/..%2fetc%2fpasswd", false],
    ["file:///public/%2f..%5cetc", false],
    ["file:///public/..;a/etc", false],
    ["file:///public/..?a", false],
    ["file:///public/\\..\\a", false],
    ["file:///public/.\t./etc/passwd", false],
    ["file:///public/.. ", false],
    ["file:///listed/../a", true],
    ["https://www.a.example/b?c=d#e", true],
    ["https://b.example?.a.example/", false],
    ["https://b.example#.a.example/", false],
    ["https://b.example@www.a.example/", false],
    ["https://b.example\\.a.example/", false],
  ];
  it.each(uris)("judges the URI %j: %s", async (uri, isAllowed) => {
    const list = allowList({
      resources: ["file:///public/**", "file:///listed/../a", "https://*.a.example/**"],
    });
    const part = resourceRef({ resource_request_id: "1", uri, resource_type: "uri" });
    const message = { role: "user", content: [part] } as const;
    const result = await run(list, "cmf.resource_pre_fetch", message);
    expect(result.continueProcessing).toBe(isAllowed);
    const response = answering("resources/list", { resources: [{ uri }] });
    const [answer] = (await run(list, "cmf.mcp_response", response)).payload.content;
    expect(answer).toMatchObject({
      content: { content: { resources: isAllowed ? [{ uri }] : [] } },
    });
  });

  it("compares names of tools and prompts as they are written", async () => {
    expect(await codeOf({ tools: { "files/**": {} } }, "files/../a?")).toBeUndefined();
  });

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

  it("judges each part of a message, and takes texts for nothing", async () => {
    const list = allowList({ tools: { read: { arguments: { to: ["ada"] } } }, resources: ["a:1"] });
    const all = (...messages: readonly { readonly content?: unknown }[]) => ({
      role: "assistant" as const,
      content: [text("Ahoy"), ...messages.flatMap(({ content }) => content as ContentPart[])],
    });
    const codes = async (hook: "cmf.tool_pre_invoke" | "cmf.mcp_request", ...parts: Parts) =>
      (await run(list, hook, all(...parts))).violation?.code;
    const fine = calling("read", { to: "ada" });
    expect(await codes("cmf.tool_pre_invoke", fine, fine)).toBeUndefined();
    expect(await codes("cmf.tool_pre_invoke", fine, calling("wipe"))).toBe("not_listed");
    const eve = calling("read", { to: "eve" });
    expect(await codes("cmf.tool_pre_invoke", fine, eve)).toBe("arguments_not_listed");
    const listed = calling("resources/subscribe", { uri: "a:1" });
    const other = calling("resources/subscribe", { uri: "b:1" });
    expect(await codes("cmf.mcp_request", listed, listed)).toBeUndefined();
    expect(await codes("cmf.mcp_request", listed, other)).toBe("not_listed");
  });

  const asked: readonly (readonly [method: string, params: Record<string, unknown>])[] = [
    ["completion/complete", { ref: { type: "ref/prompt", name: "greet" } }],
    ["completion/complete", { ref: { type: "ref/resource", uri: "file:///a/{name}" } }],
    ["resources/subscribe", { uri: "file:///a/b" }],
    ["subscriptions/listen", { notifications: { resourceSubscriptions: ["file:///a/b"] } }],
    ["subscriptions/listen", { notifications: { toolsListChanged: true } }],
    ["logging/setLevel", { level: "debug" }],
  ];
  const hidden: typeof asked = [
    ["completion/complete", { ref: { type: "ref/prompt", name: "wipe" } }],
    ["completion/complete", { ref: { type: "ref/resource", uri: "file:///{name}" } }],
    ["completion/complete", { ref: { type: "ref/prompt", name: "wipe", uri: "file:///a/b" } }],
    ["completion/complete", { ref: { type: "ref/prompt" } }],
    ["completion/complete", { ref: "greet" }],
    ["resources/subscribe", { uri: "file:///c" }],
    ["resources/subscribe", {}],
    ["subscriptions/listen", { notifications: { resourceSubscriptions: ["file:///a/b", "c:1"] } }],
    ["subscriptions/listen", { notifications: { resourceSubscriptions: "file:///c" } }],
  ];
  it.each([
    ...asked.map((each) => [...each, undefined] as const),
    ...hidden.map((each) => [...each, "not_listed"] as const),
  ])("judges what %s names in %j: %s", async (method, params, code) => {
    const list = allowList({ prompts: ["greet"], resources: ["file:///a/**"] });
    const { violation } = await run(list, "cmf.mcp_request", calling(method, params));
    expect(violation?.code).toBe(code);
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
    const tools = [{ name: "read_a", title: "A" }, { name: "wipe" }, { name: 1 }, "read_b", null];
    expect(await shown("tools/list", { tools, nextCursor: "c" })).toEqual({
      tools: [{ name: "read_a", title: "A" }],
      nextCursor: "c",
    });
    expect(await shown("prompts/list", { prompts: [{ name: "greet" }] })).toEqual({ prompts: [] });
    const resources = [{ uri: "file:///a/b" }, { uri: "file:///c" }];
    for (const method of ["resources/list", "resources/directory/read"])
      expect(await shown(method, { resources })).toEqual({ resources: [resources[0]] });
    expect(await shown("skills/list", { skills: resources })).toEqual({ skills: [resources[0]] });
    const skill = { uri: "file:///a/SKILL.md", resources };
    const itsFiles = { ...skill, resources: [resources[0]] };
    expect(await shown("skills/list", { skills: [skill] })).toEqual({ skills: [itsFiles] });
    expect(await shown("skills/get", { skill })).toEqual({ skill: itsFiles });
    for (const one of [itsFiles, { ...skill, resources: "dynamic" }])
      expect(await shown("skills/get", { skill: one })).toEqual({ skill: one });
    const odd = { ...skill, resources: { "file:///c": {} } };
    expect(await shown("skills/get", { skill: odd })).toBe("list_unreadable");
    expect(await shown("skills/list", { skills: [odd] })).toBe("list_unreadable");
    for (const hidden of [{ uri: "file:///c/SKILL.md" }, "file:///a/SKILL.md", [skill]])
      expect(await shown("skills/get", { skill: hidden })).toBe("not_listed");
    expect(await shown("tools/list", { tools: "none" })).toBe("list_unreadable");
    expect(await shown("tools/list", ["none"])).toBe("list_unreadable");
    expect(await shown("tools/list", {})).toEqual({});
    expect(await shown("initialize", { tools })).toEqual({ tools });
    const [part] = answering("tools/list", { tools: [] }).content as ContentPart[];
    const twice = { role: "tool", content: [part, part] as ContentPart[] } as const;
    const { violation } = await run(list, "cmf.mcp_response", twice);
    expect(violation?.code).toBe("list_unreadable");
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
