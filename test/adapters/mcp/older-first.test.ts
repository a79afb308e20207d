import { createExtensions, createPluginManager, definePlugin, deny, withSlots } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { denial, fakeManager, type Hook, settle } from "./support/fake-manager.ts";
import { rawGuard, request, toolCall, toolResult } from "./support/raw.ts";

/** An older plugin, with two parameters, that turns a call to `echo` into another one. */
const rename = (to: string) =>
  definePlugin({
    name: "old-router",
    version: "1.0.0",
    hooks: {
      tool_pre_invoke: (payload, _context) =>
        payload.name === "echo" ? { modifiedPayload: { ...payload, name: to } } : undefined,
    },
  });

const noEnv = definePlugin({
  name: "no-env",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke": {
      conditions: { tools: ["get-env"] },
      handler: (_message) => deny({ code: "env_hidden", reason: "The environment stays here" }),
    },
  },
});

describe("an older plugin that renames a call", () => {
  it.each([
    ["without an envelope", {}],
    [
      "under an envelope that names the tool first asked for",
      { envelope: ({ mcp }: { mcp: object }) => withSlots(createExtensions({}), { mcp }) },
    ],
  ])("cannot get past a guard of the new name, %s", async (_, options) => {
    const manager = await createPluginManager({ plugins: [noEnv, rename("get-env")] });
    const { guard, sent, received } = await rawGuard(manager, options);
    await guard.send(request(1, "tools/call", { name: "echo", arguments: {} }));
    expect(sent()).toEqual([]);
    expect(received()).toMatchObject([
      { id: 1, error: { code: -32010, data: { code: "env_hidden", plugin: "no-env" } } },
    ]);
  });

  it("may send an unguarded name", async () => {
    const manager = await createPluginManager({ plugins: [noEnv, rename("get-sum")] });
    const { guard, sent } = await rawGuard(manager);
    await guard.send(request(1, "tools/call", { name: "echo", arguments: {} }));
    expect(sent()).toEqual([request(1, "tools/call", { name: "get-sum", arguments: {} })]);
  });
});

describe("an older hook that changes what no message can express", () => {
  const tool = { method: "tools/call", params: { name: "echo" } };
  const prompt = { method: "prompts/get", params: { name: "brief" } };
  const resource = { method: "resources/read", params: { uri: "file:///a" } };

  it.each([
    ["tool_pre_invoke", tool, { headers: { a: "b" } }],
    ["prompt_pre_fetch", prompt, { note: "a" }],
    ["resource_pre_fetch", resource, { constructor: "a" }],
  ])("has its request refused: %s", async (hook, { method, params }, change) => {
    verifies("mcp:guard-older");
    const changed = (payload: object) => ({ changed: { ...payload, ...change } });
    const { guard, sent, received } = await rawGuard(fakeManager({ [hook]: changed }));
    await guard.send(request(1, method, params));
    expect(sent()).toEqual([]);
    expect(received()).toMatchObject([{ id: 1, error: { code: -32011 } }]);
  });

  it.each([
    ["tool_post_invoke", tool, { name: "other" }, { content: [] }],
    ["prompt_post_fetch", prompt, { prompt_id: "other" }, { messages: [] }],
    ["resource_post_fetch", resource, { uri: "file:///b" }, { contents: [{ uri: "a", text: "" }] }],
  ])("has its answer refused: %s", async (hook, { method, params }, change, answer) => {
    verifies("mcp:guard-older");
    const changed = (payload: object) => ({ changed: { ...payload, ...change } });
    for (const outcome of [{ result: answer }, { error: { code: 1, message: "a" } }]) {
      const { guard, peer, received } = await rawGuard(fakeManager({ [hook]: changed }));
      await guard.send(request(1, method, params));
      peer({ jsonrpc: "2.0", id: 1, ...outcome });
      await settle();
      expect(received()).toMatchObject([{ id: 1, error: { code: -32011 } }]);
    }
  });

  it("shows metadata of a resource to later plugins, and sends none", async () => {
    verifies("mcp:guard-older");
    const seen: unknown[] = [];
    const hooks = (handler: (payload: { metadata: object }) => unknown) =>
      ({ resource_pre_fetch: (payload: never, _context: unknown) => handler(payload) }) as never;
    const note = (payload: object) => ({
      modifiedPayload: { ...payload, metadata: { validated: true } },
    });
    const see = ({ metadata }: { metadata: object }) => void seen.push(metadata);
    const plugins = [note, see].map((handler, place) =>
      definePlugin({ name: `old-${place}`, version: "1.0.0", hooks: hooks(handler) }),
    );
    const { guard, sent } = await rawGuard(await createPluginManager({ plugins }));
    const asked = request(1, "resources/read", { uri: "file:///a" });
    await guard.send(asked);
    expect(seen).toEqual([{ validated: true }]);
    expect(sent()).toEqual([asked]);

    const move = definePlugin({
      name: "mover",
      version: "1.0.0",
      hooks: {
        "cmf.resource_pre_fetch": (message) => ({
          modifiedPayload: JSON.parse(JSON.stringify(message).replace("///a", "///b")),
        }),
      },
    });
    const moving = await rawGuard(await createPluginManager({ plugins: [...plugins, move] }));
    await moving.guard.send(asked);
    expect(moving.sent()).toEqual([request(1, "resources/read", { uri: "file:///b" })]);
  });
});

describe("a denial runs no further hook", () => {
  const seen = { tool_pre_invoke: () => undefined, tool_post_invoke: () => undefined };
  const no = () => denial("no");

  it.each<[string, Record<string, Hook>, string[]]>([
    ["the older hook", { ...seen, tool_pre_invoke: no }, ["tool_pre_invoke"]],
    [
      "the point",
      { ...seen, "cmf.tool_pre_invoke": no },
      ["tool_pre_invoke", "cmf.tool_pre_invoke"],
    ],
  ])("when %s refuses the call", async (_, hooks, names) => {
    const manager = fakeManager(hooks);
    const { peer, received } = await rawGuard(manager);
    peer(toolCall(1));
    await settle();
    expect(manager.names()).toEqual(names);
    expect(received()).toEqual([]);
  });

  const before = ["tool_pre_invoke", "cmf.tool_pre_invoke"];
  it.each<[string, Record<string, Hook>, string[]]>([
    ["the older hook", { ...seen, tool_post_invoke: no }, ["tool_post_invoke"]],
    [
      "the point",
      { ...seen, "cmf.tool_post_invoke": no },
      ["tool_post_invoke", "cmf.tool_post_invoke"],
    ],
  ])("when %s refuses the answer", async (_, hooks, names) => {
    const manager = fakeManager(hooks);
    const { peer, guard, sent } = await rawGuard(manager);
    peer(toolCall(1));
    await settle();
    await guard.send(toolResult(1, "secret"));
    expect(manager.names()).toEqual([...before, ...names]);
    expect(sent()).toMatchObject([{ id: 1, error: { code: -32010, message: "no" } }]);
  });
});

it("is shown a result of an in-memory peer without its symbols, which no wire carries", async () => {
  const shown: unknown[] = [];
  const reader = definePlugin({
    name: "old-reader",
    version: "1.0.0",
    hooks: {
      tool_post_invoke: (payload, _context) => {
        shown.push(payload.result);
      },
    },
  });
  const manager = await createPluginManager({ plugins: [reader] });
  const { guard, peer, received } = await rawGuard(manager);
  await guard.send(request(1, "tools/call", { name: "echo", arguments: {} }));
  peer({ jsonrpc: "2.0", id: 1, result: { content: [], [Symbol("s")]: 1 } });
  await settle();
  expect(shown).toEqual([{ content: [] }]);
  expect(received()).toMatchObject([{ id: 1, result: { content: [] } }]);
});
