/** Inference of hidden data. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { deserialize, serialize } from "node:v8";
import { createExtensions, type Extensions, filterExtensions, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { shapeOf } from "../../property-tests/support/data.ts";
import { outcomeOf } from "../../property-tests/support/outcome.ts";
import {
  type Capability,
  call,
  type FullView,
  hook,
  labelled,
  manage,
  plugin,
  type Run,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { canary, full, grants, worldWithout } from "./two-worlds.ts";

type Grant = readonly Capability[];
const partsOf = (grant: Grant) =>
  [full, worldWithout(grant)].map((world) => filterExtensions(world, grant)) as [object, object];
const slots = Object.keys(full);
const cases = grants.map((grant) => ({ grant }));

it("the full world has every part that a capability opens", () => {
  const file = new URL("../../spec/slots.json", import.meta.url);
  const parts: { readonly path: string; readonly read: readonly string[] }[] = JSON.parse(
    readFileSync(file, "utf8"),
  ).slots;
  const gated = parts.filter(({ read }) => read.length > 0).map(({ path }) => path.split("."));
  expect(gated.length).toBeGreaterThan(0);
  for (const path of gated) expect(full).toHaveProperty(path);
});

attack(
  "A-079",
  "Compare the keys of a view, their order, and what is `in` it",
  "identical with and without hidden data",
  () => {
    it.each(cases)("with $grant", ({ grant }) => {
      const [one, two] = partsOf(grant);
      expect(JSON.stringify(shapeOf(one))).toBe(JSON.stringify(shapeOf(two)));
      const looks = (view: object) => {
        const inherited: string[] = [];
        for (const key in view) inherited.push(key);
        return [
          inherited,
          slots.map((slot) => [slot in view, Object.hasOwn(view, slot)]),
          Reflect.ownKeys(view),
          Object.getOwnPropertyDescriptors(view),
          Object.getPrototypeOf(view) === Object.getPrototypeOf(two),
        ];
      };
      expect(looks(one)).toEqual(looks(two));
    });
  },
);

attack(
  "A-080",
  "Distinguish an absent or empty slot from one with hidden data",
  "absent, empty and hidden look the same",
  () => {
    const hollow = createExtensions({
      security: { labels: [], objects: {}, data: {} },
      custom: { note: 1 },
    });
    const hidden = createExtensions({ agent: full.agent, custom: { note: 1 } } as never);
    const worlds: readonly Extensions[] = [
      createExtensions({ custom: { note: 1 } }),
      hollow,
      hidden,
      createExtensions({ security: { this_workload: full.security?.this_workload } } as never),
    ];

    it.each([
      [[]],
      [["read_labels"]],
      [["read_roles"]],
      [["append_labels", "read_client"]],
    ] as const)("with %j", (grant) => {
      const seen = worlds.map((world) => filterExtensions(world, grant).security);
      for (const security of seen) expect(security).toEqual(seen[0]);
      const hasLabels = grant.some((name) => name.endsWith("_labels"));
      expect(seen[0]?.labels).toEqual(hasLabels ? [] : undefined);
      expect(seen[0] === undefined).toBe(!hasLabels);
    });
  },
);

/** What a plugin without capabilities may try to write, and invalid shapes. */
const writes: Record<string, object> = {
  agent: { agent: { turn: 3 } },
  headers: { http: { headers: { "x-a": canary } } },
  "no headers": { http: { headers: {} } },
  labels: { security: { labels: [canary, "PII"] } },
  "no labels": { security: { labels: [] } },
  subject: { security: { subject: { id: canary, type: "user" } } },
  client: { security: { client: { client_id: canary } } },
  chain: { delegation: { chain: [] } },
  "an invalid shape": { agent: { turn: "3" } },
  "an invalid label": { security: { labels: [""] } },
  "an unknown slot": { secrets: {} },
  everything: JSON.parse(JSON.stringify(full)) as object,
};

attack(
  "A-081",
  "Write to a hidden slot and compare the outcomes",
  "code, message, rejections and the next view are the same whether the slot exists or not",
  () => {
    const tries = grants.flatMap((grant) =>
      Object.entries(writes).map(([what, returned]) => ({ grant, what, returned })),
    );

    it.each(tries)("$what, with $grant", async ({ grant, returned }) => {
      const answers = [full, worldWithout(grant)].flatMap((world) =>
        [false, true].map((strict) => {
          const outcome = outcomeOf(() => mergeExtensions(world, returned, grant, { strict }));
          if (!outcome.ok) return [outcome.code, outcome.error.message, outcome.error.data];
          return [
            outcome.value.rejections,
            next(filterExtensions(outcome.value.extensions, grant)),
          ];
        }),
      );
      expect(answers.slice(2)).toEqual(answers.slice(0, 2));
      const seen = await Promise.all(
        [full, worldWithout(grant)].map((world) => seenAfter(world, grant, returned)),
      );
      expect(seen[1]).toEqual(seen[0]);
    });

    /** A hop without a timestamp gets the time of the merge. */
    const next = (view: object) => inspect(view, { depth: 9 }).replaceAll(/timestamp: '.*'/g, "");

    /** What the plugin sees of the run after it returned something. */
    async function seenAfter(world: Extensions, capabilities: Grant, returned: unknown) {
      const seen: unknown[] = [];
      const looks: Run = (payload, context, view) => {
        seen.push(payload, context.plugin.name, next(view));
      };
      const manager = await manage([
        plugin("writes", (_p, _c, _view) => ({ modifiedExtensions: returned }), {
          capabilities,
          onError: "ignore",
        }),
        plugin("looks", looks, { capabilities }),
      ]);
      const result = await manager.invoke(hook, call, { extensions: world });
      return [seen, result.continueProcessing, result.rejections, result.errors];
    }
  },
);

attack(
  "A-082",
  "Without a label capability, return labels with `X` added to learn whether `X` is there",
  "ignored, with the same outcome whether it is there or not",
  () => {
    it.each([[[]], [["read_roles", "write_headers"]]] as const)("with %j", (grant) => {
      const answers = [labelled("X"), labelled("PII", "X"), labelled("PII"), labelled()].map(
        (world) => {
          const merged = mergeExtensions(world, { security: { labels: ["X"] } }, grant);
          expect(merged.extensions).toBe(world);
          return [merged.rejections, inspect(filterExtensions(merged.extensions, grant))];
        },
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(answers[0]?.[0]).toMatchObject([
        { path: "security.labels", code: "capability_missing" },
      ]);
    });
  },
);

attack(
  "A-083",
  "Return ever larger values until a limit applies, to learn the size of hidden data",
  "the limit applies at the same size with and without hidden data",
  () => {
    const heavy = createExtensions({
      ...full,
      agent: { input: "x".repeat(100_000) },
      security: {
        ...full.security,
        subject: {
          id: "u",
          type: "user",
          claims: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`c${i}`, "x"])),
        },
      },
    } as never);
    const limits = { nodes: 60, units: 400, depth: 9 };
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const growing: Record<string, (size: number) => object> = {
      values: (size) => ({ custom: { list: Array.from({ length: size }, () => 1) } }),
      text: (size) => ({ custom: { text: "x".repeat(size * 10) } }),
      depth: (size) => ({ custom: { deep: nested(size) } }),
    };

    it.each(Object.entries(growing))("of %s", (_, make) => {
      const strikes = [heavy, worldWithout([], heavy)].map((world) =>
        Array.from({ length: 70 }, (_, size) => size).find(
          (size) => !outcomeOf(() => mergeExtensions(world, make(size), [], { limits })).ok,
        ),
      );
      expect(strikes[0]).toBeGreaterThan(0);
      expect(strikes[1]).toBe(strikes[0]);
    });
  },
);

attack(
  "A-084",
  "Keep a slot of a view and compare it with the next one by `===`",
  "a partly hidden slot is never the same object in two runs, whether it changed or not",
  () => {
    const visible = createExtensions({
      security: { labels: ["PII"], subject: { id: "a", type: "user" } },
    });
    const changed = createExtensions({
      security: { labels: ["PII"], subject: { id: "b", type: "user" } },
    });

    it.each([
      ["nothing changed", [visible, visible, visible]],
      ["the hidden subject changed", [visible, changed, visible]],
    ])("when %s", async (_, worlds) => {
      const kept: (FullView | undefined)[] = [];
      const keeps: Run = (_p, _c, view) => void kept.push(view);
      const manager = await manage([plugin("keeps", keeps, { capabilities: ["read_labels"] })]);
      for (const extensions of worlds) await manager.invoke(hook, call, { extensions });
      expect(new Set(kept).size).toBe(3);
      expect(new Set(kept.map((view) => view?.security)).size).toBe(3);
    });
  },
);

attack(
  "A-085",
  "Serialize, clone or inspect a view, including non-enumerable properties",
  "identical with and without hidden data; nothing hidden is printed",
  () => {
    const all = {
      showHidden: true,
      depth: Number.POSITIVE_INFINITY,
      getters: true,
      showProxy: true,
    };

    it.each(cases)("with $grant", ({ grant }) => {
      const looks = partsOf(grant).map((view) => ({
        json: JSON.stringify(view),
        // Values, not bytes: whether V8 writes 1 as an integer or a double depends on all earlier
        // objects of the same shape.
        serialized: inspect(deserialize(serialize(view)), all),
        clone: structuredClone(view),
        inspected: inspect(view, all),
        spread: inspect({ ...view }, all),
      }));
      expect(looks[1]).toEqual(looks[0]);
    });

    it("without capabilities it contains nothing hidden", () => {
      const [one] = partsOf([]);
      expect(inspect(one, all) + JSON.stringify(one)).not.toContain(canary);
      expect(inspect(full, all)).toContain(canary);
    });
  },
);
