/** Wrong wiring is reported when the guard is created. */
import { createExtensions, createPluginManager, definePlugin, withSlots } from "glassine";
import { createGuard, type GuardOptions } from "glassine/mcp";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { settle } from "./support/fake-manager.ts";
import { rawGuard, request, result, toolCall } from "./support/raw.ts";

const conditioned = (conditions: object, hook = "cmf.tool_pre_invoke", more: object = {}) => {
  const ran: string[] = [];
  const handler = (_message: unknown, { hook: at }: { readonly hook: string }) => {
    ran.push(at);
  };
  const plugin = definePlugin({
    name: "picky",
    version: "1.0.0",
    hooks: { [hook]: { conditions, handler, ...more } },
  } as never);
  return { ran, manager: createPluginManager({ plugins: [plugin] }) };
};

function warned(manager: Awaited<ReturnType<typeof createPluginManager>>, options = {}) {
  const texts: string[] = [];
  const guard = createGuard(manager, { onWarning: (text) => void texts.push(text), ...options });
  return { guard, texts };
}

const unfit = (text: string) =>
  expect.objectContaining({ code: "options_invalid", message: expect.stringContaining(text) });

describe("conditions that a guard cannot decide", () => {
  it.each<[string, object, string]>([
    ["servers", { servers: ["files"] }, "serverId"],
    ["tenants", { tenants: ["acme"] }, "tenant"],
    ["tenants beside others", { tools: ["*"], tenants: ["acme"] }, "tenant"],
  ])("are refused when it is made: %s", async (_, conditions, option) => {
    verifies("mcp:guard-wiring");
    for (const hook of ["cmf.tool_post_invoke", "resource_pre_fetch", "message_pre_invoke"]) {
      const manager = await conditioned(conditions, hook).manager;
      expect(() => createGuard(manager)).toThrow(unfit(`Set the option ${option}, or`));
      const guard = createGuard(await createPluginManager({ plugins: [] }));
      expect(() => guard.use(manager)).toThrow(unfit("picky"));
      createGuard(manager, { serverId: "files", tenant: "acme" });
    }
  });

  it("do not matter on a hook that it does not run, or for a disabled handler", async () => {
    const elsewhere = await conditioned({ servers: ["x"] }, "agent_pre_invoke").manager;
    expect(warned(elsewhere).texts).toHaveLength(1);
    const off = await conditioned({ servers: ["x"] }, "cmf.tool_pre_invoke", { mode: "disabled" })
      .manager;
    expect(warned(off).texts).toEqual([]);
  });
});

describe("a warning", () => {
  it("names plugins on hooks that a guard never runs", async () => {
    verifies("mcp:guard-wiring");
    const { manager } = conditioned({}, "agent_pre_invoke");
    expect(warned(await manager).texts).toEqual([
      "plugin picky has handlers for agent_pre_invoke, which an MCP guard never runs. Unless the host runs them, they have no effect.",
    ]);
  });

  it.each([
    ["prompts", "cmf.tool_pre_invoke"],
    ["tools", "resource_post_fetch"],
    ["resources", "cmf.prompt_post_fetch"],
  ])("names the condition %s on %s, which never matches", async (kind, hook) => {
    verifies("mcp:guard-wiring");
    const { texts } = warned(await conditioned({ [kind]: ["*"] }, hook).manager);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain(`the condition ${kind} on ${hook}, where it never matches`);
  });

  it.each([
    ["tools", "^echo$"],
    ["tools", "delete_[ab]"],
    ["tools", "{a,b}"],
    ["tools", "!rm"],
    ["resources", "file:.*$"],
    ["prompts", "^greet"],
    ["prompts", "(greet|bye)"],
  ])("names a condition that looks like a regular expression: %s %s", async (kind, pattern) => {
    verifies("mcp:guard-wiring");
    const manager = await conditioned({ [kind]: [pattern] }, "message_pre_invoke").manager;
    expect(warned(manager).texts).toEqual([
      `plugin picky has the condition ${kind} ${JSON.stringify(pattern)} on message_pre_invoke. In a pattern, * matches any characters except /, ** matches any characters, and everything else matches itself, including ^ $ ? | \\ and brackets.`,
    ]);
  });

  it("is not emitted for valid conditions", async () => {
    for (const [conditions, hook] of [
      [{ tools: ["*"] }, "cmf.tool_post_invoke"],
      [{ resources: ["https://a.example/?q=(1)|2"] }, "resource_pre_fetch"],
      [{ prompts: ["*"] }, "prompt_pre_fetch"],
      [{ resources: ["*"] }, "message_post_invoke"],
    ] as const) {
      expect(warned(await conditioned(conditions, hook).manager).texts).toEqual([]);
    }
  });

  it("is emitted once, however many guards are created, and again for another manager", async () => {
    verifies("mcp:guard-wiring");
    const manager = await conditioned({}, "evaluate").manager;
    const { guard, texts } = warned(manager);
    for (let at = 0; at < 3; at++) expect(warned(manager).texts).toEqual([]);
    guard.use(await conditioned({}, "agent_post_invoke").manager);
    expect(texts).toHaveLength(2);
  });

  it("goes to standard error by default, and does no harm", async () => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => {});
    createGuard(await conditioned({}, "evaluate").manager);
    expect(spy).toHaveBeenCalledOnce();
    spy.mockRestore();
    const manager = await conditioned({}, "evaluate").manager;
    const onWarning = () => {
      throw new Error("full");
    };
    expect(() => createGuard(manager, { onWarning })).not.toThrow();
  });
});

describe("the server of a call", () => {
  const other = createExtensions({ mcp: { tool: { name: "echo", server_id: "other" } } } as never);
  const envelopes: readonly [string, GuardOptions["envelope"]][] = [
    ["none", undefined],
    ["one without the slot", () => createExtensions({})],
    ["one with the slot", ({ mcp }) => withSlots(createExtensions({}), { mcp } as never)],
    ["one that names another server", () => other],
  ];

  it.each(envelopes)("is the guard's, whatever the envelope is: %s", async (_, envelope) => {
    verifies("mcp:guard-server");
    for (const [servers, count] of [
      [["files"], 4],
      [["other"], 0],
    ] as const) {
      const { ran, manager } = conditioned({ servers }, "message_pre_invoke");
      const options = { serverId: "files", ...(envelope && { envelope }) };
      const { peer } = await rawGuard(await manager, options as GuardOptions);
      peer(toolCall(1));
      peer(request(2, "prompts/get", { name: "p" }));
      peer(request(3, "resources/read", { uri: "a:b" }));
      peer(request(4, "tools/call", { name: "x" }));
      await settle();
      await settle();
      expect(ran).toHaveLength(count);
    }
  });
});

describe("the tenant of a call", () => {
  const asked = ({ params }: { readonly params: Readonly<Record<string, unknown>> }) =>
    String(params.name);

  it("decides the condition", async () => {
    verifies("mcp:guard-tenant");
    const { ran, manager } = conditioned({ tenants: ["acme"] });
    const { peer } = await rawGuard(await manager, { tenant: asked });
    peer(request(1, "tools/call", { name: "acme" }));
    peer(request(2, "tools/call", { name: "globex" }));
    await settle();
    expect(ran).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["a number", () => 7],
    ["nothing", () => undefined],
    ["an error", () => Promise.reject(new Error("no"))],
  ])("refuses the request if the host passes %s", async (_, tenant) => {
    verifies("mcp:guard-tenant");
    const { manager } = conditioned({ tenants: ["acme"] });
    const { peer, sent, received } = await rawGuard(await manager, { tenant: tenant as never });
    peer(toolCall(1));
    await settle();
    expect(received()).toEqual([]);
    expect(sent()).toMatchObject([{ error: { code: -32011 } }]);
  });

  it("of a notification about a task is that of its call", async () => {
    verifies("mcp:guard-tenant");
    const { ran, manager } = conditioned({ tenants: ["acme"] }, "cmf.tool_post_invoke");
    const { guard, peer } = await rawGuard(await manager, { tenant: asked });
    await guard.send(request(1, "tools/call", { name: "acme" }));
    peer(result(1, { task: { taskId: "t", status: "working" } }));
    await settle();
    const before = ran.length;
    const done = { taskId: "t", status: "completed", result: { content: [] } };
    peer({ jsonrpc: "2.0", method: "notifications/tasks", params: done });
    await settle();
    await settle();
    expect(ran.length).toBe(before + 1);
  });

  it("is a string or a function", async () => {
    const manager = await createPluginManager({ plugins: [] });
    expect(() => createGuard(manager, { tenant: 7 as never })).toThrow(unfit("as tenant"));
  });
});
