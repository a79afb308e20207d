/** Maps whose keys are data: what a plugin returns is a difference, key by key. */
import { addEntry, intrinsics } from "../data/index.ts";
import type { LevelValue } from "../schema/index.ts";
import type { Node } from "../slots/index.ts";
import { type HeaderMap, headerFault, isNamed } from "./headers.ts";
import { type Change, type MergeState, refuse, reject } from "./merge-state.ts";

const { enumerableKeys, freeze, hasOwn, newMap, newRecord, toLowerAscii } = intrinsics;

/** Header by header. Names are compared without case when one is added. */
export function mergeHeaders(state: MergeState, node: Node, change: Change): unknown {
  const shown = (change.shown ?? {}) as HeaderMap;
  const proposed = change.proposed as HeaderMap;
  const names = enumerableKeys(proposed);
  const shownNames = enumerableKeys(shown);
  // Of what was shown, how much is still there, at the beginning and in the same order.
  let kept = 0;
  // The first name that was added, in lower case. Only from the second on are all put down.
  let first: string | undefined;
  let taken: Record<string, true> | undefined;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const isInStep = kept === i && i < shownNames.length && shownNames[i] === name;
    if (isInStep) kept += 1;
    const isNew = !isInStep && !hasOwn(shown, name);
    if (!isNew && shown[name] === proposed[name]) continue;
    const fault = headerFault(name, proposed[name]);
    if (fault !== undefined)
      refuse(state, node, fault, "A header name or value may not be written.");
    if (!isNew) continue;
    const lower = toLowerAscii(name);
    if (first !== undefined) taken ??= namesKept(shown, names, first);
    if (taken === undefined ? isKept(shown, names, lower) : taken[lower] === true) {
      refuse(
        state,
        node,
        "header_duplicate",
        "A header was added beside the same name in another case.",
      );
    }
    first ??= lower;
    if (taken !== undefined) taken[lower] = true;
  }
  const isAllKept = kept === shownNames.length;
  // What was shown is all there is, so what is proposed is all there will be.
  if (isAllKept && change.current === change.shown) return proposed;
  for (let i = kept; i < shownNames.length; i++) {
    const name = shownNames[i] as string;
    if (!hasOwn(proposed, name) && headerFault(name, undefined) !== undefined) {
      refuse(
        state,
        node,
        "header_invalid",
        "A header that frames the message may not be taken away.",
      );
    }
  }
  const unseen = unseenNames(change);
  if (unseen === undefined) return mergeMap(state, change);
  return mergeMap(state, { ...change, proposed: withoutUnseen(state, node, change, unseen) });
}

/** Whether `lower` was shown and is proposed, in any case. */
function isKept(shown: HeaderMap, names: readonly string[], lower: string): boolean {
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (isNamed(name, lower) && hasOwn(shown, name)) return true;
  }
  return false;
}

/** What was shown and is proposed, by names in lower case, and one more. */
function namesKept(shown: HeaderMap, names: readonly string[], more: string): Record<string, true> {
  const kept = newRecord() as Record<string, true>;
  kept[more] = true;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (hasOwn(shown, name)) kept[toLowerAscii(name)] = true;
  }
  return kept;
}

type Names = Readonly<Record<string, true>>;

/** The names, in lower case, that are there now and were not shown; `undefined` for none. */
function unseenNames({ current, shown }: Change): Names | undefined {
  if (current === shown || current === undefined) return undefined;
  const names = enumerableKeys(current as HeaderMap);
  let unseen: Record<string, true> | undefined;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (shown !== undefined && hasOwn(shown as HeaderMap, name)) continue;
    unseen ??= newRecord() as Record<string, true>;
    unseen[toLowerAscii(name)] = true;
  }
  return unseen;
}

/**
 * Nobody writes over a header unseen, nor puts the same name beside it in another case. It is no
 * fault in strict mode and counts as if it were written: a refusal would tell that it is there.
 */
function withoutUnseen(state: MergeState, node: Node, change: Change, unseen: Names): HeaderMap {
  const shown = (change.shown ?? {}) as HeaderMap;
  const proposed = change.proposed as HeaderMap;
  const names = enumerableKeys(proposed);
  const kept = newMap(names.length) as Record<string, string>;
  let dropped = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (hasOwn(shown, name) || unseen[toLowerAscii(name)] !== true) {
      kept[name] = proposed[name] as string;
      continue;
    }
    dropped = true;
    addEntry(state.addedByOthers, name, proposed[name]);
  }
  if (dropped) {
    const reason = "A header of that name is there that was not shown.";
    const { path } = node;
    reject(state, freeze({ path, code: "capability_missing", reason } as const));
  }
  return kept;
}

/** Key by key: a changed key is as proposed, a removed one gone, any other as it is now. */
export function mergeMap(state: MergeState, change: Change): unknown {
  const { current, shown, proposed } = change;
  // What was shown is all there is, so what is proposed is all there will be.
  if (current === shown && keepsOrder(shown as LevelValue, proposed as LevelValue)) return proposed;
  return mergeKeys(state, change);
}

/** Whether the keys that are kept come first, in the order that they were shown in. */
function keepsOrder(shown: LevelValue | undefined, proposed: LevelValue): boolean {
  const before = enumerableKeys(shown ?? {});
  const after = enumerableKeys(proposed);
  let at = 0;
  for (let i = 0; i < before.length; i++) {
    const key = before[i] as string;
    if (at < after.length && after[at] === key) at += 1;
    else if (hasOwn(proposed, key)) return false;
  }
  return true;
}

function mergeKeys(state: MergeState, { current, shown, proposed }: Change): unknown {
  const now = (current ?? {}) as LevelValue;
  const before = (shown ?? {}) as LevelValue;
  const after = proposed as LevelValue;
  const nowKeys = enumerableKeys(now);
  const next = newMap(nowKeys.length);
  let changed = current === undefined;
  for (let i = 0; i < nowKeys.length; i++) {
    const key = nowKeys[i] as string;
    const wasShown = hasOwn(before, key);
    if (wasShown && !hasOwn(after, key)) {
      changed = true;
      continue;
    }
    const value =
      hasOwn(after, key) && !(wasShown && after[key] === before[key]) ? after[key] : now[key];
    // Written over unseen: what it takes the place of must not make room for it.
    if (!wasShown && hasOwn(after, key)) addEntry(state.addedByOthers, key, now[key]);
    if (value !== now[key]) changed = true;
    next[key] = value;
  }
  const afterKeys = enumerableKeys(after);
  for (let i = 0; i < afterKeys.length; i++) {
    const key = afterKeys[i] as string;
    if (hasOwn(now, key) || (hasOwn(before, key) && after[key] === before[key])) continue;
    next[key] = after[key];
    changed = true;
  }
  return changed ? freeze(next) : current;
}
