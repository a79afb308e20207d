/** Interprets the proposals that other implementations write. */
import { canonicalInstant, isRecord } from "../data/index.ts";
import { ownValue, valueAt } from "../data/intrinsics.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { foldedHeaders } from "./header-generations.ts";
import { isEmptyContainer, type OnDropped, recordOf } from "./headers.ts";

/** Returns a proposal as this library would have written it. */
export function normalizedProposal(
  slots: CompiledSlots,
  proposal: LevelValue,
  view: object,
  onDropped: OnDropped,
): LevelValue {
  const meant = withEchoes(folded(proposal, view, onDropped), view);
  return withoutEmpties(slots.byKey, meant, view);
}

/** Moves the headers of both generations to where the view has them. */
function folded(proposal: LevelValue, view: object, onDropped: OnDropped): LevelValue {
  const http = ownValue(proposal, "http");
  if (!isRecord(http)) return proposal;
  const next = foldedHeaders(ownValue(view, "http"), http, (path) => onDropped(`http.${path}`));
  const entries = Object.entries(proposal).filter(([slot]) => slot !== "http");
  return next === http ? proposal : recordOf([...entries, ["http", next]]);
}

/** Restores items that lost something only because their writer has no place for it. */
function withEchoes(proposal: LevelValue, view: object): LevelValue {
  const restored = restoredAt(proposal, view, ["agent", "conversation", "history"], echoedEntry);
  return restoredAt(restored, view, ["delegation", "chain"], echoedHop);
}

/** Returns the proposal with each item of the list at `path` restored from the one shown there. */
function restoredAt(
  proposal: LevelValue,
  view: object,
  path: readonly string[],
  restored: (item: unknown, shown: unknown) => unknown,
): LevelValue {
  const list = valueAt(proposal, path);
  const shown = valueAt(view, path);
  if (!Array.isArray(list) || !Array.isArray(shown)) return proposal;
  const items = Object.freeze(list.map((item, at) => restored(item, shown[at])));
  return withPart(proposal, path, items) as LevelValue;
}

function withPart(level: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
  if (key === undefined) return part;
  const entries = Object.entries(level as LevelValue);
  return recordOf([...entries, [key, withPart(ownValue(level, key), rest, part)]]);
}

/** The older generation reads each entry of a history as an empty object. */
function echoedEntry(entry: unknown, shown: unknown): unknown {
  return isRecord(entry) && isEmptyContainer(entry) ? (shown ?? entry) : entry;
}

/**
 * Restores what a hop's writer could not keep: the older generation has no `authorization_details`,
 * and keeps only six fraction digits of a time. The rest stays as it came, because hops are
 * compared as a whole.
 */
function echoedHop(hop: unknown, shown: unknown): unknown {
  if (!isRecord(hop) || !isRecord(shown)) return hop;
  const details = hop.authorization_details ?? shown.authorization_details;
  const restored = new Map<string, unknown>(Object.entries(hop));
  if (details !== undefined) restored.set("authorization_details", details);
  const came = microseconds(hop.timestamp);
  if (came !== undefined && came === microseconds(shown.timestamp)) {
    restored.set("timestamp", shown.timestamp);
  }
  return recordOf(restored);
}

/** Returns the instant in UTC with at most six fraction digits. */
function microseconds(value: unknown): string | undefined {
  const instant = typeof value === "string" ? canonicalInstant(value) : undefined;
  return instant?.replace(/\.(\d{1,6})\d*Z$/, (_, digits: string) =>
    `.${digits.replace(/0+$/, "")}Z`.replace(".Z", "Z"),
  );
}

/**
 * Where the view shows nothing, removes what has no effect: an empty container, or null, in place of
 * one that is empty by default, and a level that has nothing else. Other implementations write those
 * for what they do not have.
 */
function withoutEmpties(byKey: Node["byKey"], proposed: LevelValue, shown: unknown): LevelValue {
  let same = true;
  const entries = Object.entries(proposed).flatMap(([key, value]): [string, unknown][] => {
    const node = byKey[key];
    if (node === undefined) return [[key, value]];
    const next = clearedField(node, value, ownValue(shown, key));
    if (next !== value) same = false;
    return next === undefined ? [] : [[key, next]];
  });
  return same ? proposed : recordOf(entries);
}

/** Returns a field's value, or `undefined` if it is left out. */
function clearedField(node: Node, value: unknown, shown: unknown): unknown {
  const isNothing = value === null || isEmptyContainer(value);
  if (shown === undefined && isNothing && isEmptyByDefault(node)) return undefined;
  if (node.compiled.level === undefined || !isRecord(value)) return value;
  const next = withoutEmpties(node.byKey, value, shown);
  return shown === undefined && isEmptyContainer(next) ? undefined : next;
}

/** The newer generation's header maps are empty by default; here they can be absent. */
function isEmptyByDefault({ compiled, fallback }: Node): boolean {
  return fallback === undefined ? compiled.shape === "headers" : isEmptyContainer(fallback());
}
