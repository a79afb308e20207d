/**
 * Copy-on-write edits of a view or envelope. The result is complete and checked, so the merge does
 * not read it again; there, the capabilities decide what is kept of it.
 *
 * So an edit is on the way from a plugin to the envelope, and the caller may have patched the realm
 * for that very call: nothing here is looked up on a prototype or iterated.
 */
import {
  admit,
  decisive,
  extensionsLimits,
  isLabel,
  type Limits,
  typeName,
  unionOf,
} from "../data/index.ts";
import {
  concat,
  copiedMap,
  forEach,
  freeze,
  hasOwn,
  includes,
  isArray,
  newMap,
  ownValue,
  some,
  toLowerAscii,
  valueAt,
} from "../data/intrinsics.ts";
import { formatPath, GlassineError, quoted } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, grownLevel, type Node } from "../slots/index.ts";
import {
  brandOf,
  type EnvelopeBrand,
  expectExtensions,
  isLevel,
  type Slots,
  sealEdit,
} from "./filter.ts";
import { findHeader, headerFault, headerMaps, isNamed, namesOf, spellingOf } from "./headers.ts";

/** An edit in progress: of which slot, and its current value. */
interface Editing {
  readonly call: string;
  readonly extensions: Slots;
  readonly slot: Node;
  /** What the edit writes: the slot, or a field of it. */
  readonly target: Node;
  readonly brand: EnvelopeBrand;
  readonly current: LevelValue;
}

/**
 * Looks a standard slot up, which every host has, and makes sure that the view may write it, or the
 * field of it.
 */
function editing(
  extensions: object,
  slotName: string,
  field: string | undefined,
  call: string,
): Editing {
  const brand = brandOf(extensions);
  if (brand === undefined) throw notExtensions(call, extensions);
  const slot = brand.kind.slots.byKey[slotName] as Node;
  const target = field === undefined ? slot : (slot.byKey[field] as Node);
  const { slots, mask } = brand.kind;
  if (mask !== undefined && target.write !== 0 && (mask & target.write) === 0) {
    const capability = slots.capabilities.namesOf(target.write)[0];
    const text = `${call} needs the capability ${quoted(capability ?? "")}.`;
    throw new GlassineError("edit_denied", text, { call, capability });
  }
  const known = extensions as Slots;
  return {
    call,
    extensions: known,
    slot,
    target,
    brand,
    current: known[slotName] ?? defaultsOf(slot),
  };
}

function notExtensions(call: string, given: unknown): GlassineError {
  const what =
    typeof given === "object" && given !== null
      ? "an object that this copy of the library did not make: pass it as it is, not { ...extensions }, and load one copy for plugin and host"
      : typeName(given);
  const text = `${call} expects the handler's extensions, its third parameter, got ${what}.`;
  return new GlassineError("edit_denied", text, { call });
}

/** Returns the extensions with a new value of the slot. */
function edited({ extensions, slot, brand }: Editing, value: LevelValue): Slots {
  const { slots } = brand.kind;
  const next = slots.take(extensions, slots.allOpen);
  next[slot.key] = value;
  return sealEdit(brand, extensions, next);
}

/** Returns the extensions with a new value of one field of the slot. */
function withField(edit: Editing, field: string, value: unknown): Slots {
  const level = edit.slot.take(edit.current, edit.slot.allOpen);
  level[field] = value;
  return edited(edit, freeze(level));
}

// The depth that is left in an envelope: a slot is one level down, its fields two.
const slotLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 1 });
const fieldLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 2 });

/**
 * Reads the new value of the slot or of a field: read once, checked, frozen. `origin` is `parsed`
 * if the value was built here from strings.
 */
function readPart(
  { call, extensions, slot, current }: Editing,
  node: Node,
  value: unknown,
  origin: "plugin" | "parsed" = "plugin",
): unknown {
  const isSlot = node === slot;
  const limits = isSlot ? slotLimits : fieldLimits;
  const previous = isSlot ? extensions[slot.key] : current[node.key];
  const options = { origin, limits, shapeCode: "extensions_shape", strict: true } as const;
  const admitted = admit(node.compiled.read, value, options, previous);
  if (admitted.ok) return admitted.value;
  const { code, path, expected, received } = decisive(admitted.problems);
  const where = some(path, (key) => typeof key === "number") ? ` at ${formatPath(path)}` : "";
  const text = `${call}: expected ${expected}, got ${received}${where}.`;
  throw new GlassineError(code, text, { call });
}

/** Refuses a further argument, which would be lost. A number is the index that `reduce` passes. */
function refuseMore(more: unknown, call: string, wanted: string, instead: string): void {
  if (more === undefined || typeof more === "number") return;
  const text = `${call} expects ${wanted}; got a third parameter. ${instead}`;
  throw new GlassineError("extensions_shape", text, { call });
}

export function addLabelsTo(
  extensions: object,
  labels: string | readonly string[],
  more?: unknown,
): Slots {
  const call = "addLabels";
  refuseMore(more, call, "one label or one array of labels", "Pass several as [a, b].");
  return labelled(call, extensions, labels);
}

/** Adds labels for the function `call`, which errors name. */
export function labelled(
  call: string,
  extensions: object,
  labels: string | readonly string[],
): Slots {
  const edit = editing(extensions, "security", "labels", call);
  const shown = stringsOf(edit.current.labels);
  const union = unionOf(shown, readLabels(edit, labels));
  if (union === shown) return edit.extensions;
  const max = extensionsLimits.labels;
  if (union.length > max) {
    const text = `${call}: expected at most ${max} labels, got more.`;
    throw new GlassineError("snapshot_limit", text, { call });
  }
  return withField(edit, "labels", union);
}

/** Reads labels into a set. A string that is a valid label need not be read. */
function readLabels(edit: Editing, labels: string | readonly string[]): readonly string[] {
  if (typeof labels !== "string") return stringsOf(readPart(edit, edit.target, labels));
  const list = [labels];
  const isRead = isLabel(labels, fieldLimits.labelCodePoints);
  return isRead ? list : stringsOf(readPart(edit, edit.target, list));
}

function stringsOf(set: unknown): readonly string[] {
  return isArray(set) ? set : [];
}

export function labelIn(extensions: object, label: string): boolean {
  const call = "hasLabel";
  expectExtensions(extensions, call);
  if (typeof label !== "string") {
    throw new GlassineError("label_invalid", `${call} expects a label that is a string.`, { call });
  }
  return includes(stringsOf(valueAt(extensions, ["security", "labels"])), label);
}

export function appendHopTo(extensions: object, hop: unknown, more?: unknown): Slots {
  refuseMore(more, "appendHop", "one hop", "Call it once for each.");
  const edit = editing(extensions, "delegation", undefined, "appendHop");
  const { slot, current } = edit;
  // The standard `delegation` grows.
  const field = slot.grows as Node;
  const list = readPart(edit, field, concat<unknown>(stringsOf(current[field.key]), [hop]));
  const growing = { current: edit.extensions.delegation, list: stringsOf(list), proposed: current };
  return edited(edit, freeze(grownLevel(slot, growing)));
}

export function setCustomOf(extensions: object, key: unknown, value: unknown): Slots {
  // Any other key would be converted to a string repeatedly, perhaps to a different one each time.
  if (typeof key !== "string") {
    const text = "setCustom: expected a key that is a string, got another value.";
    throw new GlassineError("snapshot_key", text, { call: "setCustom" });
  }
  const edit = editing(extensions, "custom", undefined, "setCustom");
  if (value === undefined && !hasOwn(edit.current, key)) return edit.extensions;
  const next = copiedMap(edit.current);
  if (value === undefined) delete next[key];
  else next[key] = value;
  const map = readPart(edit, edit.slot, next);
  return map === edit.extensions.custom || !isLevel(map) ? edit.extensions : edited(edit, map);
}

export function headerOf(extensions: object, name: string): string | undefined {
  const call = "getHeader";
  expectExtensions(extensions, call);
  if (typeof name !== "string") {
    const text = `${call} expects a name that is a string.`;
    throw new GlassineError("header_invalid", text, { call });
  }
  return findHeader(ownValue(extensions, "http"), name);
}

export function setHeaderOf(extensions: object, name: string, value: string): Slots {
  return putHeader("setHeader", extensions, name, value);
}

export function removeHeaderOf(extensions: object, name: string): Slots {
  return putHeader("removeHeader", extensions, name, undefined);
}

/**
 * Sets or removes a header wherever it is: in both maps, because the receiver may read either. A
 * map keeps the first spelling that it has, and no other. A header that is in neither map is added
 * to the one that the document uses.
 */
function putHeader(
  call: "setHeader" | "removeHeader",
  extensions: object,
  name: string,
  value: string | undefined,
): Slots {
  const edit = editing(extensions, "http", undefined, call);
  const lacksValue = typeof value !== "string" && call === "setHeader";
  if (typeof name !== "string" || lacksValue) {
    const more = lacksValue ? ` and ${typeName(value)}; to remove one, use removeHeader` : "";
    const text = `${call} expects strings, got ${typeName(name)}${more}.`;
    throw new GlassineError("header_invalid", text, { call });
  }
  const lower = toLowerAscii(name);
  const fault = edit.brand.kind.mask === undefined ? undefined : headerFault(name, value, lower);
  if (fault !== undefined) {
    const text = `${call} may not write the header ${quoted(name)}, or its value is malformed.`;
    throw new GlassineError(fault, text, { call });
  }
  const { headers, request_headers: newer } = edit.current;
  const isThere = (map: unknown) => spellingOf(map, lower) !== undefined;
  const isAnywhere = isThere(headers) || isThere(newer);
  if (!isAnywhere && value === undefined) return edit.extensions;
  const used = newer === undefined || namesOf(headers).length > 0 ? "headers" : "request_headers";
  const level: Record<string, unknown> = { ...edit.current };
  let isChanged = false;
  forEach(headerMaps, (field) => {
    const before = edit.current[field];
    if (isAnywhere ? !isThere(before) : field !== used) return;
    const next = withHeader(before, name, value, lower);
    // Refuses to add `__proto__`, as in a plugin's own map.
    const origin = lower === "__proto__" ? "plugin" : "parsed";
    level[field] = readPart(edit, edit.slot.byKey[field] as Node, next, origin);
    if (level[field] !== before) isChanged = true;
  });
  return isChanged ? edited(edit, freeze(level)) : edit.extensions;
}

/** Returns all headers, with this one in its first place, at the end if new, or removed. */
function withHeader(map: unknown, name: string, value: string | undefined, lower: string): object {
  const names = namesOf(map);
  const next = newMap(names.length);
  let isWritten = value === undefined;
  forEach(names, (key) => {
    if (!isNamed(key, lower)) next[key] = ownValue(map, key);
    else if (!isWritten) {
      next[key] = value;
      isWritten = true;
    }
  });
  if (!isWritten) next[name] = value;
  return next;
}
