/**
 * Sensitive headers never cross the process boundary. A map that comes back is read as if it had
 * them unchanged, whatever the other side says.
 */
import { isRecord, isSensitiveHeader } from "../data/index.ts";
import { enumerableKeys, ownValue } from "../data/intrinsics.ts";
import type { LevelValue } from "../schema/index.ts";
import type { Node } from "../slots/index.ts";

/** Called with the path of what is left out. */
export type OnDropped = (path: string) => void;

/** Returns the headers that may cross; the map itself if all of them may. */
export function withoutSecrets<Map>(map: Map, path: string, onDropped?: OnDropped): Map {
  if (!isRecord(map)) return map;
  const entries = Object.entries(map);
  const kept = entries.filter(([name]) => {
    if (!isSensitiveHeader(name)) return true;
    onDropped?.(`${path}.${name.trim().toLowerCase()}`);
    return false;
  });
  // The copy has a subset of the map's entries.
  return kept.length === entries.length ? map : (recordOf(kept) as Map);
}

/** Returns a stripped map with the sensitive headers of the one that was shown. */
export function withSecretsOf(shown: unknown, stripped: unknown): unknown {
  if (!isRecord(stripped) || !isRecord(shown)) return stripped;
  const secrets = Object.entries(shown).filter(([name]) => isSensitiveHeader(name));
  return secrets.length === 0 ? stripped : recordOf([...Object.entries(stripped), ...secrets]);
}

/** Returns what replaces a header map; `undefined` leaves it out. */
type ChangeMap = (map: unknown, path: string, keys: readonly string[]) => unknown;

/** Returns extensions, or a proposal, with each header map of the slot table changed. */
export function changeHeaderMaps(
  nodes: readonly Node[],
  level: LevelValue,
  change: ChangeMap,
  keys: readonly string[] = [],
): LevelValue {
  const changed = new Map<string, unknown>();
  for (const node of nodes) {
    const value = ownValue(level, node.key);
    if (!isRecord(value)) continue;
    const at = [...keys, node.key];
    const next =
      node.compiled.shape === "headers"
        ? change(value, node.path, at)
        : changeHeaderMaps(node.fields, value, change, at);
    if (next !== value) changed.set(node.key, next);
  }
  if (changed.size === 0) return level;
  const entries = Object.entries(level).map(([key, value]): [string, unknown] => {
    return [key, changed.has(key) ? changed.get(key) : value];
  });
  return recordOf(entries.filter(([, value]) => value !== undefined));
}

/** Whether a value is an empty array or object. */
export function isEmptyContainer(value: unknown): boolean {
  return typeof value === "object" && value !== null && enumerableKeys(value).length === 0;
}

/** Makes a record in which every key is data, including `__proto__`. */
export function recordOf<Value>(entries: Iterable<readonly [string, Value]>): {
  readonly [key: string]: Value;
} {
  const record: Record<string, Value> = Object.create(null);
  for (const [key, value] of entries) record[key] = value;
  return Object.freeze(record);
}
