/** Slot capabilities that no handler can use, and hooks of another host. */
import { createPluginManager, definePlugin, ManifestError } from "glassine";
import { defineHost } from "glassine/host";
import { definePlugin as defineNodePlugin } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

type Define = (manifest: never) => unknown;

function problemsOf(manifest: object, define: Define = definePlugin as Define) {
  try {
    define({ name: "plugin", version: "1.0.0", ...manifest } as never);
  } catch (error) {
    if (error instanceof ManifestError) return error.problems;
    throw error;
  }
  return [];
}

const wayOut =
  "but no handler receives extensions: add a third parameter without a default, or set { handler, extensions: true }; set { handler, extensions: false } if no handler needs them";

describe("capabilities of slots", () => {
  const defaulted = (m: unknown, c: unknown, x = {}) => void [m, c, x];
  const rest = (...given: unknown[]) => void given;

  it.each<[string, object]>([
    ["a default value hides the third parameter", { message_pre_invoke: defaulted }],
    ["rest parameters hide it", { message_pre_invoke: rest }],
    ["it is not there", { message_pre_invoke: (message: unknown) => void message }],
    ["there is no parameter", { message_pre_invoke: () => {} }],
    ["no handler has it", { message_pre_invoke: defaulted, evaluate: { handler: rest } }],
  ])("are refused with advice if %s", (_, hooks) => {
    verifies("dispatch:unused-capabilities");
    expect(problemsOf({ capabilities: ["read_labels", "read_roles"], hooks })).toEqual([
      {
        field: "capabilities",
        message: `plugin 'plugin' declares read_labels, read_roles, ${wayOut}`,
      },
    ]);
  });

  it.each<[string, object]>([
    ["one handler has a third parameter", { evaluate: (_m: 1, _c: 1, _x: 1) => {}, cmf: rest }],
    ["an entry asks for them", { evaluate: { handler: defaulted, extensions: true } }],
    ["an entry says that it needs none", { evaluate: { handler: rest, extensions: false } }],
  ])("are accepted if %s", (_, { cmf, ...hooks }: { cmf?: unknown }) => {
    const all = cmf === undefined ? hooks : { ...hooks, "cmf.llm_input": cmf };
    expect(problemsOf({ capabilities: ["append_labels"], hooks: all })).toEqual([]);
  });

  it("are for slots only: a service needs no extensions", () => {
    const host = defineHost({
      services: {
        "facts.read": { accessor: "getFacts", handle: "facts", description: "Of a test." },
      },
    });
    const manifest = { capabilities: ["facts.read"], hooks: { evaluate: () => {} } };
    expect(problemsOf(manifest, host.definePlugin as Define)).toEqual([]);
  });

  it("are refused for a core handler, too", () => {
    const { defineCoreHandler } = defineHost({});
    const core = { hook: "vote", name: "core.001.a", capabilities: ["read_labels"] };
    expect(() => defineCoreHandler({ ...core, handler: rest } as never)).toThrow(ManifestError);
  });
});

describe("a hook that this host does not have", () => {
  const handler = (payload: unknown) => void payload;
  const otherHost =
    "hookNames lists this host's hooks, and a hook of another host needs that host's definePlugin";

  it.each<[readonly string[], string, Define?]>([
    [["llm_input"], "llm_input; did you mean 'cmf.llm_input'?"],
    [
      ["llm_input", "llm_output"],
      "llm_input, llm_output; did you mean 'cmf.llm_input', 'cmf.llm_output'?",
    ],
    [["recall_rank"], `recall_rank; ${otherHost}`],
    [["message_pre_invoke"], `message_pre_invoke; ${otherHost}`, defineNodePlugin as Define],
    [["no_such_hook_anywhere"], `no_such_hook_anywhere; ${otherHost}`],
  ])("%j is refused with a suggestion", (names, expected, define) => {
    const hooks = Object.fromEntries(names.map((name) => [name, handler]));
    expect(problemsOf({ hooks }, define)).toEqual([
      { field: "hooks", message: `unknown plugin hooks: ${expected}` },
    ]);
  });

  it("is refused by another host's manager", async () => {
    const plugin = defineNodePlugin({
      name: "ranker",
      version: "1.0.0",
      hooks: { recall_rank: () => ({}) },
    });
    await expect(createPluginManager({ plugins: [plugin] })).rejects.toThrow(
      `plugin 'ranker': unknown plugin hooks: recall_rank; ${otherHost}`,
    );
  });
});
