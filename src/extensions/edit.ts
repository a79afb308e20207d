/**
 * Copy-on-write edits of a view or envelope. What an edit returns is whole and checked, so
 * the merge does not read it again; what may be kept of it, the capabilities decide there.
 */
import {
  admit,
  asSet,
  decisive,
  extensionsLimits,
  intrinsics,
  type Limits,
} from "../admit/index.ts";
import { formatPath, GlassineError, quoted } from "../errors/index.ts";
import type { Node } from "../slots/index.ts";
import { findHeader, type HeaderMap, headerFault, mapFor, spellingOf } from "./headers.ts";
import { editedMark, type Mark, markOf, type Slots, withSlot } from "./mark.ts";

const { create, enumerableKeys, freeze } = intrinsics;

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
  const slot = mark?.slots.nodes.find((node) => node.key === slotName);
  if (mark === undefined || slot === undefined) {
    throw new GlassineError(
      "edit_denied",
      `${call} expects extensions that this library made, with the slot ${quoted(slotName)}.`,
      { call },
    );
  }
  const target = slot.fields.find((node) => node.key === field) ?? slot;
  if (mark.mask !== undefined && target.write !== 0 && (mark.mask & target.write) === 0) {
    const [needed] = mark.slots.capabilities.namesOf(target.write);
    throw new GlassineError(
      "edit_denied",
      `${call} needs the capability ${quoted(needed ?? "")}.`,
      {
        call,
        capability: needed,
      },
    );
  }
  const current = (extensions as Slots)[slotName] ?? mark.slots.defaults(slot);
  return {
    extensions: extensions as Slots,
    slot,
    mark: editedMark(mark, extensions),
    current: current as Editing["current"],
  };
}

function replaceField(edit: Editing, field: string, value: unknown): Slots {
  const level: Record<string, unknown> = { ...edit.current };
  level[field] = value;
  return withSlot(edit.extensions, edit.slot.key, freeze(level), edit.mark);
}

/** Reads the new value of one field as a plugin's: read once, checked, frozen. */
function readField(edit: Editing, field: string, value: unknown, call: string): unknown {
  const node = edit.slot.fields.find((each) => each.key === field) as Node;
  const hint = edit.current[field];
  return readValue(node, value, hint, call, fieldLimits);
}

// As deep as in the whole: a slot is one level down, its fields two.
const slotLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 1 });
const fieldLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 2 });

function readValue(
  node: Node,
  value: unknown,
  hint: unknown,
  call: string,
  limits: Limits,
): unknown {
  const admitted = admit(node.compiled, value, {
    origin: "plugin",
    limits,
    shapeCode: "extensions_shape",
    strict: true,
    hint,
    partial: false,
  });
  if (admitted.ok) return admitted.value;
  const { code, path, expected, received } = decisive(admitted.problems);
  const where =
    path.filter((part) => typeof part === "number").length === 0 ? "" : ` at ${formatPath(path)}`;
  throw new GlassineError(code, `${call}: expected ${expected}, got ${received}${where}.`, {
    call,
  });
}

export function addLabelsTo(extensions: object, labels: string | readonly string[]): Slots {
  const edit = editing(extensions, "security", "labels", "addLabels");
  const shown = (edit.current.labels ?? []) as readonly string[];
  const added = readField(
    edit,
    "labels",
    typeof labels === "string" ? [labels] : labels,
    "addLabels",
  );
  const union = asSet([...shown, ...(added as readonly string[])], shown);
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
  if (value === undefined) return withoutHeader(edit, name, call);
  const field = mapFor(edit.current, name);
  const map = (edit.current[field] ?? {}) as HeaderMap;
  const spelling = spellingOf(map, name);
  if (spelling !== undefined && map[spelling] === value) return edit.extensions;
  const next: Record<string, string> = create(null);
  for (const key of enumerableKeys(map)) next[key] = map[key] as string;
  next[spelling ?? name] = value;
  return replaceField(edit, field, readField(edit, field, next, call));
}

/** In every spelling and both maps: what is left of a header under another name is still sent. */
function withoutHeader(edit: Editing, name: string, call: string): Slots {
  const wanted = intrinsics.toLowerAscii(name);
  const level: Record<string, unknown> = { ...edit.current };
  let found = false;
  for (const field of ["headers", "request_headers"]) {
    const map = edit.current[field] as HeaderMap | undefined;
    if (map === undefined || spellingOf(map, name) === undefined) continue;
    const next: Record<string, string> = create(null);
    for (const key of enumerableKeys(map)) {
      if (intrinsics.toLowerAscii(key) !== wanted) next[key] = map[key] as string;
    }
    level[field] = readField(edit, field, next, call);
    found = true;
  }
  return found
    ? withSlot(edit.extensions, edit.slot.key, freeze(level), edit.mark)
    : edit.extensions;
}

export function appendHopTo(extensions: object, hop: unknown): Slots {
  const edit = editing(extensions, "delegation", undefined, "appendHop");
  const { grows, derive } = edit.slot;
  const field = grows ?? "chain";
  const shown = (edit.current[field] ?? []) as readonly unknown[];
  const list = readField(edit, field, freeze([...shown, hop]), "appendHop") as readonly unknown[];
  const current = edit.extensions.delegation as Editing["current"] | undefined;
  const derived = derive?.({ current, list, proposed: edit.current });
  const level = freeze({ ...edit.current, ...derived, [field]: list });
  return withSlot(edit.extensions, edit.slot.key, level, edit.mark);
}

export function setCustomOf(extensions: object, key: string, value: unknown): Slots {
  const edit = editing(extensions, "custom", undefined, "setCustom");
  const shown = edit.extensions.custom as Record<string, unknown> | undefined;
  const next: Record<string, unknown> = Object.assign(create(null), shown);
  if (value === undefined) delete next[key];
  else next[key] = value;
  const map = readValue(edit.slot, next, shown, "setCustom", slotLimits);
  return map === shown ? edit.extensions : withSlot(edit.extensions, "custom", map, edit.mark);
}

export function headerOf(extensions: object, name: string): string | undefined {
  return findHeader((extensions as { http?: Parameters<typeof findHeader>[0] }).http, name);
}

export function labelIn(extensions: object, label: string): boolean {
  const { security } = extensions as { security?: { labels?: readonly string[] | undefined } };
  return security?.labels?.includes(label) ?? false;
}
