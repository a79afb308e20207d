/** Laws of the memory node's own rules: score deltas, migrations of other plugins, tenant ids. */
import fc from "fast-check";
import { isGlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { applyScores, type Migration, tenantIdFault } from "../src/memory-node/index.ts";
import { keepsMigrations } from "../src/memory-node/keeps-migrations.ts";
import { characters } from "./support/schema-values.ts";

const ids = fc.constantFrom("a", "b", "c", "__proto__", "constructor", "toString", "", "0", "1");
const scores = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -2, max: 2, noNaN: true }),
  fc.constantFrom(0, -0, 0.5, 1, 0.0000005, 1e21, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const lists = fc.array(fc.record({ id: ids, score: scores }), { maxLength: 12 });
/** As a score hook returns them: without a prototype, so that any string is an id. */
const deltasBy = fc
  .array(fc.tuple(ids, scores), { maxLength: 8 })
  .map((entries): { readonly [id: string]: number } =>
    Object.assign(Object.create(null), Object.fromEntries(entries)),
  );
const cases = fc
  .tuple(lists, deltasBy)
  .filter(([list, deltas]) =>
    list.every(({ id, score }) => Number.isFinite(score + (own(deltas, id) ?? 0))),
  );

function own(deltas: { readonly [id: string]: number }, id: string): number | undefined {
  return Object.hasOwn(deltas, id) ? deltas[id] : undefined;
}

const sorted = (texts: readonly string[]) => [...texts].sort();

describe("applyScores", () => {
  it("returns the same elements in another order: none is lost, none is new", () => {
    fc.assert(
      fc.property(cases, ([list, deltas]) => {
        const ranked = applyScores(list, deltas);
        expect(sorted(ranked.map(({ id }) => id))).toEqual(sorted(list.map(({ id }) => id)));
      }),
    );
  });

  it("sorts them best first, and keeps the order of equal scores", () => {
    fc.assert(
      fc.property(cases, ([list, deltas]) => {
        const numbered = list.map((item, at) => ({ ...item, at }));
        const ranked = applyScores(numbered, deltas);
        ranked.slice(1).forEach((item, index) => {
          const before = ranked[index]!;
          expect(before.score >= item.score).toBe(true);
          if (before.score === item.score) expect(before.at).toBeLessThan(item.at);
        });
      }),
    );
  });

  it("moves a score by its delta to 6 decimals, never below 0; without a delta it stays", () => {
    fc.assert(
      fc.property(cases, ([list, deltas]) => {
        const numbered = list.map((item, at) => ({ ...item, at }));
        for (const item of applyScores(numbered, deltas)) {
          const given = numbered[item.at]!;
          const delta = own(deltas, item.id);
          if (delta === undefined) {
            expect(item).toBe(given);
            continue;
          }
          const exact = Math.max(0, given.score + delta);
          expect(item.score).toBeGreaterThanOrEqual(0);
          expect(Math.abs(item.score - exact)).toBeLessThanOrEqual(0.5000001e-6);
          expect(Number(item.score.toFixed(6))).toBe(item.score);
        }
      }),
    );
  });

  it("ignores deltas of unknown ids, and does not change its input", () => {
    fc.assert(
      fc.property(cases, scores, ([list, deltas], extra) => {
        const given = structuredClone(list);
        const more = Object.assign(Object.create(null), deltas, { elsewhere: extra });
        expect(applyScores(list, more)).toEqual(applyScores(list, deltas));
        expect(list).toEqual(given);
      }),
    );
  });

  it("refuses non-finite numbers, naming the place and not the value", () => {
    const bad = fc.constantFrom(Number.NaN, Infinity, -Infinity, "1", null, undefined, 1n, true);
    const places = fc.constantFrom("score", "delta");
    fc.assert(
      fc.property(bad, places, fc.nat(3), (value, place, at) => {
        const list = [0, 1, 2, 3].map((id) => ({ id: `${id}`, score: 1 }));
        if (place === "score") list[at] = { id: `${at}`, score: value as number };
        const deltas = place === "delta" ? { [at]: value as number } : {};
        const error = thrownBy(() => applyScores(list, deltas));
        expect(isGlassineError(error) && error.code).toBe("payload_invalid");
        expect(String(error)).toContain(`The ${place} of element ${at} is not a finite number.`);
      }),
    );
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const plugins = fc.constantFrom("aaa", "bbb", "ccc", "core", "__proto__");
const entries: fc.Arbitrary<Migration> = fc.record({
  plugin_name: plugins,
  migration_id: fc.integer({ min: 1, max: 3 }),
  sql: fc.constantFrom("A", "B"),
  description: fc.constantFrom("", "d"),
  plugin_version: fc.constantFrom("1.0.0", "1.0.1"),
  backend: fc.constantFrom("sqlite", "postgres"),
});
const chains = fc.array(entries, { maxLength: 6 });
const others = (list: readonly Migration[], plugin: string) =>
  list.filter(({ plugin_name }) => plugin_name !== plugin);
const text = (list: readonly Migration[]) => JSON.stringify(list);

describe("keepsMigrations", () => {
  it("lets a handler change entries of its own plugin freely", () => {
    fc.assert(
      fc.property(chains, plugins, chains, fc.array(fc.nat(6)), (given, plugin, made, places) => {
        const got = others(given, plugin);
        made.forEach((entry, at) => {
          got.splice((places[at] ?? 0) % (got.length + 1), 0, { ...entry, plugin_name: plugin });
        });
        expect(keepsMigrations(given, structuredClone(got), plugin)).toBeUndefined();
      }),
    );
  });

  it("accepts a list if and only if the entries of others are unchanged", () => {
    fc.assert(
      fc.property(chains, chains, plugins, (given, got, plugin) => {
        const isKept = text(others(given, plugin)) === text(others(got, plugin));
        expect(keepsMigrations(given, got, plugin) === undefined).toBe(isKept);
      }),
    );
  });

  it("refuses any change to entries of others, and names plugin and entry", () => {
    const changes = ["removed", "altered", "added", "moved"] as const;
    fc.assert(
      fc.property(
        fc.uniqueArray(entries, { minLength: 2, maxLength: 6, selector: nameOf }),
        fc.constantFrom(...changes),
        fc.nat(),
        (given, change, seed) => {
          const at = seed % (given.length - 1);
          const [got, named] = changed(given, change, at);
          const problem = keepsMigrations(given, got, "zzz");
          const { migration_id, plugin_name } = named;
          expect(problem).toContain(
            `"zzz" ${change} migration ${migration_id} of "${plugin_name}"`,
          );
        },
      ),
    );
  });
});

function nameOf({ plugin_name, migration_id, backend }: Migration): string {
  return `${plugin_name} ${migration_id} ${backend}`;
}

/** A list with one change at `at`, and the changed entry. */
function changed(
  given: readonly Migration[],
  change: "removed" | "altered" | "added" | "moved",
  at: number,
): readonly [readonly Migration[], Migration] {
  const entry = given[at]!;
  const next = given[at + 1]!;
  const stranger: Migration = { ...entry, plugin_name: "yyy" };
  switch (change) {
    case "removed":
      return [given.toSpliced(at, 1), entry];
    case "altered":
      return [given.with(at, { ...entry, sql: `${entry.sql};` }), entry];
    case "added":
      return [given.toSpliced(at, 0, stranger), stranger];
    case "moved":
      return [given.toSpliced(at, 2, next, entry), entry];
  }
}

describe("tenantIdFault", () => {
  const good = fc.stringMatching(/^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$/);

  it("accepts every id of the grammar", () => {
    fc.assert(fc.property(good, (id) => tenantIdFault(id) === undefined));
  });

  it("accepts nothing else: an accepted id is safe in a path, a URI and a log, whatever the case", () => {
    const texts = fc.oneof(
      fc.string({ unit: characters, maxLength: 70 }),
      fc.string({ unit: fc.constantFrom("a", "0", "-", "_", ".", "/", "A", "\n"), maxLength: 70 }),
      fc
        .tuple(good, fc.constantFrom("\n", " ", "/", "..", "\0", "é", "A"))
        .map((two) => two.join("")),
    );
    fc.assert(
      fc.property(texts, (id) => {
        const isGood = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/.test(id);
        expect(tenantIdFault(id) === undefined).toBe(isGood);
        if (!isGood) return;
        expect(encodeURIComponent(id)).toBe(id);
        expect(id.toLowerCase()).toBe(id);
        expect(id.length).toBeLessThanOrEqual(64);
      }),
    );
  });

  it("reports the problem in one line of printable ASCII, whatever the id is", () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ unit: characters }), (value, id) => {
        for (const each of [value, id]) expect(tenantIdFault(each) ?? "").toMatch(/^[ -~]*$/);
      }),
    );
  });
});
