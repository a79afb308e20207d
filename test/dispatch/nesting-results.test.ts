/** What a nested run takes from growing sets of the run around it, and what its result shows. */
import {
  addLabels,
  allow,
  appendHop,
  type Capability,
  createExtensions,
  type Extensions,
} from "glassine";
import { defineHook, defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import {
  call,
  hook,
  labelled,
  labelsOf,
  type Manager,
  manage,
  plugin,
  type Run,
} from "./support.ts";

const inner = { ...call, name: "inner" };

/** Returns a plugin that starts a nested run, and what that run's results were. */
function nesting(
  manager: () => Manager,
  given: readonly (object | undefined)[],
  capabilities: readonly Capability[] = [],
) {
  const results: { readonly extensions: Extensions }[] = [];
  const run: Run = async ({ name }, parent) => {
    if (name === inner.name) return;
    for (const extensions of given)
      results.push(
        await manager().invoke(hook, inner, { parent, extensions: extensions as never }),
      );
  };
  return { plugin: plugin("nests", run, { capabilities }), results };
}

it("a result does not show whether the outer run has labels", async () => {
  verifies("dispatch:nesting-start");
  const given = [
    undefined,
    createExtensions({}),
    createExtensions({ custom: { a: 1 } }),
    createExtensions({ security: { classification: "secret" } }),
    labelled("own"),
  ];
  const changes: Record<string, Run> = {
    nothing: (_p, _c) => undefined,
    another: ({ name }, _c, _view) =>
      name === inner.name ? { modifiedExtensions: { custom: { a: 2 } } } : undefined,
    labels: ({ name }, _c, view) =>
      name === inner.name ? { modifiedExtensions: addLabels(view, "inner") } : undefined,
  };
  for (const [what, change] of Object.entries(changes)) {
    const shown: (readonly object[])[] = [];
    for (const outer of [createExtensions({}), labelled("PII", "SALARY")]) {
      let manager: Manager;
      const nests = nesting(() => manager, given);
      manager = await manage([nests.plugin, plugin("changes", change)]);
      await manager.invoke(hook, call, { extensions: outer });
      shown.push(nests.results.map(({ extensions }) => extensions));
    }
    const [without = [], withLabels = []] = shown;
    expect(withLabels, what).toEqual(without);
    expect(withLabels, what).toHaveLength(given.length);
    for (const { security } of withLabels as readonly Extensions[])
      expect(Object.isFrozen(security ?? Object.freeze({})), what).toBe(true);
    // Nor by whether it is the same object, as a whole or in part.
    const same = (results: readonly object[]) =>
      results.map((result, at) => [
        result === given[at],
        (result as Extensions).security === (given[at] as Extensions | undefined)?.security,
      ]);
    expect(same(withLabels), what).toEqual(same(without));
  }
});

it.each([
  // Whether the classifier found the label cannot be seen: it is in the outer run already.
  [[], ["PII"], [[], []]],
  [[], [], [["PII"], []]],
  [["read_labels"], ["PII"], [["PII"], ["PII"]]],
  [
    ["read_labels"],
    ["EU", "PII"],
    [
      ["EU", "PII"],
      ["EU", "PII"],
    ],
  ],
  [["read_labels"], [], [["PII"], ["PII"]]],
] as const)(
  "a result has the labels that the plugin (%j) may see of a run with %j",
  async (capabilities, outer, expected) => {
    verifies("dispatch:nesting-start");
    let manager: Manager;
    const given = [undefined, createExtensions({ custom: { a: 1 } })];
    const nests = nesting(() => manager, given, capabilities);
    const classifies: Run = ({ name }, _c, view) =>
      name === inner.name ? { modifiedExtensions: addLabels(view, "PII") } : undefined;
    manager = await manage([nests.plugin, plugin("classifies", classifies)]);
    const result = await manager.invoke(hook, call, { extensions: labelled(...outer) });
    expect(nests.results.map(labelsOf)).toEqual(expected);
    expect(nests.results.map(({ extensions }) => extensions.custom)).toEqual([undefined, { a: 1 }]);
    expect(labelsOf(result)).toContain("PII");
  },
);

it("a result shows a plugin of another manager nothing of the run around them", async () => {
  verifies("dispatch:nesting-start");
  const shown: (readonly string[])[] = [];
  let seen = 0;
  // The vote is no run of messages, so the nearest one around the inner run is the first.
  const payload = z.object({});
  const vote = defineHook({ semantic: "voting", description: "Of a test.", payload });
  const host = defineHost({ hooks: { may_go_on: vote } });
  const asks = host.definePlugin({
    name: "asks",
    version: "1.0.0",
    capabilities: ["read_labels"],
    hooks: {
      async may_go_on(_p, parent, _extensions) {
        shown.push(labelsOf(await manager.invoke(hook, inner, { parent })));
        return allow();
      },
    },
  });
  const other = await host.createPluginManager({ plugins: [asks] });
  const nests: Run = async ({ name }, parent) => {
    if (name !== inner.name) await other.invoke("may_go_on", {}, { parent });
    else seen += 1;
  };
  const manager: Manager = await manage([plugin("nests", nests, { capabilities: [] })]);
  await manager.invoke(hook, call, { extensions: labelled("PII") });
  expect([shown, seen]).toEqual([[[]], 1]);
});

/** A slot that everybody may change. */
const casefile = {
  tier: "mutable",
  read: "everyone",
  write: "everyone",
  description: "Of a test.",
} as const;
/** A host of which a growing set is two levels down. */
const tier = "monotonic";
const fields = {
  inner: { fields: { tags: { tier, read: "read_tags", write: "append_tags" } } },
} as const;

it.each([
  ["has a default", stringSet().default([]), []],
  ["may be absent", z.optional(stringSet()), undefined],
])("a set deep in a slot is joined like labels, if it %s", async (_which, tags, unset) => {
  verifies("dispatch:nesting-start");
  verifies("dispatch:nesting-labels");
  const host = defineHost({
    slots: {
      casefile: {
        ...casefile,
        schema: z.object({
          inner: z.optional(z.object({ tags, count: z.optional(z.number()) })),
        }),
        fields,
      },
    },
  });
  const seen: unknown[] = [];
  const tagsOf = (extensions: unknown) =>
    (extensions as { casefile?: { inner?: { tags?: readonly string[] } } }).casefile?.inner?.tags;
  const adds: Run = ({ name }, _c, view) => {
    if (name !== inner.name) return;
    seen.push(tagsOf(view));
    return { modifiedExtensions: { casefile: { inner: { tags: ["outer", "added"], count: 2 } } } };
  };
  const adder = host.definePlugin({
    name: "adds",
    version: "1.0.0",
    capabilities: ["append_tags"],
    hooks: { [hook]: adds as never },
  });
  let manager: Manager;
  const given = [undefined, host.createExtensions({ casefile: { inner: { count: 1 } } } as never)];
  const nests = nesting(() => manager, given);
  manager = (await host.createPluginManager({
    plugins: [nests.plugin, adder],
  })) as never;
  const extensions = host.createExtensions({ casefile: { inner: { tags: ["outer"] } } } as never);
  const result = await manager.invoke(hook, call, { extensions: extensions as never });
  expect(seen).toEqual([["outer"], ["added", "outer"]]);
  expect(tagsOf(result.extensions)).toEqual(["added", "outer"]);
  expect(nests.results).toMatchObject([
    { extensions: { casefile: { inner: { tags: ["added"], count: 2 } } } },
    { extensions: { casefile: { inner: { count: 2 } } } },
  ]);
  expect(tagsOf(nests.results[1]?.extensions)).toEqual(unset);
});

const hopOf = (subject_id: string) => ({ subject_id, subject_type: "agent" });

it("a hop that the inner run appends stays there, and is no fault of the outer run", async () => {
  verifies("dispatch:nesting-labels");
  let manager: Manager;
  const start = createExtensions({ delegation: { chain: [hopOf("ada"), hopOf("eve")] } });
  const nests = nesting(() => manager, [start], ["read_delegation"]);
  const appends: Run = ({ name }, _c, view) =>
    name === inner.name ? { modifiedExtensions: appendHop(view, hopOf("bot")) } : undefined;
  const adder = plugin("appends", appends, { capabilities: ["append_delegation"] });
  manager = await manage([nests.plugin, adder]);
  const result = await manager.invoke(hook, call, { extensions: start });
  const chainOf = ({ extensions: { delegation } }: { readonly extensions: Extensions }) =>
    delegation?.chain.map(({ subject_id }) => subject_id);
  expect(nests.results.map(chainOf)).toEqual([["ada", "eve", "bot"]]);
  expect(chainOf(result)).toEqual(["ada", "eve"]);
  expect(result.rejections).toEqual([]);
});

describe("a set whose level has a required field", () => {
  const host = defineHost({
    slots: {
      casefile: {
        ...casefile,
        schema: z.object({
          inner: z.optional(z.object({ tags: stringSet().default([]), id: z.string() })),
        }),
        fields: { inner: { fields: { tags: { tier: "monotonic" } } } },
      },
    },
  });
  const casefileOf = (inner: object) => host.createExtensions({ casefile: { inner } } as never);
  /** How a run ends in which a plugin starts a nested one, in which another adds a tag. */
  async function run(outer: object | undefined, nested: object | undefined) {
    const adder = host.definePlugin({
      name: "adds",
      version: "1.0.0",
      hooks: {
        [hook]: (({ name }: { name: string }, _c: unknown, view: { casefile?: object }) => {
          if (name !== inner.name || view.casefile === undefined) return undefined;
          return { modifiedExtensions: { casefile: { inner: { tags: ["added"], id: "own" } } } };
        }) as never,
      },
    });
    let manager: Manager;
    const nests = nesting(() => manager, [nested]);
    manager = (await host.createPluginManager({ plugins: [nests.plugin, adder] })) as never;
    const extensions = (outer ?? host.createExtensions({})) as never;
    const { violation } = await manager.invoke(hook, call, { extensions });
    return violation?.code;
  }

  it("is never lost where the level is absent", async () => {
    verifies("dispatch:nesting-sets-kept");
    const own = casefileOf({ id: "own" });
    expect(await run(own, own)).toBeUndefined();
    expect(await run(undefined, undefined)).toBeUndefined();
    expect(await run(casefileOf({ tags: ["a"], id: "1" }), undefined)).toBe("extensions_shape");
    expect(await run(undefined, own)).toBe("extensions_shape");
  });
});
