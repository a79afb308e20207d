/**
 * The older generation of the format has a request's headers in `http.headers`, the newer one in
 * `http.request_headers`. A task has all of them in both maps; a change in a reply is applied to
 * the map in which the host has the header.
 */
import { isRecord } from "../data/index.ts";
import { ownValue, toLowerAscii } from "../data/intrinsics.ts";
import { type HeaderMap, headerMaps } from "../envelope/index.ts";
import { formatPath } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { isEmptyContainer, type OnDropped, recordOf, withoutSecrets } from "./headers.ts";

type MapName = (typeof headerMaps)[number];
type Maps = { readonly [Name in MapName]: HeaderMap };

const noHeaders: HeaderMap = recordOf([]);

/** Returns both generations' maps without sensitive headers; an absent map is empty. */
function mapsOf(http: unknown): Maps {
  const mapAt = (name: MapName) => {
    const map = withoutSecrets(ownValue(http, name), name);
    return isRecord(map) ? (map as HeaderMap) : noHeaders;
  };
  return { headers: mapAt("headers"), request_headers: mapAt("request_headers") };
}

/** Adds to each map the headers that only the other one has. */
function bothOf({ headers, request_headers: newer }: Maps): Maps {
  return { headers: completed(headers, newer), request_headers: completed(newer, headers) };
}

function completed(map: HeaderMap, other: HeaderMap): HeaderMap {
  const known = spellingsIn(map);
  const more = Object.entries(other).filter(([name]) => !known.has(toLowerAscii(name)));
  return more.length === 0 ? map : recordOf([...Object.entries(map), ...more]);
}

/** Returns the first spelling of each name, by the name in lower case. */
function spellingsIn(map: HeaderMap): ReadonlyMap<string, string> {
  const spellings = new Map<string, string>();
  for (const name of Object.keys(map)) {
    if (!spellings.has(toLowerAscii(name))) spellings.set(toLowerAscii(name), name);
  }
  return spellings;
}

/** The view's own header names in each map, if the task adds headers to them. */
export type ShownHeaders = { readonly [Name in MapName]?: readonly string[] | undefined };

/** Returns a view without sensitive headers, with the headers of both generations in each map. */
export function forBothGenerations(view: LevelValue): {
  readonly extensions: LevelValue;
  readonly shown: ShownHeaders | undefined;
} {
  const { http } = view;
  const own = mapsOf(http);
  const both = bothOf(own);
  if (!isRecord(http) || headerMaps.every((name) => both[name] === own[name])) {
    return { extensions: view, shown: undefined };
  }
  const there = headerMaps.filter((name) => isRecord(http[name]));
  const shown = Object.fromEntries(there.map((name) => [name, Object.keys(own[name])]));
  return { extensions: { ...view, http: { ...http, ...both } }, shown };
}

/** Returns the view of a task without the headers added for the other generation. */
export function asShown(view: LevelValue, shown: ShownHeaders | undefined): LevelValue {
  const http = ownValue(view, "http");
  if (shown === undefined || !isRecord(http)) return view;
  const maps = headerMaps.flatMap((name): [string, unknown][] => {
    const map = http[name];
    if (!isRecord(map)) return map === undefined ? [] : [[name, map]];
    const names = new Set(shown[name]);
    const kept = Object.entries(map).filter(([header]) => names.has(header));
    return shown[name] === undefined ? [] : [[name, recordOf(kept)]];
  });
  const entries = Object.entries(view).filter(([slot]) => slot !== "http");
  return recordOf([...entries, ["http", withMaps(http, maps)]]);
}

function withMaps(http: LevelValue, maps: readonly (readonly [string, unknown])[]): LevelValue {
  const rest = Object.entries(http).filter(([key]) => !headerMaps.some((name) => name === key));
  return recordOf([...rest, ...maps]);
}

/**
 * Changes of headers, by the name in lower case: the name as it came, and the new value, or
 * `undefined` if the header is removed.
 */
type Changes = Map<string, { readonly name: string; readonly value: string | undefined }>;

/**
 * Applies the changes in a reply's `http` to the maps in which the view has those headers; a new
 * header goes where `setHeader` puts it. If both maps change a header, `headers` wins, because it
 * is looked up first.
 *
 * An empty map has no effect if the host's is empty: others write one for a map they do not know.
 */
export function foldedHeaders(
  view: unknown,
  proposed: LevelValue,
  onDropped: OnDropped,
): LevelValue {
  const given = headerMaps.filter((name) => ownValue(proposed, name) !== undefined);
  if (given.length === 0 || !given.every((name) => isRecord(proposed[name]))) return proposed;
  const came = mapsOf(proposed);
  const own = mapsOf(view);
  const shown = bothOf(own);
  const changes: Changes = new Map();
  for (const name of given) {
    if (isEmptyContainer(came[name]) && isEmptyContainer(own[name])) {
      if (!isEmptyContainer(shown[name])) onDropped(name);
      continue;
    }
    const more = changesIn(shown[name], came[name]);
    // The dispatch refuses a name that occurs twice.
    if (more === undefined) return proposed;
    for (const [key, change] of more) {
      const first = changes.get(key) ?? change;
      if (first.value !== change.value) onDropped(formatPath([name, change.name]));
      changes.set(key, first);
    }
  }
  const spellings = {
    headers: spellingsIn(own.headers),
    request_headers: spellingsIn(own.request_headers),
  };
  const isNew = (key: string) => !headerMaps.some((name) => spellings[name].has(key));
  const maps = headerMaps.flatMap((name): [string, HeaderMap][] => {
    const isOwner = (key: string) =>
      spellings[name].has(key) || (isNew(key) && name === usedIn(view));
    const its = [...changes].filter(([key]) => isOwner(key));
    return its.length === 0 ? [] : [[name, changed(own[name], spellings[name], new Map(its))]];
  });
  return withMaps(proposed, maps);
}

/** Returns what `after` changes; `undefined` if it has a name in two spellings. */
function changesIn(before: HeaderMap, after: HeaderMap): Changes | undefined {
  const spellings = spellingsIn(before);
  const changes: Changes = new Map();
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(after)) {
    const key = toLowerAscii(name);
    const wasThere = Object.hasOwn(before, name);
    const spelling = wasThere ? name : spellings.get(key);
    const isKept = spelling !== undefined && before[spelling] === value;
    if (seen.has(key) && !(isKept && wasThere)) return undefined;
    seen.add(key);
    if (!isKept) changes.set(key, { name, value });
  }
  for (const [key, name] of spellings) {
    if (!seen.has(key)) changes.set(key, { name, value: undefined });
  }
  return changes;
}

/** Returns the map that a document uses for a new header. */
function usedIn(view: unknown): MapName {
  const isNewer =
    ownValue(view, "request_headers") !== undefined &&
    isEmptyContainer(ownValue(view, "headers") ?? noHeaders);
  return isNewer ? "request_headers" : "headers";
}

/** Returns a map with its headers changed. A header that was there keeps its spelling. */
function changed(
  own: HeaderMap,
  spellings: ReadonlyMap<string, string>,
  changes: Changes,
): HeaderMap {
  const kept = Object.entries(own).filter(([name]) => !changes.has(toLowerAscii(name)));
  const set = [...changes].flatMap(([key, { name, value }]): [string, string][] =>
    value === undefined ? [] : [[spellings.get(key) ?? name, value]],
  );
  return recordOf([...kept, ...set]);
}
