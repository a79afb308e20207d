/**
 * Folds what a plugin returned into the envelope as it is now.
 *
 * It applies the difference between what the plugin was shown and what it proposes, so what it could
 * not see, or what changed meanwhile, stays; a set becomes the union of both. Each tier has one rule.
 */
import {
  type Admitted,
  addGrowth,
  addSize,
  admit,
  decisive,
  extensionsLimits,
  hasAll,
  type Limits,
  outgrown,
  type Reader,
  type Size,
  unionOf,
} from "../data/index.ts";
import {
  append,
  beginsWith,
  concat,
  enumerableKeys,
  forEach,
  freeze,
  getPrototypeOf,
  isArray,
  newList,
  some,
  toArray,
} from "../data/intrinsics.ts";
import { type ErrorCode, type GlassineError, ownErrorCode, type Problem } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import {
  type CompiledSlots,
  defaultsOf,
  grownLevel,
  type Node,
  type Tier,
} from "../slots/index.ts";
import { brandOf, filterFor, isLevel, type Slots, sealAfter, sizeOf } from "./filter.ts";
import { mergeHeaders, mergeMap } from "./maps.ts";
import {
  type Change,
  type MergeState,
  type Refusal,
  type Rejection,
  refuse,
  reject,
} from "./merge-state.ts";

/** Each is given: what is left out would be looked up on a prototype. */
export interface MergeInput {
  readonly slots: CompiledSlots;
  /** What came back; hostile. */
  readonly returned: unknown;
  /** The same, where it was read before it is merged. */
  readonly proposal: Proposal | undefined;
  /** The very view the plugin was given. */
  readonly view: Slots;
  /** The grant, as a closed mask. */
  readonly mask: number;
  readonly strict: boolean;
  readonly growOnly: boolean;
  readonly limits: Limits;
}

export type MergeOutcome =
  | {
      readonly ok: true;
      readonly extensions: Slots;
      /** The paths of what changed, in the order of the table. */
      readonly changed: readonly string[];
      readonly rejections: readonly Rejection[];
    }
  | { readonly ok: false; readonly refusal: Refusal };

const none: readonly never[] = freeze([]);

/** What came back, read. Without slots where nothing did, or the view itself. */
export type Proposal =
  | { readonly ok: true; readonly slots: Slots | undefined }
  | { readonly ok: false; readonly refusal: Refusal };

const nothingProposed: Proposal = freeze({ ok: true, slots: undefined });

/** Never throws for any returned value; a stack overflow passes. */
export function readProposal({ slots, returned, view, limits }: MergeInput): Proposal {
  if (returned === undefined || returned === null || returned === view) return nothingProposed;
  // What a helper made of this very view was read and checked there, by the default limits;
  // authority is decided by the merge.
  if (brandOf(returned)?.editOf === view && limits === extensionsLimits) {
    return { ok: true, slots: returned as Slots };
  }
  const admitted = readOf(slots.envelope.read, returned, view, limits);
  if (admitted.ok) return { ok: true, slots: admitted.value as Slots };
  return { ok: false, refusal: refusalOf(slots, decisive(admitted.problems)) };
}

/** The same. Nothing is applied in part. `current`: the envelope as it is now. */
export function merge(current: Slots, input: MergeInput): MergeOutcome {
  const proposal = input.proposal ?? readProposal(input);
  if (!proposal.ok) return proposal;
  if (proposal.slots === undefined) {
    return { ok: true, extensions: current, changed: none, rejections: none };
  }
  return mergeSlots(current, input, proposal.slots);
}

/** Reads what a plugin wrote. What it leaves out of a level stays as in `previous`. */
function readOf(read: Reader, value: unknown, previous: unknown, limits: Limits): Admitted {
  const shapeCode = "extensions_shape";
  const options = { origin: "plugin", limits, shapeCode, strict: true } as const;
  return admit(read, value, options, previous, "partial");
}

/** Slot by slot, from what is there now. */
function mergeSlots(current: Slots, input: MergeInput, proposal: Slots): MergeOutcome {
  const { slots, view, mask, strict, growOnly, limits } = input;
  const state: MergeState = {
    mask,
    strict,
    growOnly,
    limits,
    rejections: none,
    refusal: undefined,
    changed: none,
    addedByOthers: { nodes: 0, units: 0 },
    growth: { nodes: 0, units: 0 },
  };
  const next = slots.take(current, slots.whole);
  let firstChanged: Node | undefined;
  for (let i = 0; i < slots.nodes.length; i++) {
    const node = slots.nodes[i] as Node;
    const { key } = node;
    if (proposal[key] === view[key]) continue;
    const before = current[key];
    const change = { current: before, shown: view[key], proposed: proposal[key] };
    const part = mergeNode(state, node, change);
    if (part === before) continue;
    noteChange(state, node, before, part);
    next[key] = part;
    firstChanged ??= node;
  }
  let extensions = current;
  if (firstChanged !== undefined) {
    extensions = sealAfter(slots, current, next, state.growth);
    refuseOversize(state, input, current, extensions, firstChanged);
  }
  if (state.refusal !== undefined) return { ok: false, refusal: state.refusal };
  const { changed, rejections } = state;
  return { ok: true, extensions, changed: freeze(changed), rejections: freeze(rejections) };
}

type MergeRule = (state: MergeState, node: Node, change: Change) => unknown;

/** What will be at a node that is not proposed as shown. `current` itself when nothing is taken. */
function mergeNode(state: MergeState, node: Node, change: Change): unknown {
  if (change.proposed === undefined) return change.current;
  if (node.tier === "immutable" && node.changeable) return mergeLevel(state, node, change);
  return rules[node.tier](state, node, change);
}

const rules = {
  immutable: (state, node, change) => ignore(state, node, change, "tier_immutable"),
  monotonic: (state, node, change) => {
    const fault = writeFault(state, node);
    if (fault !== undefined) return ignore(state, node, change, fault);
    const grow = node.grows === undefined ? mergeSet : mergeGrowingLevel;
    return whole(state, node, change, grow(state, node, change));
  },
  mutable: (state, node, change) => {
    const fault = mutableFault(state, node);
    if (fault !== undefined && !mayWriteInside(state, node)) {
      return ignore(state, node, change, fault);
    }
    const { shape } = node.compiled;
    if (shape === "level") return mergeLevel(state, node, change);
    if (shape === "headers") return whole(state, node, change, mergeHeaders(state, node, change));
    return shape === "map" ? whole(state, node, change, mergeMap(state, change)) : change.proposed;
  },
} satisfies Record<Tier, MergeRule>;

function writeFault(state: MergeState, node: Node): Ignored | undefined {
  return node.write === 0 || (node.write & state.mask) !== 0 ? undefined : "capability_missing";
}

function mutableFault(state: MergeState, node: Node): Ignored | undefined {
  return state.growOnly ? "mode_denied" : writeFault(state, node);
}

/** Whether a field says for itself that this plugin may write it. */
function mayWriteInside(state: MergeState, node: Node): boolean {
  return some(node.fields, (field) => {
    const mayHere = state.growOnly ? field.tier === "monotonic" : field.tier !== "immutable";
    if (mayHere && writeFault(state, field) === undefined) return true;
    return mayWriteInside(state, field);
  });
}

const reasons = {
  tier_immutable: "It never changes.",
  capability_missing: "The capability that writes it is not granted.",
  mode_denied: "The plugin's mode may not change it.",
} satisfies Partial<Record<ErrorCode, string>>;
type Ignored = keyof typeof reasons;

/** Leaves a node as it is and says so, unless the proposal says nothing either. */
function ignore(state: MergeState, node: Node, change: Change, code: Ignored): unknown {
  if (change.shown === undefined && saysNothing(change.proposed)) return change.current;
  reject(state, freeze({ path: node.path, code, reason: reasons[code] }));
  if (state.strict) refuse(state, node, code, reasons[code]);
  return change.current;
}

/**
 * Empty containers all the way down: what a hidden or absent part looks like when spread. The keys
 * of a map are data, so it says something with the first of them.
 */
function saysNothing(value: unknown): boolean {
  if (!isLevel(value)) return value === undefined;
  const keys = enumerableKeys(value);
  if (isArray(value) || getPrototypeOf(value) === null) return keys.length === 0;
  return !some(keys, (key) => !saysNothing(value[key]));
}

/** Field by field, from what is there now. */
function mergeLevel(state: MergeState, node: Node, change: Change): unknown {
  // Its schema read each of them that is there.
  const { current, shown, proposed } = change as Change<LevelValue>;
  const before = current ?? defaultsOf(node);
  const next = node.take(before, node.whole);
  // A level that is free to change exists once it is proposed, even empty.
  let changed =
    current === undefined && node.tier === "mutable" && mutableFault(state, node) === undefined;
  for (let i = 0; i < node.fields.length; i++) {
    const field = node.fields[i] as Node;
    const { key } = field;
    const wanted = proposed[key];
    if (shown !== undefined && wanted === shown[key]) continue;
    if (!field.changeable && shown === undefined && isLent(node, field, wanted)) continue;
    const was = before[key];
    const part = mergeNode(state, field, { current: was, shown: shown?.[key], proposed: wanted });
    if (part === was) continue;
    if (node.tier === "immutable") {
      if (current !== undefined) noteChange(state, field, was, part);
      // Nobody changed an empty part that its level was created with.
      else if (!saysNothing(part)) notePath(state, field);
    }
    next[key] = part;
    changed = true;
  }
  return changed ? whole(state, node, change, freeze(next)) : current;
}

/** Whether a field of a level that was not shown holds what `amend` lends one with. */
function isLent(node: Node, { key }: Node, proposed: unknown): boolean {
  return proposed === defaultsOf(node)[key];
}

/** What was put together must be a whole that the schema accepts. */
function whole(state: MergeState, node: Node, { current }: Change, next: unknown): unknown {
  if (next === current) return next;
  // Only a level has fields that must be there.
  const missing = missingField(node, next as LevelValue);
  if (missing !== undefined) {
    refuse(state, missing, "extensions_shape", "A field that must be there is missing.");
  } else if (node.compiled.passes?.(next) === false) {
    refuse(state, node, "extensions_shape", "The whole does not pass its schema's own check.");
  }
  return next;
}

function missingField({ required }: Node, level: LevelValue): Node | undefined {
  for (let i = 0; i < required.length; i++) {
    const field = required[i] as Node;
    if (level[field.key] === undefined) return field;
  }
  return undefined;
}

type List = readonly unknown[];
type Strings = readonly string[];

/** A set takes what is new. A plugin that leaves out what it was shown is refused. */
function mergeSet(state: MergeState, node: Node, change: Change): unknown {
  const next = grownSet(change);
  if (next === undefined) {
    refuse(state, node, "tier_monotonic", "Something that was shown is missing. It may only grow.");
    return change.current;
  }
  if (next !== change.current) checkJoined(state, node, change, next);
  return next;
}

/** A level whose list or set takes what is new. What follows from that is computed again. */
function mergeGrowingLevel(state: MergeState, node: Node, change: Change): unknown {
  // A table is refused in which a level grows by what is no field of it.
  const field = node.grows as Node;
  const { key } = field;
  // Its schema read each of them that is there.
  const { current, shown, proposed } = change as Change<LevelValue>;
  const part = { current: current?.[key], shown: shown?.[key], proposed: proposed[key] ?? none };
  const list = field.compiled.shape === "set" ? grownSet(part) : grownList(part);
  if (list === undefined) {
    const reason = "What was shown is not the beginning of what came back. It may only grow.";
    refuse(state, node, "tier_monotonic", reason);
    return current;
  }
  const isGrown = list !== (part.current ?? none);
  if (isGrown) checkJoined(state, field, part, list);
  let next: Record<string, unknown>;
  try {
    next = grownLevel(node, { current, list, proposed });
  } catch (error) {
    // The stack may have ended.
    if (ownErrorCode(error) !== "slot_invalid") throw error;
    const { message, cause } = error as GlassineError;
    refuse(state, node, "slot_invalid", message, cause);
    return current;
  }
  forEach(node.fields, (other) => {
    const given = proposed[other.key];
    if (other === field || given === shown?.[other.key]) return;
    // Bookkeeping that agrees with what is derived is not an attempt to change anything.
    if (given === next[other.key]) return;
    if (shown === undefined && isLent(node, other, given)) return;
    const attempt = { current: undefined, shown: shown?.[other.key], proposed: given };
    ignore(state, other, attempt, "tier_immutable");
  });
  return current === undefined || isGrown ? freeze(next) : current;
}

/**
 * The union of what is there now, which others may have added to since it was shown, and of what is
 * proposed; `undefined` where something that was shown is missing. If nobody added anything, that is
 * the proposal, or the very set that was shown if it is as long.
 */
function grownSet(change: Change): Strings | undefined {
  // The schema has checked that each is a set of strings, where there is one.
  const { current, shown = none, proposed } = change as Change<Strings>;
  if (!hasAll(proposed, shown)) return undefined;
  if (current !== undefined && current !== shown) return unionOf(current, proposed);
  return proposed.length === shown.length ? shown : proposed;
}

/** The list as it will be; `undefined` where something that was shown is missing. */
function grownList(change: Change): List | undefined {
  // The schema of the list read each of them that is there.
  const { current = none, shown = none, proposed } = change as Change<List>;
  // What is read returns the shown item where a copy says the same, so identity decides.
  if (!beginsWith(proposed, shown)) return undefined;
  if (proposed.length === shown.length) return current;
  return current === shown ? proposed : freeze(concat(current, proposed, shown.length));
}

/** Checks what has grown as a whole, including what others added, and counts that. */
function checkJoined(state: MergeState, node: Node, change: Change, next: List): void {
  // The schema of the set or list read each of them that is there.
  const { current, shown, proposed } = change as Change<List>;
  if (current === shown) return;
  // What came back was read as a whole.
  if (next.length !== proposed.length) {
    const problem = problemOf(node, next, state.limits);
    if (problem !== undefined) {
      const { code, expected, received } = problem;
      const reason = `Expected ${expected} together with what was there, got ${received}.`;
      refuse(state, node, code, reason);
    }
  }
  // Where there is none yet, the plugin was shown one that is empty.
  addGrowth(state.addedByOthers, shown, current ?? shown);
}

/**
 * What is wrong with a set or list that was put together, such as its length: its elements were read
 * before, but never as one.
 */
function problemOf(node: Node, joined: List, limits: Limits): Problem | undefined {
  // A list that only zod can read is read as a whole; of any other each element was read already.
  const previous = node.compiled.element === undefined ? undefined : joined;
  const read = readOf(node.compiled.read, concat(joined), previous, limits);
  return read.ok ? undefined : decisive(read.problems);
}

/** Notes a change that is taken. Of a level of mixed tiers, each field was noted by itself. */
function noteChange(state: MergeState, node: Node, before: unknown, after: unknown): void {
  notePath(state, node);
  if (node.tier !== "immutable" || before === undefined) addGrowth(state.growth, before, after);
}

/** Notes what changed, and nothing of its size. */
function notePath(state: MergeState, { tier, path }: Node): void {
  if (tier === "immutable") return;
  state.changed = concat(state.changed, [path]);
}

/**
 * Refuses what is over a limit as a whole: what the plugin was shown, what it sees more once the
 * merge is done, and what others added to what grows. Whatever it cannot see is on both sides of
 * that difference, so that no hidden part counts. `changed`: the first slot that did.
 */
function refuseOversize(
  state: MergeState,
  { slots, view }: MergeInput,
  current: Slots,
  next: Slots,
  changed: Node,
): void {
  if (fitsEasily(state, slots, view)) return;
  const filter = filterFor(slots, state.mask);
  const before = filter(current);
  const after = filter(next);
  // The envelope itself is one value.
  const whole: Size = { nodes: 1, units: 0 };
  const grown: Size = { nodes: state.addedByOthers.nodes, units: state.addedByOthers.units };
  forEach(slots.names, (name) => {
    addSize(whole, view[name]);
    addGrowth(grown, before[name], after[name]);
  });
  whole.nodes += grown.nodes;
  whole.units += grown.units;
  const expected = outgrown(whole, grown, state.limits);
  if (expected === undefined) return;
  const reason = `Expected ${expected} together with what was there, got more.`;
  refuse(state, changed, "snapshot_limit", reason);
}

/**
 * Whether it would fit if the plugin had been shown all of what its view was cut from, and saw all
 * of what has come: then nothing has to be filtered. So how near the whole is to a limit can be
 * observed in the time taken, and in nothing else (docs/guarantees.md, N3).
 */
function fitsEasily(
  { addedByOthers, growth, limits }: MergeState,
  slots: CompiledSlots,
  view: Slots,
): boolean {
  const shown = sizeOf(slots, view);
  const nodes = shown.nodes + addedByOthers.nodes + growth.nodes;
  const units = shown.units + addedByOthers.units + growth.units;
  // A view shows empty sets and levels where there are none: at most one for each part. As many
  // can come into sight with what has come, where the view was cut under another grant.
  return nodes + 2 * slots.parts < limits.nodes && units <= limits.units;
}

/** The path of known names only: what a plugin made up is not repeated. */
function refusalOf(slots: CompiledSlots, problem: Problem): Refusal {
  let path = "(extensions)";
  let known = slots.byKey;
  for (let i = 0; i < problem.path.length; i++) {
    const found = known[problem.path[i] as string];
    if (found === undefined) break;
    path = found.path;
    known = found.byKey;
  }
  const reason = `Expected ${problem.expected}, got ${problem.received}.`;
  return { path, code: problem.code, reason, tier: undefined, cause: undefined };
}

const maxListed = 100;

/** The rejections of one result: of a flood the first, and how many more there were. */
export function listed(rejections: readonly Rejection[]): readonly Rejection[] {
  const more = rejections.length - maxListed;
  if (more <= 0) return rejections;
  const list = newList<Rejection>();
  forEach(rejections, (rejection) => {
    const { code } = rejection;
    if (list.length < maxListed) append(list, rejection);
    else if (list.length === maxListed) {
      const reason = `${more} more changes were not taken.`;
      append(list, freeze({ path: "(result)", code, reason }));
    }
  });
  return freeze(toArray(list));
}
