/** Copy-on-write edits of headers. As the others, they run in a realm that may be patched. */
import { intrinsics } from "../data/index.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import { copyLevel } from "../schema/index.ts";
import type { Slots } from "./brand.ts";
import { type Editing, edited, editing, readField } from "./edit.ts";
import {
  findHeader,
  type HeaderMap,
  type HttpMaps,
  headerFault,
  headerMaps,
  isNamed,
  spellingOf,
} from "./headers.ts";

const { create, enumerableKeys, freeze, hasOwn, newMap, ownValue, toLowerAscii } = intrinsics;

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

interface HeaderEdit {
  readonly name: string;
  readonly value: string | undefined;
  readonly lower: string;
  readonly call: string;
}

/**
 * Puts `value`, or nothing, where the header is: in both maps, whichever the receiver reads. A map
 * keeps the first spelling that it has, and no other beside it. A header that is nowhere goes to
 * the map that the document uses.
 */
function withHeader(edit: Editing, header: HeaderEdit): Slots {
  const { headers, request_headers: newer } = edit.current as HttpMaps;
  const isThere = hasHeader(headers, header) || hasHeader(newer, header);
  if (!isThere && header.value === undefined) return edit.extensions;
  const isOlderUsed = newer === undefined || enumerableKeys(headers ?? noHeaders).length > 0;
  const level = copyLevel(edit.slot.layout, edit.current);
  let isChanged = false;
  for (let i = 0; i < headerMaps.length; i++) {
    const field = headerMaps[i] as (typeof headerMaps)[number];
    const before = edit.current[field] as HeaderMap | undefined;
    if (isThere ? !hasHeader(before, header) : (field === "headers") !== isOlderUsed) continue;
    const next = replaced(before ?? noHeaders, header);
    // The name that is refused in a plugin's own map is refused here.
    const origin = hasOwn(next, "__proto__") ? "plugin" : "parsed";
    level[field] = readField(edit, field, next, header.call, origin);
    if (level[field] !== before) isChanged = true;
  }
  return isChanged ? edited(edit, freeze(level)) : edit.extensions;
}

const noHeaders: HeaderMap = freeze(create(null));

function hasHeader(map: HeaderMap | undefined, { lower }: HeaderEdit): boolean {
  return spellingOf(map, lower) !== undefined;
}

/** All headers, and this one where it was first, or else at the end, or not at all. */
function replaced(map: HeaderMap, { name, value, lower }: HeaderEdit): HeaderMap {
  const names = enumerableKeys(map);
  const next = newMap(names.length) as Record<string, string>;
  let isWritten = value === undefined;
  for (let i = 0; i < names.length; i++) {
    const key = names[i] as string;
    if (!isNamed(key, lower)) next[key] = map[key] as string;
    else if (!isWritten) {
      next[key] = value as string;
      isWritten = true;
    }
  }
  if (!isWritten) next[name] = value as string;
  return next;
}

export function headerOf(extensions: object, name: string): string | undefined {
  return findHeader(ownValue(extensions, "http") as Parameters<typeof findHeader>[0], name);
}
