/**
 * One rule per tier.
 *
 * A rule gets what is there now, what the plugin was shown, and what it proposes, and gives
 * what will be there. It only ever applies the difference between shown and proposed, so
 * what the plugin could not see, or what changed meanwhile, stays.
 */
import { addSize, beginsWith, concat, hasAll, intrinsics, unionOf } from "../data/index.ts";
import type { ErrorCode } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, grownLevel, type Node, nodeByKey, type Tier } from "../slots/index.ts";
import { mergeHeaders, mergeMap } from "./maps.ts";
import {
  type Change,
  type MergeState,
  noteChange,
  notePath,
  refuse,
  refuseOverlong,
  reject,
} from "./merge-state.ts";

const { append, enumerableKeys, freeze, getPrototypeOf, isArray, newList } = intrinsics;

type MergeRule = (state: MergeState, node: Node, change: Change) => unknown;

/** What will be at a node. `current` itself when nothing is taken. */
export function mergeNode(state: MergeState, node: Node, change: Change): unknown {
  if (change.proposed === change.shown || change.proposed === undefined) return change.current;
  if (node.tier === "immutable" && node.changeable) return mergeLevel(state, node, change);
  return rules[node.tier](state, node, change);
}

const rules = {
  immutable: (state, node, change) => ignore(state, node, change, "tier_immutable"),
  monotonic: (state, node, change) => {
    const fault = writeFault(state, node);
    if (fault !== undefined) return ignore(state, node, change, fault);
    const next =
      node.grows === undefined ? growSet(state, node, change) : growLevel(state, node, change);
    return whole(state, node, change, next);
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
  for (let i = 0; i < node.fields.length; i++) {
    const field = node.fields[i] as Node;
    const mayHere = state.growOnly ? field.tier === "monotonic" : field.tier !== "immutable";
    if (mayHere && writeFault(state, field) === undefined) return true;
    if (mayWriteInside(state, field)) return true;
  }
  return false;
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
  const rejection = freeze({ path: node.path, code, reason: reasons[code] });
  reject(state, rejection);
  state.faults ??= newList();
  append(state.faults, rejection);
  return change.current;
}

/**
 * Empty containers all the way down: what a hidden or absent part looks like when spread. The keys
 * of a map are data, so it says something with the first of them.
 */
function saysNothing(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const keys = enumerableKeys(value);
  if (isArray(value) || getPrototypeOf(value) === null) return keys.length === 0;
  for (let i = 0; i < keys.length; i++) {
    if (!saysNothing((value as LevelValue)[keys[i] as string])) return false;
  }
  return true;
}

/** Field by field, from what is there now. */
function mergeLevel(state: MergeState, node: Node, change: Change): unknown {
  const { layout } = node;
  const current = change.current as LevelValue | undefined;
  const shown = change.shown === undefined ? undefined : layout.values(change.shown as LevelValue);
  const proposed = layout.values(change.proposed as LevelValue);
  const parts = layout.values(current ?? defaultsOf(node));
  // A level that is free to change exists once it is proposed, even empty.
  let changed =
    current === undefined && node.tier === "mutable" && mutableFault(state, node) === undefined;
  for (let i = 0; i < node.fields.length; i++) {
    if (shown !== undefined && proposed[i] === shown[i]) continue;
    const field = node.fields[i] as Node;
    if (!field.changeable && shown === undefined && isLent(node, field, proposed[i])) continue;
    const before = parts[i];
    const part = mergeNode(state, field, {
      current: before,
      shown: shown?.[i],
      proposed: proposed[i],
    });
    if (part === before) continue;
    if (node.tier === "immutable") {
      if (current !== undefined) noteChange(state, field, before, part);
      // Nobody changed an empty part that its level was created with.
      else if (!saysNothing(part)) notePath(state, field);
    }
    parts[i] = part;
    changed = true;
  }
  return changed ? whole(state, node, change, freeze(layout.build(parts))) : current;
}

/** Whether a field of a level that was not shown holds what `amend` lends one with. */
function isLent(node: Node, { key }: Node, proposed: unknown): boolean {
  return proposed === defaultsOf(node)[key];
}

/** What was put together must be a whole that the schema accepts. */
function whole(state: MergeState, node: Node, { current }: Change, next: unknown): unknown {
  if (next === current) return next;
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

/** A set takes what is new. A plugin that leaves out what it was shown is refused. */
function growSet(state: MergeState, node: Node, change: Change): unknown {
  const shown = (change.shown ?? []) as readonly string[];
  const proposed = change.proposed as readonly string[];
  if (!hasAll(proposed, shown)) {
    refuse(state, node, "tier_monotonic", "Something that was shown is missing. It may only grow.");
    return change.current;
  }
  const current = change.current as readonly string[] | undefined;
  const next = grown(current, shown, proposed);
  if (next !== current) {
    checkGrown(state, node, { current, shown: change.shown, proposed }, next);
  }
  return next;
}

type Texts = readonly string[];

/** All that is there now and all that is proposed, which has all that was shown. */
function grown(current: Texts | undefined, shown: Texts, proposed: Texts): Texts {
  if (current !== shown) return unionOf(current ?? nothing, proposed, current);
  return proposed.length === shown.length ? shown : proposed;
}

/** What others added to what grows is there for all: it counts, and all is held to the rules. */
function checkGrown(
  state: MergeState,
  node: Node,
  { current, shown, proposed }: Change,
  next: readonly unknown[],
): void {
  if (current === shown) return;
  // What came back was read as a whole.
  if (next.length !== (proposed as readonly unknown[]).length) refuseOverlong(state, node, next);
  // Where there is none yet, the plugin was shown one that is empty.
  addSize(state.addedByOthers, current ?? shown);
  addSize(state.addedByOthers, shown, -1);
}

const nothing: readonly never[] = freeze([]);

/** A list takes what is appended; the fields that follow from it are computed again. */
function growLevel(state: MergeState, node: Node, change: Change): unknown {
  const key = node.grows as string;
  const field = nodeByKey(node.fields, key) as Node;
  const current = change.current as LevelValue | undefined;
  const shown = change.shown as LevelValue | undefined;
  const proposed = change.proposed as LevelValue;
  const before = (shown?.[key] ?? nothing) as readonly unknown[];
  const after = (proposed[key] ?? before) as readonly unknown[];
  const now = (current?.[key] ?? nothing) as readonly unknown[];
  let list: readonly unknown[];
  if (field.compiled.shape === "set") {
    if (!hasAll(after as Texts, before as Texts)) return shrunk(state, node, change);
    list = grown(now as Texts, before as Texts, after as Texts);
  } else {
    // Admit gives back the shown item where a copy says the same, so identity decides.
    if (!beginsWith(after, before)) return shrunk(state, node, change);
    if (after.length === before.length) list = now;
    else list = now === before ? after : freeze(concat(now, after, before.length));
  }
  if (list !== now) {
    const was = { current: current?.[key], shown: shown?.[key], proposed: after };
    checkGrown(state, field, was, list);
  }
  const next = grownLevel(node, { current, list, proposed });
  const grew = current === undefined || list !== now;
  for (let i = 0; i < node.fields.length; i++) {
    const { key: name } = node.fields[i] as Node;
    if (name === key || proposed[name] === shown?.[name]) continue;
    // Bookkeeping that agrees with what is derived is no attempt to change anything.
    if (proposed[name] === undefined || proposed[name] === next[name]) continue;
    if (shown === undefined && isLent(node, node.fields[i] as Node, proposed[name])) continue;
    ignore(
      state,
      node.fields[i] as Node,
      { current: undefined, shown: shown?.[name], proposed: proposed[name] },
      "tier_immutable",
    );
  }
  return grew ? freeze(next) : current;
}

function shrunk(state: MergeState, node: Node, change: Change): unknown {
  refuse(
    state,
    node,
    "tier_monotonic",
    "What was shown is not the beginning of what came back. It may only grow.",
  );
  return change.current;
}
