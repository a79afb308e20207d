import {
  type Conditions,
  createExtensions,
  createMessage,
  createPluginManager,
  definePlugin,
  type HookName,
} from "glassine";
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

  it("limit a plugin to prompts and resources", async () => {
    const prompt = ["prompt_pre_fetch", { prompt_id: "greet" }] as const;
    expect(await runs({ prompts: ["gr*"] }, prompt)).toBe(true);
    expect(await runs({ prompts: ["gr*"] }, tool("greet"))).toBe(false);
    const resource = ["resource_pre_fetch", { uri: "file:///etc/passwd" }] as const;
    expect(await runs({ resources: ["file:///etc/*"] }, resource)).toBe(true);
    expect(await runs({ resources: ["file:///**"] }, resource)).toBe(true);
    expect(await runs({ resources: ["file:///*"] }, resource)).toBe(false);
  });

  it("find the names in the parts of a message", async () => {
    verifies("dispatch:condition-names");
    const callPart = {
      content_type: "tool_call",
      content: { tool_call_id: "1", name: "add", arguments: {} },
    };
    const resultPart = {
      content_type: "tool_result",
      content: { tool_call_id: "1", tool_name: "add", content: null },
    };
    const promptPart = {
      content_type: "prompt_request",
      content: { prompt_request_id: "1", name: "greet", server_id: "srv" },
    };
    const answerPart = {
      content_type: "prompt_result",
      content: { prompt_request_id: "1", prompt_name: "greet" },
    };
    const resourcePart = {
      content_type: "resource_ref",
      content: { resource_request_id: "1", uri: "db://x", resource_type: "database" },
    };
    expect(await runs({ tools: ["add"] }, message(callPart))).toBe(true);
    expect(await runs({ tools: ["add"] }, message(resultPart))).toBe(true);
    expect(await runs({ prompts: ["greet"] }, message(promptPart))).toBe(true);
    expect(await runs({ prompts: ["greet"], servers: ["s*"] }, message(promptPart))).toBe(true);
    expect(await runs({ prompts: ["greet"] }, message(answerPart))).toBe(true);
    expect(await runs({ resources: ["db://*"] }, message(resourcePart))).toBe(true);
    const text = { content_type: "text", text: "add" };
    expect(await runs({ tools: ["**"] }, message(text))).toBe(false);
  });

  it("take what the host said of the entity in the mcp slot", async () => {
    const extensions = createExtensions({
      mcp: {
        tool: { name: "add", server_id: "math" },
        resource: { uri: "db://x", name: "table" },
      },
    });
    const given = { extensions };
    const at = tool("other");
    expect(await runs({ tools: ["add"] }, at, given)).toBe(true);
    expect(await runs({ servers: ["math"] }, at, given)).toBe(true);
    expect(await runs({ servers: ["web"] }, at, given)).toBe(false);
    expect(await runs({ resources: ["db://x"] }, at, given)).toBe(true);
    expect(await runs({ resources: ["table"] }, at, given)).toBe(true);
    expect(await runs({ prompts: ["add"] }, at, given)).toBe(false);
  });

  it("limit a plugin to tenants the host names", async () => {
    expect(await runs({ tenants: ["acme-*"] }, tool("add"), { tenant: "acme-eu" })).toBe(true);
    expect(await runs({ tenants: ["acme-*"] }, tool("add"), { tenant: "other" })).toBe(false);
    expect(await runs({ tenants: ["*"] }, tool("add"))).toBe(false);
  });

  it("must all match, each by one of its patterns", async () => {
    const both = { tools: ["sub", "add"], tenants: ["acme"] };
    expect(await runs(both, tool("add"), { tenant: "acme" })).toBe(true);
    expect(await runs(both, tool("add"), { tenant: "other" })).toBe(false);
    expect(await runs(both, tool("mul"), { tenant: "acme" })).toBe(false);
    expect(await runs({}, tool("add"))).toBe(true);
  });

  it("go by the payload as it is when the turn comes", async () => {
    const turns: string[] = [];
    await runOnce([
      plugin("renames", (payload, _c) => ({ modifiedPayload: { ...payload, name: "sub" } })),
      plugin("for-add", (_p, _c) => void turns.push("add"), { conditions: { tools: ["add"] } }),
      plugin("for-sub", (_p, _c) => void turns.push("sub"), { conditions: { tools: ["sub"] } }),
    ]);
    expect(turns).toEqual(["sub"]);
  });

  it("leave out a plugin in every mode, and the record says skipped", async () => {
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
      expect(executions[0]?.reason).toBeTypeOf("string");
    }
    expect(turns).toEqual([]);
  });

  it("are not tripped by whatever a server puts into a result", async () => {
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

  it("take no names from the content of a resource", async () => {
    const content = [{ content_type: "tool_call", content: { name: "add" } }];
    const at = ["resource_post_fetch", { uri: "db://x", content }] as const;
    expect(await runs({ tools: ["add"] }, at)).toBe(false);
  });

  it("can be set by the operator, over the plugin's own", async () => {
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
