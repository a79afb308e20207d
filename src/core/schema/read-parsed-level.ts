/** Takes over a level that `JSON.parse` made: see `take.ts`. */

import {
  addSize,
  BAD,
  enterParsed,
  leaveParsed,
  type ParsedReader,
  type Size,
} from "../data/index.ts";
import { freeze, isArray, mapGet, newArray } from "../data/intrinsics.ts";
import type { Field } from "./compiled.ts";
import type { ObjectLayout } from "./object-layout.ts";

interface TakenLevel {
  readonly fields: readonly Field[];
  /** Names and second names, by the places of their fields. */
  readonly places: ReadonlyMap<string, number>;
  readonly layout: ObjectLayout;
}

/** One bit a field says which were there. */
const mostFields = 31;

export function parsedLevelReader({
  fields,
  places,
  layout,
}: TakenLevel): ParsedReader | undefined {
  if (fields.length > mostFields) return undefined;
  const { keys, build } = layout;
  const parsedReaders = fields.map(({ compiled }) => compiled.readParsed);
  if (parsedReaders.includes(undefined)) return undefined;
  const all = 2 ** fields.length - 1;
  const { length } = fields;
  return (left, value) => {
    if (typeof value !== "object" || value === null || isArray(value)) return BAD;
    if (!enterParsed(left)) return BAD;
    const source = value as Record<string, unknown>;
    const values = newArray<unknown>(length);
    let seen = 0;
    // Documents mostly have the fields in the order of the schema.
    let next = 0;
    // Nothing is inherited, unless the realm `isPolluted`.
    for (const key in source) {
      while (next < length && keys[next] !== key) next += 1;
      if (next === length) {
        const place = mapGet(places, key);
        if (place === undefined) return BAD;
        next = place;
      }
      const bit = 1 << next;
      if ((seen & bit) !== 0) return BAD;
      const raw = source[key];
      if (raw === null && (fields[next] as Field).optional) continue;
      const item = (parsedReaders[next] as ParsedReader)(left, raw);
      if (item === BAD) return BAD;
      seen |= bit;
      values[next] = item;
    }
    if (seen !== all && !fillIn(left, fields, seen, values)) return BAD;
    leaveParsed(left);
    return freeze(build(values));
  };
}

/** Fills in what is absent. False where it may not be. */
function fillIn(left: Size, fields: readonly Field[], seen: number, values: unknown[]): boolean {
  for (let i = 0; i < fields.length; i++) {
    if ((seen & (1 << i)) !== 0) continue;
    const { optional, fallback } = fields[i] as Field;
    if (fallback !== undefined) {
      const value = fallback();
      addSize(left, value, -1);
      values[i] = value;
    }
    if (!optional && values[i] === undefined) return false;
  }
  return true;
}
