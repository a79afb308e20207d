/** Copy-on-write edits of headers. As the others, they run in a realm that may be patched. */
import { addEntry, intrinsics, type Size } from "../data/index.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import type { Slots } from "./brand.ts";
import { type Editing, edited, editing, fieldLimits, readField } from "./edit.ts";
import {
  findHeader,
  type HeaderMap,
  type HttpMaps,
  headerFault,
  headerMaps,
  isNamed,
} from "./headers.ts";

const { copyInto, create, freeze, hasOwn, newMap, ownValue, toLowerAscii } = intrinsics;

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
  const lower = toLowerAscii(name);
  const fault = edit.brand.kind.mask === undefined ? undefined : headerFault(name, value, lower);
  if (fault !== undefined) {
    throw new GlassineError(
      fault,
      `${call} may not write the header ${quoted(name)}, or its value is malformed.`,
      {
        call,
      },
    );
  }
  return withHeader(edit, { name, value, lower, call });
}

/**
 * Puts `value`, or nothing, where the header is: in both maps, whichever the receiver reads. A map
 * keeps the first spelling that it has, and no other beside it. A header that is nowhere goes to
 * the map that the document uses.
 */
function withHeader(edit: Editing, header: HeaderEdit): Slots {
  const { name, value, lower } = header;
  const { headers, request_headers: newer } = edit.current as HttpMaps;
  const looks = { headers: lookIn(headers, lower), request_headers: lookIn(newer, lower) };
  const isNew = looks.headers.times + looks.request_headers.times === 0;
  if (isNew && value === undefined) return edit.extensions;
  const used = newer === undefined || looks.headers.count > 0 ? "headers" : "request_headers";
  const level = edit.slot.layout.copy(edit.current);
  const added: Size = { nodes: 0, units: 0 };
  addEntry(added, name, value);
  let trustedEdit: unknown;
  let changes = 0;
  for (let i = 0; i < headerMaps.length; i++) {
    const field = headerMaps[i] as (typeof headerMaps)[number];
    const look = looks[field];
    if (isNew ? field !== used : look.times === 0) continue;
    const before = edit.current[field] as HeaderMap | undefined;
    const after = replaced(edit, field, look, header);
    if (after === before) continue;
    level[field] = after;
    // Where there was none, the map itself has come as well.
    trustedEdit = before === undefined ? undefined : after;
    changes += 1;
  }
  if (changes === 0) return edit.extensions;
  return edited(edit, freeze(level), changes === 1 ? trustedEdit : undefined, added);
}

const noHeaders: HeaderMap = freeze(create(null));

/** What a map has of a header, and beside it. */
interface Look {
  /** How many headers it has. */
  readonly count: number;
  /** How often it has this one, in whatever spelling. */
  readonly times: number;
  /** The first of those. */
  readonly spelling: string | undefined;
  /** Whether the others are as short as they have to be. */
  readonly fits: boolean;
  /** How many UTF-16 units the others have. */
  readonly units: number;
}

const nothing: Look = freeze({ count: 0, times: 0, spelling: undefined, fits: true, units: 0 });

function lookIn(map: HeaderMap | undefined, lower: string): Look {
  if (map === undefined) return nothing;
  let count = 0;
  let times = 0;
  let spelling: string | undefined;
  let fits = true;
  let units = 0;
  // The map has no prototype, so it has no other keys than its own.
  for (const key in map) {
    count += 1;
    if (isNamed(key, lower)) {
      if (times === 0) spelling = key;
      times += 1;
    } else {
      const value = map[key] as string;
      fits &&= areFit(key, value);
      units += key.length + value.length;
    }
  }
  return { count, times, spelling, fits, units };
}

interface HeaderEdit {
  readonly name: string;
  readonly value: string | undefined;
  readonly lower: string;
  readonly call: string;
}

/** A map of more is a hash table, and is copied faster key by key. */
const mostCopied = 16;

/** The map with `value` under `name` once, or not at all; the map itself where it is so already. */
function replaced(edit: Editing, field: string, look: Look, header: HeaderEdit): HeaderMap {
  const map = (edit.current[field] ?? noHeaders) as HeaderMap;
  const { name, value, call } = header;
  const { times, spelling = name } = look;
  if (times === 1 && map[spelling] === value) return map;
  // For few: of more than that the engine makes a hash table by itself.
  const next = newMap(0) as Record<string, string>;
  if (times <= 1 && value !== undefined && look.count <= mostCopied) {
    copyInto(next, map);
    next[spelling] = value;
  } else copyOnce(next, map, header);
  // The name that is refused in a plugin's own map is refused here.
  const isPolluting = hasOwn(next, "__proto__");
  const { headers, units: most } = fieldLimits;
  const units = look.units + name.length + (value ?? "").length;
  const fits = look.fits && areFit(name, value ?? "") && look.count < headers && units <= most;
  // What a plugin gives was held to the grammar, and what stands there was read before.
  if (fits && !isPolluting && edit.brand.kind.mask !== undefined) return freeze(next);
  return readField(edit, field, next, call, isPolluting ? "plugin" : "parsed") as HeaderMap;
}

/** All headers, and this one where it was first, or else at the end, or not at all. */
function copyOnce(
  next: Record<string, string>,
  map: HeaderMap,
  { name, value, lower }: HeaderEdit,
): void {
  let isThere = value === undefined;
  for (const key in map) {
    if (!isNamed(key, lower)) next[key] = map[key] as string;
    else if (!isThere) {
      next[key] = value as string;
      isThere = true;
    }
  }
  if (!isThere) next[name] = value as string;
}

/** Whether a name and a value are as short as they have to be. */
function areFit(name: string, value: string): boolean {
  const { headerNameUnits, headerValueUnits } = fieldLimits;
  return name.length <= headerNameUnits && value.length <= headerValueUnits;
}

export function headerOf(extensions: object, name: string): string | undefined {
  return findHeader(ownValue(extensions, "http") as Parameters<typeof findHeader>[0], name);
}
