/** Copy-on-write edits of headers. As the others, they run in a realm that may be patched. */
import { addEntry, intrinsics, type Size } from "../admit/index.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import { type Editing, edited, editing, fieldLimits, readField } from "./edit.ts";
import {
  findHeader,
  type HeaderMap,
  headerFault,
  headerMaps,
  isNamed,
  mapFor,
  spellingOf,
} from "./headers.ts";
import type { Slots } from "./mark.ts";

const { create, freeze, hasOwn, newMap, ownValue, toLowerAscii } = intrinsics;

export function setHeaderOf(extensions: object, name: string, value: string | undefined): Slots {
  const call = value === undefined ? "removeHeader" : "setHeader";
  const edit = editing(extensions, "http", undefined, call);
  if (typeof name !== "string" || (value !== undefined && typeof value !== "string")) {
    throw new GlassineError(
      "header_invalid",
      `${call} expects a name and a value that are texts.`,
      { call },
    );
  }
  const fault = edit.mark.kind.mask === undefined ? undefined : headerFault(name, value);
  if (fault !== undefined) {
    throw new GlassineError(
      fault,
      `${call} may not write the header ${quoted(name)}, or its value is malformed.`,
      {
        call,
      },
    );
  }
  return withHeader(edit, name, value, call);
}

/**
 * Puts `value`, or nothing, where the header is: in both maps, whichever the receiver reads. A map
 * keeps the first spelling that it has, and no other beside it. A header that is nowhere goes to
 * the map that the document uses.
 */
function withHeader(edit: Editing, name: string, value: string | undefined, call: string): Slots {
  const used = value === undefined ? undefined : mapFor(edit.current, name);
  const level = edit.slot.form.copy(edit.current);
  const come: Size = { nodes: 0, units: 0 };
  addEntry(come, name, value);
  let told: unknown;
  let changes = 0;
  for (let i = 0; i < headerMaps.length; i++) {
    const field = headerMaps[i] as (typeof headerMaps)[number];
    const before = edit.current[field] as HeaderMap | undefined;
    if (field !== used && spellingOf(before, name) === undefined) continue;
    const after = replaced(edit, field, { name, value, call });
    if (after === before) continue;
    level[field] = after;
    // Where there was none, the map itself has come as well.
    told = before === undefined ? undefined : after;
    changes += 1;
  }
  if (changes === 0) return edit.extensions;
  return edited(edit, freeze(level), changes === 1 ? told : undefined, come);
}

const noHeaders: HeaderMap = freeze(create(null));

interface HeaderEdit {
  readonly name: string;
  readonly value: string | undefined;
  readonly call: string;
}

/** The map with `value` under `name` once, or not at all; the map itself where it is so already. */
function replaced(edit: Editing, field: string, { name, value, call }: HeaderEdit): HeaderMap {
  const map = (edit.current[field] ?? noHeaders) as HeaderMap;
  const wanted = toLowerAscii(name);
  // For few: of more than that the engine makes a hash table by itself.
  const next = newMap(0) as Record<string, string>;
  let same = true;
  let isThere = value === undefined;
  let fits = areFit(name, value ?? "");
  let units = name.length + (value ?? "").length;
  let count = 0;
  // The map has no prototype, so it has no other keys than its own.
  for (const key in map) {
    count += 1;
    const kept = map[key] as string;
    if (!isNamed(key, wanted)) {
      next[key] = kept;
      fits &&= areFit(key, kept);
      units += key.length + kept.length;
      continue;
    }
    if (isThere || kept !== value) same = false;
    if (!isThere) next[key] = value as string;
    isThere = true;
  }
  if (isThere && same) return map;
  if (!isThere) next[name] = value as string;
  // The name that is refused in a plugin's own map is refused here.
  const isPolluting = hasOwn(next, "__proto__");
  const { headers, units: most } = fieldLimits;
  fits &&= count < headers && units <= most && !isPolluting;
  // What a plugin gives was held to the grammar, and what stands there was read before.
  if (fits && edit.mark.kind.mask !== undefined) return freeze(next);
  return readField(edit, field, next, call, isPolluting ? "plugin" : "parsed") as HeaderMap;
}

/** Whether a name and a value are as short as they have to be. */
function areFit(name: string, value: string): boolean {
  const { headerNameUnits, headerValueUnits } = fieldLimits;
  return name.length <= headerNameUnits && value.length <= headerValueUnits;
}

export function headerOf(extensions: object, name: string): string | undefined {
  return findHeader(ownValue(extensions, "http") as Parameters<typeof findHeader>[0], name);
}
