/**
 * Copy-on-write edits of a view or envelope. What an edit returns is whole and checked, so
 * the merge does not read it again; what may be kept of it, the capabilities decide there.
 *
 * So an edit is part of the way from a plugin to the envelope, and whoever calls it may have
 * patched the realm for that very call: nothing here is found on a prototype or iterated.
 */
import {
  admit,
  concat,
  decisive,
  extensionsLimits,
  includes,
  intrinsics,
  type Limits,
  unionOf,
} from "../admit/index.ts";
import { formatPath, GlassineError, quoted } from "../errors/index.ts";
import { defaultsOf, type Node, nodeByKey } from "../slots/index.ts";
import {
  findHeader,
  type HeaderMap,
  headerFault,
  headerMaps,
  isNamed,
  mapFor,
  spellingOf,
} from "./headers.ts";
import { editedMark, type Mark, markOf, type Slots, withSlot } from "./mark.ts";

const { create, enumerableKeys, freeze, hasOwn, newMap, ownValue, toLowerAscii } = intrinsics;

interface Editing {
  readonly extensions: Slots;
  readonly slot: Node;
  readonly mark: Mark;
  readonly current: { readonly [field: string]: unknown };
}

/** Looks the slot up and makes sure that the view may write it. */
function editing(
  extensions: object,
  slotName: string,
  field: string | undefined,
  call: string,
): Editing {
  const mark = markOf(extensions);
  const slot = mark === undefined ? undefined : nodeByKey(mark.slots.nodes, slotName);
  if (mark === undefined || slot === undefined) {
    throw new GlassineError(
      "edit_denied",
      `${call} expects extensions that this library made, with the slot ${quoted(slotName)}.`,
      { call },
    );
  }
  const target = (field === undefined ? undefined : nodeByKey(slot.fields, field)) ?? slot;
  if (mark.mask !== undefined && target.write !== 0 && (mark.mask & target.write) === 0) {
    const needed = mark.slots.capabilities.namesOf(target.write)[0];
    throw new GlassineError(
      "edit_denied",
      `${call} needs the capability ${quoted(needed ?? "")}.`,
      {
        call,
        capability: needed,
      },
    );
  }
  const current = (extensions as Slots)[slotName] ?? defaultsOf(slot);
  return {
    extensions: extensions as Slots,
    slot,
    mark: editedMark(mark, extensions),
    current: current as Editing["current"],
  };
}

function replaceField(edit: Editing, field: string, value: unknown): Slots {
  const level = edit.slot.form.copy(edit.current);
  level[field] = value;
  return withSlot(edit.extensions, edit.slot.key, freeze(level), edit.mark);
}

/**
 * Reads the new value of one field as a plugin's: read once, checked, frozen. Of a list or map of
 * texts that was put together here, `parsed`, only they are checked.
 */
function readField(
  edit: Editing,
  field: string,
  value: unknown,
  call: string,
  origin: Reading["origin"] = "plugin",
): unknown {
  const node = nodeByKey(edit.slot.fields, field) as Node;
  const hint = edit.current[field];
  return readValue(node, value, { hint, call, limits: fieldLimits, origin });
}

// As deep as in the whole: a slot is one level down, its fields two.
const slotLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 1 });
const fieldLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 2 });

interface Reading {
  readonly hint: unknown;
  readonly call: string;
  readonly limits: Limits;
  readonly origin: "plugin" | "parsed";
}

function readValue(node: Node, value: unknown, { hint, call, limits, origin }: Reading): unknown {
  const admitted = admit(node.compiled, value, {
    origin,
    limits,
    shapeCode: "extensions_shape",
    strict: true,
    hint,
    partial: false,
  });
  if (admitted.ok) return admitted.value;
  const { code, path, expected, received } = decisive(admitted.problems);
  const where = hasIndex(path) ? ` at ${formatPath(path)}` : "";
  throw new GlassineError(code, `${call}: expected ${expected}, got ${received}${where}.`, {
    call,
  });
}

function hasIndex(path: readonly (string | number)[]): boolean {
  for (let i = 0; i < path.length; i++) if (typeof path[i] === "number") return true;
  return false;
}

export function addLabelsTo(extensions: object, labels: string | readonly string[]): Slots {
  const edit = editing(extensions, "security", "labels", "addLabels");
  const shown = (edit.current.labels ?? []) as readonly string[];
  const added =
    typeof labels === "string"
      ? readField(edit, "labels", [labels], "addLabels", "parsed")
      : readField(edit, "labels", labels, "addLabels");
  const union = unionOf(shown, added as readonly string[], shown);
  if (union === shown) return edit.extensions;
  const max = extensionsLimits.labels;
  if (union.length > max) {
    const text = `addLabels: expected at most ${max} labels, got more.`;
    throw new GlassineError("snapshot_limit", text, { call: "addLabels" });
  }
  return replaceField(edit, "labels", union);
}

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
  const fault = edit.mark.mask === undefined ? undefined : headerFault(name, value);
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
  let changed = false;
  for (let i = 0; i < headerMaps.length; i++) {
    const field = headerMaps[i] as (typeof headerMaps)[number];
    const map = edit.current[field] as HeaderMap | undefined;
    if (field !== used && spellingOf(map, name) === undefined) continue;
    const next = replaced(map ?? noHeaders, name, value);
    if (next === map) continue;
    // The name that is refused in a plugin's own map is refused here.
    const origin = hasOwn(next, "__proto__") ? "plugin" : "parsed";
    level[field] = readField(edit, field, next, call, origin);
    changed = true;
  }
  return changed
    ? withSlot(edit.extensions, edit.slot.key, freeze(level), edit.mark)
    : edit.extensions;
}

const noHeaders: HeaderMap = freeze(create(null));

/** The map with `value` under `name` once, or not at all; the map itself where it is so already. */
function replaced(map: HeaderMap, name: string, value: string | undefined): HeaderMap {
  const wanted = toLowerAscii(name);
  const keys = enumerableKeys(map);
  const next = newMap(keys.length) as Record<string, string>;
  let same = true;
  let isThere = value === undefined;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (!isNamed(key, wanted)) {
      next[key] = map[key] as string;
      continue;
    }
    if (isThere || map[key] !== value) same = false;
    if (!isThere) next[key] = value as string;
    isThere = true;
  }
  if (isThere) return same ? map : next;
  next[name] = value as string;
  return next;
}

export function appendHopTo(extensions: object, hop: unknown): Slots {
  const edit = editing(extensions, "delegation", undefined, "appendHop");
  const { grows, derive } = edit.slot;
  const field = grows ?? "chain";
  const shown = (edit.current[field] ?? []) as readonly unknown[];
  const list = readField(edit, field, concat(shown, [hop]), "appendHop") as readonly unknown[];
  const current = edit.extensions.delegation as Editing["current"] | undefined;
  const derived = derive?.({ current, list, proposed: edit.current });
  const level = freeze({ ...edit.current, ...derived, [field]: list });
  return withSlot(edit.extensions, edit.slot.key, level, edit.mark);
}

export function setCustomOf(extensions: object, key: string, value: unknown): Slots {
  const edit = editing(extensions, "custom", undefined, "setCustom");
  const shown = edit.extensions.custom as Readonly<Record<string, unknown>> | undefined;
  const keys = enumerableKeys(edit.current);
  const next = newMap(keys.length);
  for (let i = 0; i < keys.length; i++) next[keys[i] as string] = edit.current[keys[i] as string];
  if (value === undefined) delete next[key];
  else next[key] = value;
  const reading = { hint: shown, call: "setCustom", limits: slotLimits, origin: "plugin" } as const;
  const map = readValue(edit.slot, next, reading);
  return map === shown ? edit.extensions : withSlot(edit.extensions, "custom", map, edit.mark);
}

export function headerOf(extensions: object, name: string): string | undefined {
  return findHeader(ownValue(extensions, "http") as Parameters<typeof findHeader>[0], name);
}

export function labelIn(extensions: object, label: string): boolean {
  const labels = ownValue(ownValue(extensions, "security"), "labels") as
    | readonly string[]
    | undefined;
  return labels !== undefined && includes(labels, label);
}
