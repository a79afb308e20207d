/**
 * Merges what a plugin returned into the current envelope.
 *
 * It applies the difference between what the plugin was shown and what it proposes, so what it
 * could not see, or what changed meanwhile, stays; sets become unions. Each tier has one rule.
 */
import {
  type Admitted,
  addGrowth,
  addSize,
  admit,
  attempt,
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
  beginsWith,
  concat,
  enumerableKeys,
  forEach,
  freeze,
  getPrototypeOf,
  isArray,
  none,
  some,
} from "../data/intrinsics.ts";
import { type ErrorCode, ownErrorCode, type Problem } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import {
  type CompiledSlots,
  defaultsOf,
  grownLevel,
  type Node,
  type Tier,
} from "../slots/index.ts";
import { brandOf, filterFor, isLevel, type Slots, sealAfter, sizeOf } from "./filter.ts";
import { checkHops } from "./hops.ts";
import { mergeHeaders, mergeMap } from "./maps.ts";
import {
  type Change,
  type MergeState,
  type Refusal,
  type Rejection,
  refuse,
  reject,
} from "./merge-state.ts";

/** All are required: a missing one would be looked up on a prototype. */
export interface MergeInput {
  readonly slots: CompiledSlots;
  /** What the plugin returned; hostile. */
  readonly returned: unknown;
  /** The same, if it was read before the merge. */
  readonly proposal: Proposal | undefined;
  /** The very view the plugin was given. */
  readonly view: Slots;
  /** The grant, as a closed mask. */
  readonly mask: number;
  readonly strict: boolean;
  readonly growOnly: boolean;
  /** Whether the policies on appended hops apply. */
  readonly strictDelegation: boolean;
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

/** What the plugin returned, as read. No `slots` if that was nothing, or the view itself. */
export type Proposal =
  | { readonly ok: true; readonly slots: Slots | undefined }
  | { readonly ok: false; readonly refusal: Refusal };

const nothingProposed: Proposal = freeze({ ok: true, slots: undefined });

/** Reads what the plugin returned. No value makes it throw; only a stack overflow passes. */
export function readProposal({ slots, returned, view, limits }: MergeInput): Proposal {
  if (returned === undefined || returned === null || returned === view) return nothingProposed;
  // A helper's edit of this very view was read and checked there, under the default limits; the
  // merge decides what the plugin may change.
  if (brandOf(returned)?.editOf === view && limits === extensionsLimits) {
    return { ok: true, slots: returned as Slots };
  }
  const admitted = readOf(slots.envelope.read, returned, view, limits);
  if (admitted.ok) return { ok: true, slots: admitted.value as Slots };
  return { ok: false, refusal: refusalOf(slots, decisive(admitted.problems)) };
}

/**
 * Merges a proposal into the current envelope; if it is refused, nothing of it is applied. No
 * returned value makes this throw; only a stack overflow passes.
 */
export function merge(current: Slots, input: MergeInput): MergeOutcome {
  const proposal = input.proposal ?? readProposal(input);
  if (!proposal.ok) return proposal;
  if (proposal.slots === undefined) {
    return { ok: true, extensions: current, changed: none, rejections: none };
  }
  return mergeSlots(current, input, proposal.slots);
}

/** Reads a plugin's value. Fields that it leaves out of a level stay as in `previous`. */
function readOf(read: Reader, value: unknown, previous: unknown, limits: Limits): Admitted {
  const shapeCode = "extensions_shape";
  const options = { origin: "plugin", limits, shapeCode, strict: true } as const;
  return admit(read, value, options, previous, "partial");
}

/** Merges slot by slot, starting from the current envelope. */
function mergeSlots(current: Slots, input: MergeInput, proposal: Slots): MergeOutcome {
  const { slots, view, mask, strict, growOnly, strictDelegation, limits } = input;
  const state: MergeState = {
    mask,
    strict,
    growOnly,
    hopView: strictDelegation ? view : undefined,
    limits,
    rejections: none,
    refusal: undefined,
    changed: none,
    addedByOthers: { nodes: 0, units: 0 },
    growth: { nodes: 0, units: 0 },
  };
  const next = slots.take(current, slots.allOpen);
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

/** Merges a node that differs from what was shown. Returns `current` if nothing is applied. */
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
    return checkMerged(state, node, change, grow(state, node, change));
  },
  mutable: (state, node, change) => {
    const fault = mutableFault(state, node);
    if (fault !== undefined && !mayWriteInside(state, node)) {
      return ignore(state, node, change, fault);
    }
    const { shape } = node.compiled;
    if (shape === "level") return mergeLevel(state, node, change);
    if (shape === "headers")
      return checkMerged(state, node, change, mergeHeaders(state, node, change));
    if (shape === "map") return checkMerged(state, node, change, mergeMap(state, change));
    return change.proposed;
  },
} satisfies Record<Tier, MergeRule>;

function writeFault(state: MergeState, node: Node): Ignored | undefined {
  return node.write === 0 || (node.write & state.mask) !== 0 ? undefined : "capability_missing";
}

function mutableFault(state: MergeState, node: Node): Ignored | undefined {
  return state.growOnly ? "mode_denied" : writeFault(state, node);
}

/** Whether this plugin may write a node, or any field inside it. */
function mayWrite(state: MergeState, node: Node): boolean {
  const mayHere = state.growOnly ? node.tier === "monotonic" : node.tier !== "immutable";
  return (mayHere && writeFault(state, node) === undefined) || mayWriteInside(state, node);
}

function mayWriteInside(state: MergeState, { fields }: Node): boolean {
  return some(fields, (field) => mayWrite(state, field));
}

const reasons = {
  tier_immutable: "It never changes.",
  capability_missing: "The capability that writes it is not granted.",
  mode_denied: "A plugin in this mode may not change it.",
} satisfies Partial<Record<ErrorCode, string>>;
type Ignored = keyof typeof reasons;

/** Leaves a node as it is, and reports that unless the proposal adds nothing to what was shown. */
function ignore(state: MergeState, node: Node, change: Change, code: Ignored): unknown {
  if (addsNothing(change.shown, change.proposed)) return change.current;
  reject(state, freeze({ path: node.path, code, reason: reasons[code] }));
  if (state.strict) refuse(state, node, code, reasons[code]);
  return change.current;
}

/**
 * Whether a proposal is what was shown, with nothing but empty containers where nothing was: what a
 * hidden or absent part looks like when spread. A key of a map is data, so it counts.
 */
function addsNothing(shown: unknown, proposed: unknown): boolean {
  if (proposed === shown) return true;
  if (!isLevel(proposed)) return false;
  const keys = enumerableKeys(proposed);
  if (isArray(proposed) || getPrototypeOf(proposed) === null) {
    return shown === undefined && keys.length === 0;
  }
  if (shown !== undefined && !isLevel(shown)) return false;
  // A level has a key for each of its fields, present or not, so what was left out is seen here.
  return !some(keys, (key) => !addsNothing(shown?.[key], proposed[key]));
}

/** Merges field by field, starting from the current level. */
function mergeLevel(state: MergeState, node: Node, change: Change): unknown {
  // The schema has read each of these that is present.
  const { current, shown, proposed } = change as Change<LevelValue>;
  const next = node.take(current ?? newLevel(node), node.allOpen);
  const isWritten = node.tier === "mutable" && mutableFault(state, node) === undefined;
  const writes = (field: Node) => proposed[field.key] !== undefined && mayWrite(state, field);
  const mayCreate = shown === undefined && (isWritten || some(node.fields, writes));
  const { rejections } = state;
  let changed = false;
  for (let i = 0; i < node.fields.length; i++) {
    const field = node.fields[i] as Node;
    const { key } = field;
    const wanted = proposed[key];
    if (shown !== undefined && wanted === shown[key]) continue;
    if (mayCreate && !mayWrite(state, field) && wanted === newLevel(node)[key]) continue;
    // An absent level has no defaults yet, so whoever may write a field can propose its default.
    const was = current?.[key];
    const part = mergeNode(state, field, { current: was, shown: shown?.[key], proposed: wanted });
    if (part === was) continue;
    if (node.tier === "immutable") {
      if (current !== undefined) noteChange(state, field, was, part);
      // An empty part that was created along with its level is not a change.
      else if (!addsNothing(undefined, part)) notePath(state, field);
    }
    next[key] = part;
    changed = true;
  }
  // A mutable level exists once it is proposed, even if it is empty, unless all of it was ignored.
  changed ||= current === undefined && isWritten && rejections === state.rejections;
  return changed ? checkMerged(state, node, change, freeze(next)) : current;
}

/** An absent level as it will be if it is created; `amend` lends a slot in this form. */
function newLevel(node: Node): LevelValue {
  // The reader of the level made its default, if it has one of its own.
  return (node.fallback?.() as LevelValue | undefined) ?? defaultsOf(node);
}

/** Checks the merged value as a whole: its required fields and its schema's own check. */
function checkMerged(state: MergeState, node: Node, { current }: Change, next: unknown): unknown {
  if (next === current) return next;
  // Only a level has required fields.
  const missing = missingField(node, next as LevelValue);
  if (missing !== undefined) {
    refuse(state, missing, "extensions_shape", "A required field is missing.");
  } else if (node.compiled.passes?.(next) === false) {
    const reason = "The merged value does not pass its schema's own check.";
    refuse(state, node, "extensions_shape", reason);
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

const shrunk = "Something that was shown is missing. It may only grow.";

/** Adds new items to a set. A proposal without an item that was shown is refused. */
function mergeSet(state: MergeState, node: Node, change: Change): unknown {
  const next = grownSet(change);
  if (next === undefined) {
    refuse(state, node, "tier_monotonic", shrunk);
    return change.current;
  }
  // An optional set is not created empty.
  if (next.length === 0 && node.optional) return change.current;
  if (next !== change.current) checkJoined(state, node, change, next);
  return next;
}

/** Adds new items to the list or set of a growing level, and computes the derived fields again. */
function mergeGrowingLevel(state: MergeState, node: Node, change: Change): unknown {
  // The slot table was checked: `grows` names a field of the level.
  const field = node.grows as Node;
  const { key } = field;
  // The schema has read each of these that is present.
  const { current, shown, proposed } = change as Change<LevelValue>;
  const part = { current: current?.[key], shown: shown?.[key], proposed: proposed[key] ?? none };
  const isSet = field.compiled.shape === "set";
  const list = isSet ? grownSet(part) : grownList(part);
  if (list === undefined) {
    const reason = "The returned list does not begin with what was shown. It may only grow.";
    refuse(state, node, "tier_monotonic", isSet ? shrunk : reason);
    return current;
  }
  const before = (part.current ?? none) as List;
  const isGrown = list !== before;
  if (isGrown) {
    checkJoined(state, field, part, list);
    checkHops(state, field, list, before.length);
  }
  let next: Record<string, unknown>;
  try {
    next = grownLevel(node, { current, list, proposed });
  } catch (error) {
    // It may be a stack overflow.
    if (ownErrorCode(error) !== "slot_invalid") throw error;
    refuse(state, node, "slot_invalid", (error as Error).message, (error as Error).cause);
    return current;
  }
  const { rejections } = state;
  // What follows from the plugin's own list, if others have added to the list since it was shown.
  const derivedAlone = () =>
    attempt(() => grownLevel(node, { current: shown, list: part.proposed as List, proposed }));
  forEach(node.fields, (other) => {
    const given = proposed[other.key];
    if (other === field || given === shown?.[other.key]) return;
    // A value that agrees with a derived one is not an attempt to change anything.
    if (given === next[other.key] || given === derivedAlone()?.[other.key]) return;
    if (shown === undefined && given === newLevel(node)[other.key]) return;
    const lost = { current: undefined, shown: shown?.[other.key], proposed: given };
    ignore(state, other, lost, "tier_immutable");
  });
  // As a mutable level, it exists once it is proposed, unless all of it was ignored.
  const isNew = current === undefined && rejections === state.rejections;
  return isNew || isGrown ? freeze(next) : current;
}

/**
 * Returns the union of the current set, to which others may have added since it was shown, and the
 * proposed set; `undefined` if something that was shown is missing. If nobody else added anything,
 * that is the proposal, or the very set that was shown if it has the same length.
 */
function grownSet(change: Change): Strings | undefined {
  // The schema has checked that each of these, if present, is a set of strings.
  const { current, shown = none, proposed } = change as Change<Strings>;
  if (!hasAll(proposed, shown)) return undefined;
  if (current !== undefined && current !== shown) return unionOf(current, proposed);
  return proposed.length === shown.length ? shown : proposed;
}

/** Returns the new list, or `undefined` if something that was shown is missing. */
function grownList(change: Change): List | undefined {
  // The list's schema has read each of these that is present.
  const { current = none, shown = none, proposed } = change as Change<List>;
  // The reader returns the shown item itself for an equal copy, so identity decides.
  if (!beginsWith(proposed, shown)) return undefined;
  if (proposed.length === shown.length) return current;
  return current === shown ? proposed : freeze(concat(current, proposed, shown.length));
}

/** Checks a grown set or list as a whole, and counts what others added to it. */
function checkJoined(state: MergeState, node: Node, change: Change, next: List): void {
  // The schema of the set or list has read each of these that is present.
  const { current, shown, proposed } = change as Change<List>;
  if (current === shown) return;
  // The proposal itself was read as a whole.
  if (next.length !== proposed.length) {
    const problem = problemOf(node, next, state.limits);
    if (problem !== undefined) {
      const reason = `Expected ${problem.expected} in the merged value, got ${problem.received}.`;
      refuse(state, node, problem.code, reason);
    }
  }
  // If there is none yet, the plugin was shown an empty one.
  addGrowth(state.addedByOthers, shown, current ?? shown);
}

/**
 * Returns what is wrong with a set or list that was joined, such as its length: its elements were
 * read before, but never together.
 */
function problemOf(node: Node, joined: List, limits: Limits): Problem | undefined {
  // If only zod can read the list, it is read as a whole; otherwise its elements were read before.
  const previous = node.compiled.element === undefined ? undefined : joined;
  const read = readOf(node.compiled.read, concat(joined), previous, limits);
  return read.ok ? undefined : decisive(read.problems);
}

/** Records a change that is applied. In a level of mixed tiers, fields are recorded one by one. */
function noteChange(state: MergeState, node: Node, before: unknown, after: unknown): void {
  notePath(state, node);
  if (node.tier !== "immutable" || before === undefined) addGrowth(state.growth, before, after);
}

/** Records what changed, but not its size. */
function notePath(state: MergeState, { tier, path }: Node): void {
  if (tier === "immutable") return;
  state.changed = concat(state.changed, [path]);
}

/**
 * Refuses a result that is over a limit as a whole: what the plugin was shown, what it sees in
 * addition after the merge, and what others added to growing parts. Hidden parts are on both sides
 * of that difference, so they do not count. `changed` is the first slot that changed.
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
  const reason = `Expected ${expected} in the merged value, got more.`;
  refuse(state, changed, "snapshot_limit", reason);
}

/**
 * Whether the result would fit even if the plugin had been shown all of the envelope that its view
 * was cut from, and saw everything that was added: then nothing has to be filtered. So only the
 * time taken can reveal how near the whole is to a limit (docs/guarantees.md, N3).
 */
function fitsEasily(
  { addedByOthers, growth, limits }: MergeState,
  slots: CompiledSlots,
  view: Slots,
): boolean {
  const shown = sizeOf(slots, view);
  const nodes = shown.nodes + addedByOthers.nodes + growth.nodes;
  const units = shown.units + addedByOthers.units + growth.units;
  // A view shows empty sets and levels in place of absent ones: at most one for each part. As many
  // again can become visible with what was added, if the view was cut under another grant.
  return nodes + 2 * slots.parts < limits.nodes && units <= limits.units;
}

/** Makes a refusal. Its path has known names only: what a plugin made up is not repeated. */
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
