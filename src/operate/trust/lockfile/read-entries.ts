import * as z from "zod";
import { closest, quoteName } from "../../../core/errors/index.ts";
import { entryOf, kindOf, type LockEntry, rowKeys, rowSchema, wrongKind } from "./entry-rules.ts";
import type { Fault } from "./refusals.ts";
import { type FieldPlace, type Places, partsOf } from "./toml-places.ts";

const tables = "plugins must be an array of tables";
const top = z.strictObject({
  version: z.literal(1n, wrongKind("version must be the integer 1")).optional(),
  plugins: z.array(z.unknown(), wrongKind(tables)).default([]),
});

/** Enough to repair a file; a hostile file could have millions of faults. */
const maxFaults = 100;

/** Returns the entries, in order, and what is wrong. If anything is, entries may be missing. */
export function readEntries(
  data: Readonly<Record<string, unknown>>,
  places: Places,
): { readonly entries: readonly LockEntry[]; readonly faults: readonly Fault[] } {
  const read = top.safeParse(data);
  const topKeys = new Map([...keysIn(places.tables), ...keysIn(places.fields)]);
  const topPlace = { start: 0, keys: topKeys };
  const faults = [...faultsOf(read.error, Object.keys(top.shape), topPlace)];
  const { plugins } = data;
  const list: readonly unknown[] = Array.isArray(plugins) ? plugins : [];
  const entries: LockEntry[] = [];
  const seen = new Set<string>();
  const repeated = new Map<string, number>();
  const entryPlaces = placesOfEntries(places);
  for (const [at, table] of list.entries()) {
    if (faults.length > maxFaults) break;
    // Entries of an inline array all have the place of the whole array.
    const place = entryPlaces[at] ?? { start: topKeys.get("plugins") ?? 0, keys: new Map() };
    if (kindOf(table) !== "a table") {
      faults.push({ offset: place.start, message: `${tables}, got ${kindOf(table)} in it` });
      continue;
    }
    const row = rowSchema.safeParse(table);
    if (row.success) entries.push(entryOf(row.data));
    else faults.push(...faultsOf(row.error, rowKeys, place));
    const { id } = table as { readonly id?: unknown };
    if (typeof id !== "string" || row.error?.issues.some(({ path }) => path[0] === "id")) continue;
    if (seen.has(id) && !repeated.has(id)) repeated.set(id, place.keys.get("id") ?? place.start);
    seen.add(id);
  }
  const [first] = repeated.values();
  if (first !== undefined) {
    const ids = [...repeated.keys()].slice(0, maxFaults).join(", ");
    faults.push({ offset: first, message: `plugins.lock contains duplicate ids: ${ids}` });
  }
  return { entries, faults };
}

/** Where a table and each of its keys begin. Only messages use places. */
interface Place {
  readonly start: number;
  readonly keys: ReadonlyMap<string, number>;
}

/** A missing key is reported at its table, every other fault at its key. */
function faultsOf(
  error: z.ZodError | undefined,
  known: readonly string[],
  { start, keys }: Place,
): readonly Fault[] {
  const faults = (error?.issues ?? []).flatMap((issue) => {
    if (issue.code !== "unrecognized_keys")
      return [{ offset: keys.get(String(issue.path[0])) ?? start, message: issue.message }];
    return issue.keys
      .slice(0, maxFaults)
      .map((key) => ({ offset: keys.get(key) ?? start, message: unknownKey(key, known) }));
  });
  return faults.slice(0, 2 * maxFaults);
}

/** Returns where each key of a table first appears. */
function keysIn(places: readonly Pick<FieldPlace, "key" | "start">[]): Map<string, number> {
  return new Map(places.toReversed().map(({ key, start }) => [partsOf(key)[0] ?? "", start]));
}

function placesOfEntries({ tables: all }: Places): readonly Place[] {
  const found: { readonly start: number; readonly keys: Map<string, number> }[] = [];
  for (const { start, key, fields } of all) {
    const [name, child] = partsOf(key);
    if (name !== "plugins") continue;
    if (child === undefined) found.push({ start, keys: keysIn(fields) });
    else found.at(-1)?.keys.set(child, start);
  }
  return found;
}

export function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  const meant = near === undefined ? "" : `; did you mean ${quoteName(near)}?`;
  return `unknown key ${quoteName(key)}${meant}`;
}
