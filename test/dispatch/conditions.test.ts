import {
  type Conditions,
  createExtensions,
  createPluginManager,
  definePlugin,
  type HookName,
} from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { call, hook, manage, plugin, runOnce } from "./support.ts";

const hooks: HookName[] = [
  "evaluate",
  "cmf.tool_pre_invoke",
  "tool_pre_invoke",
  "tool_post_invoke",
  "prompt_pre_fetch",
  "prompt_post_fetch",
  "resource_pre_fetch",
  "resource_post_fetch",
];

/** Whether a plugin with the conditions runs on the payload. */
async function runs(
  conditions: Conditions,
  [at, payload]: readonly [HookName, object],
  given: object = {},
): Promise<boolean> {
  let turns = 0;
  const handler = (_payload: unknown) => {
    turns += 1;
  };
  const manager = await createPluginManager({
    plugins: [
      definePlugin({
        name: "limited",
        version: "1.0.0",
        hooks: Object.fromEntries(hooks.map((each) => [each, { handler, conditions }])) as never,
      }),
    ],
  });
  const { executions, continueProcessing } = await manager.invoke(at, payload as never, given);
  expect(continueProcessing).toBe(true);
  expect(executions).toMatchObject([{ status: turns === 1 ? "completed" : "skipped" }]);
  return turns === 1;
}

const tool = (name: string) => ["tool_pre_invoke", { name }] as const;
const message = (part: object) =>
  ["evaluate", createMessage({ role: "user", content: [part as never] })] as const;

describe("conditions", () => {
  it("limit a plugin to tools by name or glob", async () => {
    verifies("dispatch:conditions", "dispatch:condition-patterns");
    expect(await runs({ tools: ["add"] }, tool("add"))).toBe(true);
    expect(await runs({ tools: ["add"] }, tool("sub"))).toBe(false);
    expect(await runs({ tools: ["fs__*"] }, tool("fs__read"))).toBe(true);
    expect(await runs({ tools: ["fs__*"] }, tool("web__read"))).toBe(false);
    expect(await runs({ tools: ["sub", "*d*"] }, tool("add"))).toBe(true);
    expect(await runs({ tools: ["*"] }, tool("a/b"))).toBe(false);
    expect(await runs({ tools: ["**"] }, tool("a/b"))).toBe(true);
    expect(await runs({ tools: ["a.d"] }, tool("add"))).toBe(false);
    expect(await runs({ tools: ["ADD"] }, tool("add"))).toBe(false);
    const result = ["tool_post_invoke", { name: "add", result: 1 }] as const;
    expect(await runs({ tools: ["add"] }, result)).toBe(true);
  });

  it("on tools match a result whose tool the host does not know, which may be any", async () => {
    const resultOf = (tool_name: string) =>
      message({
        content_type: "tool_result",
        content: { tool_call_id: "1", tool_name, content: "x" },
      });
    expect(await runs({ tools: ["add"] }, resultOf(""))).toBe(true);
    expect(await runs({ tools: ["add"] }, resultOf("add"))).toBe(true);
    expect(await runs({ tools: ["add"] }, resultOf("sub"))).toBe(false);
    expect(await runs({ prompts: ["add"] }, resultOf(""))).toBe(false);
    expect(await runs({ tools: ["add"] }, message({ content_type: "text", text: "" }))).toBe(false);
  });

  it("limit a plugin to prompts and resources", async () => {
    const prompt = ["prompt_pre_fetch", { prompt_id: "greet" }] as const;
    expect(await runs({ prompts: ["gr*"] }, prompt)).toBe(true);
    expect(await runs({ prompts: ["gr*"] }, tool("greet"))).toBe(false);
    const resource = ["resource_pre_fetch", { uri: "file:///etc/passwd" }] as const;
    expect(await runs({ resources: ["file:///etc/*"] }, resource)).toBe(true);
    expect(await runs({ resources: ["file:///**"] }, resource)).toBe(true);
    expect(await runs({ resources: ["file:///*"] }, resource)).toBe(false);
  });

  const kinds = ["tools", "prompts", "resources", "servers", "tenants"] as const;
  type Named = Readonly<Partial<Record<(typeof kinds)[number], readonly string[]>>>;

  /** Expects each name in the call to have the given kinds, and no others. */
  async function expectNames(named: Named, at: readonly [HookName, object], given: object = {}) {
    const everyName = [...new Set(Object.values(named).flat()), "no-name"];
    for (const kind of kinds) {
      for (const name of everyName) {
        const found = named[kind]?.includes(name) ?? false;
        expect(await runs({ [kind]: [name] }, at, given), `${kind} ${name}`).toBe(found);
      }
    }
  }

  // Every string in each part is a name, so that one read as the wrong kind is noticed.
  const request = { prompt_request_id: "id" };
  const resource = { resource_request_id: "id", uri: "the-uri", name: "title" };
  it.each<[type: string, content: object, Named]>([
    [
      "tool_call",
      { tool_call_id: "id", name: "the-name", namespace: "space" },
      { tools: ["the-name"] },
    ],
    ["tool_result", { tool_call_id: "id", tool_name: "the-name" }, { tools: ["the-name"] }],
    [
      "prompt_request",
      { ...request, name: "the-name", server_id: "the-server" },
      { prompts: ["the-name"], servers: ["the-server"] },
    ],
    ["prompt_request", { ...request, name: "the-name" }, { prompts: ["the-name"] }],
    ["prompt_result", { ...request, prompt_name: "the-name" }, { prompts: ["the-name"] }],
    ["resource", { ...resource, resource_type: "file" }, { resources: ["the-uri"] }],
    ["resource_ref", { ...resource, resource_type: "database" }, { resources: ["the-uri"] }],
  ])("find in a part %s of a message %j", async (content_type, content, named) => {
    verifies("dispatch:condition-names");
    await expectNames(named, message({ content_type, content }));
  });

  it("find no name in a text part, and the names of each of several parts", async () => {
    await expectNames({ tools: [] }, message({ content_type: "text", text: "no-name" }));
    const parts = ["one", "two"].map((name) => ({
      content_type: "tool_call",
      content: { tool_call_id: name, name },
    }));
    const content = [{ content_type: "text", text: "no-name" }, ...parts] as never[];
    await expectNames({ tools: ["one", "two"] }, [
      "evaluate",
      createMessage({ role: "user", content }),
    ]);
  });

  it.each<[entity: string, of: object, Named]>([
    ["tool", { name: "the-name", title: "title" }, { tools: ["the-name"] }],
    ["prompt", { name: "the-name" }, { prompts: ["the-name"] }],
    ["resource", { uri: "the-uri", name: "the-name" }, { resources: ["the-uri", "the-name"] }],
    ["resource", { uri: "the-uri" }, { resources: ["the-uri"] }],
  ])("take what the host said of a %s in the mcp slot: %j", async (entity, of, named) => {
    const given = (extra: object) => ({
      extensions: createExtensions({ mcp: { [entity]: { ...of, ...extra } } }),
    });
    const at = tool("called");
    const tools = [...(named.tools ?? []), "called"];
    await expectNames({ ...named, tools }, at, given({}));
    const servers = ["the-server"];
    await expectNames({ ...named, tools, servers }, at, given({ server_id: "the-server" }));
  });

  it("limit a plugin to tenants named by the host", async () => {
    expect(await runs({ tenants: ["acme-*"] }, tool("add"), { tenant: "acme-eu" })).toBe(true);
    expect(await runs({ tenants: ["acme-*"] }, tool("add"), { tenant: "other" })).toBe(false);
    expect(await runs({ tenants: ["*"] }, tool("add"))).toBe(false);
  });

  it("must all match, each with one of its patterns", async () => {
    const both = { tools: ["sub", "add"], tenants: ["acme"] };
    expect(await runs(both, tool("add"), { tenant: "acme" })).toBe(true);
    expect(await runs(both, tool("add"), { tenant: "other" })).toBe(false);
    expect(await runs(both, tool("mul"), { tenant: "acme" })).toBe(false);
    expect(await runs({}, tool("add"))).toBe(true);
  });

  it("match the payload as it is when the plugin's turn comes", async () => {
    const turns: string[] = [];
    await runOnce([
      plugin("renames", (payload, _c) => ({ modifiedPayload: { ...payload, name: "sub" } })),
      plugin("for-add", (_p, _c) => void turns.push("add"), { conditions: { tools: ["add"] } }),
      plugin("for-sub", (_p, _c) => void turns.push("sub"), { conditions: { tools: ["sub"] } }),
    ]);
    expect(turns).toEqual(["sub"]);
  });

  it("skip a plugin in every mode, and the record says so", async () => {
    const turns: string[] = [];
    for (const mode of ["sequential", "transform", "audit", "concurrent"] as const) {
      const manager = await manage([
        plugin("limited", (_p, _c) => void turns.push(mode), {
          mode,
          conditions: { tools: ["other"] },
        }),
      ]);
      const { executions } = await manager.invoke(hook, call);
      expect(executions).toMatchObject([{ status: "skipped", applied: false }]);
      expect(executions[0]?.reason).toBe("Its conditions do not match.");
    }
    expect(turns).toEqual([]);
  });

  it("are not affected by what a server puts into a result", async () => {
    const contents: unknown[] = [
      [null],
      [5, "x", true, [], {}],
      [{ content_type: "tool_call", content: null }],
      [{ content_type: "tool_call", content: 5 }],
      [{ content_type: "tool_call" }],
      null,
      "text",
      { length: 3 },
    ];
    for (const content of contents) {
      for (const at of ["resource_post_fetch", "prompt_post_fetch", "tool_post_invoke"] as const) {
        const payload = { uri: "db://x", prompt_id: "p", name: "t", result: content, content };
        const own = {
          resource_post_fetch: ["uri", "content"],
          prompt_post_fetch: ["prompt_id", "result"],
          tool_post_invoke: ["name", "result"],
        }[at];
        const cut = Object.fromEntries(
          Object.entries(payload).filter(([key]) => own.includes(key)),
        );
        expect(await runs({ tools: ["other"] }, [at, cut])).toBe(false);
      }
    }
  });

  it("read no names from the content of a resource", async () => {
    const content = [{ content_type: "tool_call", content: { name: "add" } }];
    const at = ["resource_post_fetch", { uri: "db://x", content }] as const;
    expect(await runs({ tools: ["add"] }, at)).toBe(false);
  });

  it("can be overridden by the operator", async () => {
    verifies("dispatch:overrides");
    const turns: string[] = [];
    const limited = plugin("limited", (_p, _c) => void turns.push("ran"), {
      conditions: { tools: ["other"] },
    });
    await runOnce([{ plugin: limited, conditions: { tools: ["add"] } }]);
    await runOnce([{ plugin: limited, conditions: {} }]);
    expect(turns).toEqual(["ran", "ran"]);
  });
});
