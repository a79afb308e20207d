/**
 * Filters, compiled once per grant.
 *
 * A view starts from nothing and gets what the grant opens. Only levels in which something is
 * withheld are built anew; a slot that is wholly open is shared. Nothing here looks into a
 * slot further than its gated fields, so hidden data has no influence, not even on time.
 *
 * A filter is kept for its grant, and it may be a plugin that asks first, in a realm that it has
 * patched for that: so compiling, too, calls nothing that is found on a prototype, which would
 * hand the slot table out besides.
 */
import { intrinsics, mapped } from "../data/index.ts";
import type { Level, LevelValue } from "../schema/index.ts";
import { type CompiledSlots, type Node, type ViewLayout, viewLayouts } from "../slots/index.ts";
import { brandOf, countedBrand, newEnvelopeKind, type Slots, seal } from "./brand.ts";

const {
  append,
  create,
  freeze,
  hasOwn,
  isArray,
  mapGet,
  mapSet,
  newList,
  toArray,
  weakGet,
  weakSet,
} = intrinsics;

/** Cuts an envelope to what one grant shows. */
export type Filter = (extensions: Slots) => Slots;

type Cut = (value: unknown) => unknown;
type Cuts = readonly (Cut | undefined)[];
type LevelField = Level["fields"][number];
interface Shown {
  readonly key: string;
  readonly cut: Cut;
}

/** By mask. */
type Filters = Map<number, Filter>;
const filters = new WeakMap<CompiledSlots, Filters>();
const MapAtLoad = Map;
/** Those asked for last. Most processes have one host, and a weak key takes long to look up. */
let last: { readonly slots: CompiledSlots; readonly filters: Filters } | undefined;

/** The filter of a closed mask. */
export function filterFor(slots: CompiledSlots, mask: number): Filter {
  if (last?.slots !== slots) last = { slots, filters: filtersOf(slots) };
  let filter = mapGet(last.filters, mask);
  if (filter === undefined) {
    filter = compileFilter(slots, mask);
    mapSet(last.filters, mask, filter);
  }
  return filter;
}

function filtersOf(slots: CompiledSlots): Filters {
  let ofHost = weakGet(filters, slots);
  if (ofHost === undefined) {
    ofHost = new MapAtLoad();
    weakSet(filters, slots, ofHost);
  }
  return ofHost;
}

function compileFilter(slots: CompiledSlots, mask: number): Filter {
  const kind = newEnvelopeKind(slots, mask);
  let brand = kind.uncounted;
  const cuts = compileCuts(slots.nodes, mask);
  const build = compileLevelCut("", slots.nodes, cuts, slots.envelope.level.template);
  return (extensions) => {
    // The same brand as long as views are cut from envelopes of one size.
    const from = brandOf(extensions) ?? kind.uncounted;
    if (from.nodes !== brand.nodes || from.units !== brand.units) brand = countedBrand(kind, from);
    return seal(build(extensions), brand);
  };
}

/** How each of these nodes is shown. */
function compileCuts(nodes: readonly Node[], mask: number): Cuts {
  return mapped(nodes, (node) => (isOpenSet(node, mask) ? orEmpty : compileCut(node, mask)));
}

/** How a node is shown, or `undefined` when it is hidden. */
function compileCut(node: Node, mask: number): Cut | undefined {
  if (node.open !== 0 && (node.open & mask) === 0) return undefined;
  if (!node.mixed) return (value) => value;
  const cuts = compileCuts(node.fields, mask);
  const shown = shownOf(node.fields, cuts);
  const { template, fields } = node.compiled.level as Level;
  const always = alwaysThere(shown);
  const absent = always === undefined ? undefined : freeze({ ...template, ...always });
  const complete =
    shown.length === node.fields.length && !isAnyMixed(node.fields) && !isAnyEmptied(cuts, fields);
  const build = compileLevelCut(node.path, node.fields, cuts, template);
  const says = compileSays(shapeOf(node.path, node.fields), shown, absent);
  return (value) => {
    if (value === undefined) return absent;
    if (complete) return value;
    const level = build(value as LevelValue);
    // A level with nothing visible in it looks like one that is not there.
    return says(level) ? freeze(level) : absent;
  };
}

function shownOf(fields: readonly Node[], cuts: Cuts): readonly Shown[] {
  const shown = newList<Shown>();
  for (let i = 0; i < fields.length; i++) {
    const { key } = fields[i] as Node;
    const cut = cuts[i];
    if (cut !== undefined) append(shown, { key, cut });
  }
  return toArray(shown);
}

function isAnyMixed(fields: readonly Node[]): boolean {
  for (let i = 0; i < fields.length; i++) if ((fields[i] as Node).mixed) return true;
  return false;
}

/** Whether a set may be missing that is shown as an empty one then. */
function isAnyEmptied(cuts: Cuts, fields: readonly LevelField[]): boolean {
  for (let i = 0; i < cuts.length; i++) {
    if ((fields[i] as LevelField).optional && cuts[i] === orEmpty) return true;
  }
  return false;
}

/** Whether a level that was cut says anything that it would not say if it were not there. */
function compileSays(
  shape: ViewLayout | undefined,
  shown: readonly Shown[],
  absent: LevelValue | undefined,
): (level: LevelValue) => boolean {
  if (shape !== undefined) {
    const { any, partOf } = shape;
    const absentPart = absent === undefined ? undefined : partOf(absent);
    return (level) => any(level, saysSomething) || partOf(level) !== absentPart;
  }
  return (level) => {
    for (let i = 0; i < shown.length; i++) {
      const { key } = shown[i] as Shown;
      if (level[key] !== absent?.[key] && saysSomething(level[key])) return true;
    }
    return false;
  };
}

type BuildLevel = (from: LevelValue) => LevelValue;

/**
 * Builds a level from what is open in it. The standard levels have a generated constructor; a
 * host's own are built key by key, and a test holds both to the same outcome.
 */
function compileLevelCut(
  path: string,
  fields: readonly Node[],
  cuts: Cuts,
  template: LevelValue,
): BuildLevel {
  const shape = shapeOf(path, fields);
  return shape === undefined
    ? buildByKey(fields, cuts, template)
    : buildByShape(shape, fields, cuts);
}

function shapeOf(path: string, fields: readonly Node[]): ViewLayout | undefined {
  const shape = hasOwn(viewLayouts, path) ? viewLayouts[path] : undefined;
  if (shape === undefined || shape.keys.length !== fields.length) return undefined;
  for (let i = 0; i < fields.length; i++) {
    if (shape.keys[i] !== (fields[i] as Node).key) return undefined;
  }
  return shape;
}

function buildByShape(
  { build, part, partOf }: ViewLayout,
  fields: readonly Node[],
  cuts: Cuts,
): BuildLevel {
  const on = mapped(cuts, (cut) => cut !== undefined);
  let cutPart: Cut | undefined;
  for (let i = 0; i < fields.length; i++) {
    if ((fields[i] as Node).key === part) cutPart = cuts[i];
  }
  return (from) => build(from, on, cutPart === undefined ? undefined : cutPart(partOf(from)));
}

function buildByKey(fields: readonly Node[], cuts: Cuts, template: LevelValue): BuildLevel {
  return (from) => {
    const level: Record<string, unknown> = { ...template };
    for (let i = 0; i < fields.length; i++) {
      const { key } = fields[i] as Node;
      const cut = cuts[i];
      if (cut !== undefined) level[key] = cut(from[key]);
    }
    return level;
  };
}

/**
 * Open growing sets are there even when they, or the level they are in, are not: a plugin can
 * always read them, and cannot tell from them whether the level is there.
 */
function isOpenSet(node: Node, mask: number): boolean {
  const isSet = node.tier === "monotonic" && node.compiled.shape === "set";
  return isSet && (node.open & mask) !== 0;
}

const empty: readonly never[] = freeze([]);
const orEmpty: Cut = (value) => value ?? empty;

/** What is shown of a level that is not there. */
function alwaysThere(shown: readonly Shown[]): LevelValue | undefined {
  let level: Record<string, unknown> | undefined;
  for (let i = 0; i < shown.length; i++) {
    const { key, cut } = shown[i] as Shown;
    const part = cut(undefined);
    if (part === undefined) continue;
    level ??= create(null) as Record<string, unknown>;
    level[key] = part;
  }
  return level;
}

/** Whether a visible part is there and says something. Looks at one key, never at all of them. */
function saysSomething(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== "object" || value === null) return true;
  if (isArray(value)) return value.length > 0;
  for (const key in value) if (hasOwn(value, key)) return true;
  return false;
}
