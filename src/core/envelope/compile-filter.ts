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
import type { CompiledSlots, Node } from "../slots/index.ts";
import { brandOf, countedBrand, notCounted, type Slots, seal, viewKind } from "./brand.ts";

const { freeze, hasOwn, isArray, mapGet, mapSet, newArray, weakGet, weakSet } = intrinsics;

/** Cuts an envelope to what one grant shows. */
export type Filter = (extensions: Slots) => Slots;

type Cut = (value: unknown) => unknown;
type Cuts = readonly Cut[];

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
  const kind = viewKind(slots, mask);
  let brand = countedBrand(kind, notCounted);
  const cuts = compileCuts(slots.nodes, mask);
  const { build, values } = slots.layout;
  return (extensions) => {
    // The same brand as long as views are cut from envelopes of one size.
    const from = brandOf(extensions) ?? notCounted;
    if (from.nodes !== brand.nodes || from.units !== brand.units) brand = countedBrand(kind, from);
    return seal(build(cutEach(cuts, values(extensions))), brand);
  };
}

/** How each of these nodes is shown. */
function compileCuts(nodes: readonly Node[], mask: number): Cuts {
  return mapped(nodes, (node) => (isOpenSet(node, mask) ? orEmpty : compileCut(node, mask)));
}

/** How a node is shown. */
function compileCut(node: Node, mask: number): Cut {
  if (node.open !== 0 && (node.open & mask) === 0) return hidden;
  if (!node.mixed) return shared;
  const cuts = compileCuts(node.fields, mask);
  const { build, values } = node.layout;
  const always = cutEach(cuts, newArray(cuts.length));
  const absent = isAnyThere(always) ? freeze(build(always)) : undefined;
  const isComplete = isWholeLevelOpen(node, cuts);
  return (value) => {
    if (value === undefined) return absent;
    if (isComplete) return value;
    const shown = cutEach(cuts, values(value as LevelValue));
    // A level with nothing visible in it looks like one that is not there.
    return saysMore(shown, always) ? freeze(build(shown)) : absent;
  };
}

/** Cuts the values of a level, in place. */
function cutEach(cuts: Cuts, values: unknown[]): unknown[] {
  for (let i = 0; i < cuts.length; i++) {
    const cut = cuts[i] as Cut;
    if (cut !== shared) values[i] = cut(values[i]);
  }
  return values;
}

/** Whether every value of a level is shown as it is, also where a set may be missing. */
function isWholeLevelOpen({ fields, compiled }: Node, cuts: Cuts): boolean {
  for (let i = 0; i < fields.length; i++) {
    const { mixed } = fields[i] as Node;
    const { optional } = (compiled.level as Level).fields[i] as Level["fields"][number];
    if (mixed || cuts[i] === hidden || (optional && cuts[i] === orEmpty)) return false;
  }
  return true;
}

function isAnyThere(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== undefined) return true;
  return false;
}

/** Whether a level that was cut says anything that it would not say if it were not there. */
function saysMore(shown: readonly unknown[], always: readonly unknown[]): boolean {
  for (let i = 0; i < shown.length; i++) {
    if (shown[i] !== always[i] && saysSomething(shown[i])) return true;
  }
  return false;
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
const hidden: Cut = () => undefined;
const shared: Cut = (value) => value;

/** Whether a visible part is there and says something. Looks at one key, never at all of them. */
function saysSomething(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== "object" || value === null) return true;
  if (isArray(value)) return value.length > 0;
  for (const key in value) if (hasOwn(value, key)) return true;
  return false;
}
