/** Laws of shared maps: a returned map is compared with the shown one, key by key. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLaw, mergeLaws } from "./support/laws.ts";
import { jsonValues, keys, mapOf } from "./support/schema-values.ts";
import { worlds } from "./support/tables.ts";

type Json = Record<string, unknown>;

/** A map derived from `base`: some keys removed, some changed, some new. */
const changed = (base: Json, drop: readonly string[], set: Json): Json =>
  Object.fromEntries([
    ...Object.entries(base).filter(([key]) => !drop.includes(key)),
    ...Object.entries(set),
  ]);

const places = [
  { name: "custom", world: worlds[0]!, slot: "custom" },
  { name: "a host's gated map", world: worlds[1]!, slot: "notes" },
];

describe.each(places)("$name", ({ world: { host, slots }, slot }) => {
  const all = slots.capabilities.names;
  const envelopeOf = (map: Json) => host.createExtensions({ [slot]: map });

  it("L35: changes to different keys result in the same map in either order", () => {
    const mine = keys.map((key) => `mine-${key}`);
    const theirs = keys.map((key) => `theirs-${key}`);
    const both = fc.tuple(mapOf(mine, jsonValues), mapOf(theirs, jsonValues));
    fc.assert(
      fc.property(
        both,
        both,
        fc.array(mine),
        fc.array(theirs),
        ([m, t], [setM, setT], dropM, dropT) => {
          const envelope = envelopeOf({ ...m, ...t });
          const view = host.filterExtensions(envelope, all);
          const one = { [slot]: changed({ ...m, ...t }, dropM, setM) };
          const two = { [slot]: changed({ ...m, ...t }, dropT, setT) };
          const merge = (first: unknown, second: unknown) => {
            const half = host.mergeExtensions(envelope, first, all, { view }).extensions;
            return host.mergeExtensions(half, second, all, { view }).extensions[slot];
          };
          expect(merge(one, two)).toEqual(merge(two, one));
        },
      ),
    );
  });
});

describe.each(worlds)("$name", (world) => {
  it("L35: keys that the plugin changed are as returned, keys that it removed are gone, and all others are unchanged", () =>
    checkLaw(mergeLaws(world), "L35"));
});
