/** Merges maps whose keys are data: a plugin's map is treated as a difference, key by key. */
import { addEntry } from "../data/index.ts";
import {
  enumerableKeys,
  forEach,
  freeze,
  hasOwn,
  newMap,
  newRecord,
  toLowerAscii,
} from "../data/intrinsics.ts";
import type { LevelValue } from "../schema/index.ts";
import type { Node } from "../slots/index.ts";
import { isLevel } from "./filter.ts";
import { headerFault } from "./headers.ts";
import { type Change, type MergeState, refuse, reject } from "./merge-state.ts";

const noMap: LevelValue = freeze(newMap(0));
const mapOf = (value: unknown): LevelValue => (isLevel(value) ? value : noMap);

/** Merges headers one by one. An added name is compared with the others ignoring case. */
export function mergeHeaders(state: MergeState, node: Node, change: Change): unknown {
  const shown = mapOf(change.shown);
  const proposed = mapOf(change.proposed);
  // The names that are kept, in lower case. Created when the first header is added.
  let kept: Record<string, unknown> | undefined;
  forEach(enumerableKeys(proposed), (name) => {
    const isNew = !hasOwn(shown, name);
    if (!isNew && shown[name] === proposed[name]) return;
    const fault = headerFault(name, proposed[name]);
    if (fault !== undefined)
      refuse(state, node, fault, "A header name or value may not be written.");
    if (!isNew) return;
    kept ??= lowerNames(proposed, shown);
    const lower = toLowerAscii(name);
    if (kept[lower] === true) {
      const reason = "A header was added whose name exists in another case.";
      refuse(state, node, "header_duplicate", reason);
    }
    kept[lower] = true;
  });
  forEach(enumerableKeys(shown), (name) => {
    if (hasOwn(proposed, name) || headerFault(name, undefined) === undefined) return;
    const reason = "A header that frames the message or has a malformed name may not be removed.";
    refuse(state, node, "header_invalid", reason);
  });
  const taken = change.current === change.shown ? proposed : withoutUnseen(state, node, change);
  return mergeMap(state, { ...change, proposed: taken });
}

/** Returns the names of a map that another map also has, in lower case. */
function lowerNames(map: LevelValue, other: LevelValue): Record<string, unknown> {
  const names = newRecord();
  forEach(enumerableKeys(map), (name) => {
    if (hasOwn(other, name)) names[toLowerAscii(name)] = true;
  });
  return names;
}

/**
 * Drops headers that would overwrite a hidden one or duplicate it in another case. That is no fault
 * even in strict mode, and they count as if written: a refusal would reveal the hidden header.
 */
function withoutUnseen(state: MergeState, node: Node, change: Change): LevelValue {
  const current = mapOf(change.current);
  const shown = mapOf(change.shown);
  const proposed = mapOf(change.proposed);
  const unseen = newRecord();
  forEach(enumerableKeys(current), (name) => {
    if (!hasOwn(shown, name)) unseen[toLowerAscii(name)] = true;
  });
  const names = enumerableKeys(proposed);
  const kept = newMap(names.length);
  forEach(names, (name) => {
    const isOwn = hasOwn(current, name) || proposed[name] === shown[name];
    if ((hasOwn(shown, name) && isOwn) || unseen[toLowerAscii(name)] !== true)
      kept[name] = proposed[name];
    else addEntry(state.addedByOthers, name, proposed[name]);
  });
  if (enumerableKeys(kept).length < names.length) {
    const reason = "A header that the plugin was not shown has that name.";
    reject(state, freeze({ path: node.path, code: "capability_missing", reason }));
  }
  return kept;
}

/** Merges key by key: changed keys as proposed, no removed ones, all others as they are now. */
export function mergeMap(state: MergeState, change: Change): unknown {
  const before = mapOf(change.shown);
  const after = mapOf(change.proposed);
  // The plugin saw the whole map, so its proposal is the whole result.
  if (change.current === change.shown && keepsOrder(before, after)) return after;
  const now = mapOf(change.current);
  const next = newMap(enumerableKeys(now).length);
  let changed = change.current === undefined;
  forEach(enumerableKeys(now), (key) => {
    const wasShown = hasOwn(before, key);
    const isProposed = hasOwn(after, key);
    if (wasShown && !isProposed) {
      changed = true;
      return;
    }
    // Overwritten without having been shown: the old value must not make room for the new one.
    if (!wasShown && isProposed) addEntry(state.addedByOthers, key, now[key]);
    const isWritten = isProposed && !(wasShown && after[key] === before[key]);
    next[key] = isWritten ? after[key] : now[key];
    if (next[key] !== now[key]) changed = true;
  });
  forEach(enumerableKeys(after), (key) => {
    if (hasOwn(now, key) || (hasOwn(before, key) && after[key] === before[key])) return;
    next[key] = after[key];
    changed = true;
  });
  return changed ? freeze(next) : change.current;
}

/** Whether the keys that are kept come first, in the order in which they were shown. */
function keepsOrder(before: LevelValue, after: LevelValue): boolean {
  const keys = enumerableKeys(after);
  let at = 0;
  let isKept = true;
  forEach(enumerableKeys(before), (key) => {
    if (at < keys.length && keys[at] === key) at += 1;
    else if (hasOwn(after, key)) isKept = false;
  });
  return isKept;
}
