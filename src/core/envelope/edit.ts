/**
 * Copy-on-write edits of a view or envelope. What an edit returns is whole and checked, so
 * the merge does not read it again; what may be kept of it, the capabilities decide there.
 *
 * So an edit is part of the way from a plugin to the envelope, and whoever calls it may have
 * patched the realm for that very call: nothing here is found on a prototype or iterated.
 */
import {
  concat,
  extensionsLimits,
  includes,
  intrinsics,
  isLabel,
  type Limits,
  unionOf,
} from "../data/index.ts";
import { formatPath, GlassineError, quoted } from "../errors/index.ts";
import { admit, copyLevel, decisive, type LevelValue } from "../schema/index.ts";
import { defaultsOf, grownLevel, type Node, nodeByKey } from "../slots/index.ts";
import { brandOf, type EnvelopeBrand, editedBrand, type Slots, seal } from "./brand.ts";

const { enumerableKeys, freeze, newMap, ownValue } = intrinsics;

/** An edit under way: of which slot, and what is there. */
export interface Editing {
  readonly extensions: Slots;
  readonly slot: Node;
  readonly brand: EnvelopeBrand;
  readonly current: { readonly [field: string]: unknown };
}

/** Looks the slot up and makes sure that the view may write it. */
export function editing(
  extensions: object,
  slotName: string,
  field: string | undefined,
  call: string,
): Editing {
  const brand = brandOf(extensions);
  const slot = brand === undefined ? undefined : nodeByKey(brand.kind.slots.nodes, slotName);
  if (brand === undefined || slot === undefined) {
    throw new GlassineError(
      "edit_denied",
      `${call} expects extensions that this copy of the library made, with the slot ${quoted(slotName)}.`,
      { call },
    );
  }
  const target = (field === undefined ? undefined : nodeByKey(slot.fields, field)) ?? slot;
  const { slots, mask } = brand.kind;
  if (mask !== undefined && target.write !== 0 && (mask & target.write) === 0) {
    const needed = slots.capabilities.namesOf(target.write)[0];
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
    brand,
    current: current as Editing["current"],
  };
}

/** The extensions with the slot as it is now. */
export function edited({ extensions, slot, brand }: Editing, value: unknown): Slots {
  const next = copyLevel(brand.kind.slots.layout, extensions);
  next[slot.key] = value;
  return seal(next, editedBrand(brand, extensions, next));
}

/**
 * Reads the new value of one field: read once, checked, frozen. `parsed`: it was put together here,
 * of texts.
 */
export function readField(
  edit: Editing,
  field: string,
  value: unknown,
  call: string,
  origin: Reading["origin"] = "plugin",
): unknown {
  const node = nodeByKey(edit.slot.fields, field) as Node;
  const previous = edit.current[field];
  return readValue(node, value, { previous, call, limits: fieldLimits, origin });
}

// As deep as in the whole: a slot is one level down, its fields two.
const slotLimits: Limits = freeze({ ...extensionsLimits, depth: extensionsLimits.depth - 1 });
const fieldLimits: Limits = freeze({
  ...extensionsLimits,
  depth: extensionsLimits.depth - 2,
});

interface Reading {
  readonly previous: unknown;
  readonly call: string;
  readonly limits: Limits;
  readonly origin: "plugin" | "parsed";
}

function readValue(node: Node, value: unknown, reading: Reading): unknown {
  const { previous, call, limits, origin } = reading;
  const admitted = admit(node.compiled, value, {
    origin,
    limits,
    shapeCode: "extensions_shape",
    strict: true,
    previous,
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
  const call = "addLabels";
  const edit = editing(extensions, "security", "labels", call);
  const shown = (edit.current.labels ?? []) as readonly string[];
  const added = (
    typeof labels === "string" ? oneLabel(edit, labels) : readField(edit, "labels", labels, call)
  ) as readonly string[];
  const union = unionOf(shown, added, shown);
  if (union === shown) return edit.extensions;
  const max = extensionsLimits.labels;
  if (union.length > max) {
    const text = `${call}: expected at most ${max} labels, got more.`;
    throw new GlassineError("snapshot_limit", text, { call });
  }
  const level = copyLevel(edit.slot.layout, edit.current);
  level.labels = union;
  return edited(edit, freeze(level));
}

/** A set of one label. Anything else is read for what is wrong with it. */
function oneLabel(edit: Editing, label: string): unknown {
  const list = [label];
  const isOne = isLabel(label, fieldLimits.labelCodePoints);
  return isOne ? list : readField(edit, "labels", list, "addLabels");
}

export function appendHopTo(extensions: object, hop: unknown): Slots {
  const edit = editing(extensions, "delegation", undefined, "appendHop");
  const field = edit.slot.grows ?? "chain";
  const shown = (edit.current[field] ?? []) as readonly unknown[];
  const list = readField(edit, field, concat(shown, [hop]), "appendHop") as readonly unknown[];
  const current = edit.extensions.delegation as Editing["current"] | undefined;
  return edited(edit, freeze(grownLevel(edit.slot, { current, list, proposed: edit.current })));
}

export function setCustomOf(extensions: object, key: unknown, value: unknown): Slots {
  // Any other would be turned into a text time and again, each time into another one.
  if (typeof key !== "string") {
    const text = "setCustom: expected a key that is a text, got another value.";
    throw new GlassineError("snapshot_key", text, { call: "setCustom" });
  }
  const edit = editing(extensions, "custom", undefined, "setCustom");
  const shown = edit.extensions.custom as Readonly<Record<string, unknown>> | undefined;
  const keys = enumerableKeys(edit.current);
  const next = newMap(keys.length);
  for (let i = 0; i < keys.length; i++) next[keys[i] as string] = edit.current[keys[i] as string];
  if (value === undefined) delete next[key];
  else next[key] = value;
  const reading = {
    previous: shown,
    call: "setCustom",
    limits: slotLimits,
    origin: "plugin",
  } as const;
  const map = readValue(edit.slot, next, reading) as LevelValue;
  return map === shown ? edit.extensions : edited(edit, map);
}

export function labelIn(extensions: object, label: string): boolean {
  const labels = ownValue(ownValue(extensions, "security"), "labels") as
    | readonly string[]
    | undefined;
  return labels !== undefined && includes(labels, label);
}
