/** Laws of what is mutable: maps, which plugins share key by key, headers and other fields. */
import * as fc from "fast-check";
import { attempt } from "../../core/data/index.ts";
import { at, isObject, jsonCopy, type Level, outcomeOf } from "../data.ts";
import { documentsOf, mapsOf } from "../documents.ts";
import { mergedPart } from "../merge-cases.ts";
import { isHidden, mayWrite, partsOf } from "../parts.ts";
import type { Subject } from "../subject.ts";
import { keys } from "../words.ts";
import { expectSame, type Law, law } from "./law.ts";

/** No laws for a table without such a slot. */
export function mapLaws(subject: Subject): readonly Law[] {
  const { slots, host } = subject;
  const all = slots.capabilities.names;
  const names = slots.nodes
    .filter(({ compiled, tier }) => compiled.shape === "map" && tier === "mutable")
    .map(({ key }) => key);
  if (names.length === 0) return [];
  const cases = fc.oneof(
    ...names.map((slot) => {
      const maps = mapsOf(slots, slot);
      const dropped = fc.array(keys);
      return fc.tuple(fc.constant(slot), maps, maps, maps, dropped, dropped);
    }),
  );
  const documents = documentsOf(slots);
  const mask = slots.capabilities.mask(all);
  const written = partsOf(slots).filter(
    ({ path, node }) =>
      node.tier === "mutable" &&
      node.fields.length === 0 &&
      mayWrite(node, mask) &&
      !isHidden(slots, path, mask),
  );

  const expectWritten = (current: Level, other: Level) => {
    for (const { path } of written) {
      const value = at(other, path);
      if (value === undefined) continue;
      const outcome = mergedPart(subject, current, path, value);
      // It may be refused: a header may frame the message, or the slot may have rules of its own.
      if (outcome.ok) expectSame(sorted(outcome.value), sorted(value), path.join("."));
    }
  };

  return [
    law(
      "L35",
      "Keys that the plugin changed are as returned, keys that it removed are gone, and all others are unchanged; headers and other mutable parts are as returned.",
      () =>
        fc.property(cases, documents, documents, (mapCase, document, other) => {
          expectWritten(host.createExtensions(document), host.createExtensions(other));
          const [slot, shown, theirs, mine, gone, dropped] = mapCase;
          const envelopeOf = (map: Level) => attempt(() => host.createExtensions({ [slot]: map }));
          const now = changed(shown, gone, theirs);
          const returned = changed(shown, dropped, mine);
          const before = envelopeOf(shown);
          const current = envelopeOf(now);
          const expected = envelopeOf(joined(shown, now, returned));
          // The slot may have rules that one of the maps breaks.
          if (before === undefined || current === undefined || expected === undefined) return;
          const view = host.filterExtensions(before, all);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(current, { [slot]: returned }, all, { view }),
          );
          if (!outcome.ok) return;
          const merged = outcome.value.extensions[slot];
          expectSame(sorted(merged), sorted(expected[slot]), slot);
        }),
    ),
  ];
}

/** A map derived from `base`: some keys removed, some changed, some new. */
function changed(base: Level, drop: readonly string[], set: Level): Level {
  return Object.fromEntries([
    ...Object.entries(base).filter(([key]) => !drop.includes(key)),
    ...Object.entries(set),
  ]);
}

/** What is there now, with the changes from `shown` to `returned`. */
function joined(shown: Level, now: Level, returned: Level): Level {
  const isSame = (key: string) => JSON.stringify(shown[key]) === JSON.stringify(returned[key]);
  const all = new Set([...Object.keys(now), ...Object.keys(returned)]);
  return Object.fromEntries(
    [...all].flatMap((key) => {
      const isTouched = Object.hasOwn(shown, key) !== Object.hasOwn(returned, key) || !isSame(key);
      const source = isTouched ? returned : now;
      return Object.hasOwn(source, key) ? [[key, source[key]]] : [];
    }),
  );
}

/** The map as JSON data with its keys sorted: their order is not part of the law. */
function sorted(map: unknown): unknown {
  if (!isObject(map) || Array.isArray(map)) return map;
  const entries = Object.entries(jsonCopy(map) as Level);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
