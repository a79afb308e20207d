/** Holds what the parser made of a lockfile to the schema, and says where it does not fit. */
import { closest } from "../../../core/errors/index.ts";
import { quoteName } from "../../../core/hooks/index.ts";
import {
  asEntry,
  entryKeys,
  kindOf,
  type OptionalField,
  optionalKeys,
  type TextField,
  textFault,
  textKeys,
} from "./entry-rules.ts";
import type { Fault } from "./refusals.ts";
import { type FieldPlace, type Places, partsOf } from "./toml-places.ts";
import type { LockEntry } from "./types.ts";

/** A table of TOML, as the parser gives it. Integers are bigint. */
export type Table = Readonly<Record<string, unknown>>;

/** Where an entry stands. Places are for messages: what an entry says is the parser's word. */
interface EntryPlace {
  readonly start: number;
  readonly fields: readonly FieldPlace[];
  /** Where a key stands that is not among the fields: a table below the entry's. */
  readonly below: (key: string) => number;
}

type Report = (offset: number, message: string) => void;

const topKeys = ["version", "plugins"];

/** Enough to mend a file by; a hostile file could have millions. */
const maxFaults = 100;

/** The entries, in order, and what is wrong. With a fault the entries are not all there. */
export function readEntries(
  data: Table,
  places: Places,
): { readonly entries: readonly LockEntry[]; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const report: Report = (offset, message) => faults.push({ offset, message });
  checkTop(data, places, report);
  const entries: LockEntry[] = [];
  const seen = new Set<string>();
  const repeated: { readonly id: string; readonly offset: number }[] = [];
  const spots = entryPlaces(places);
  for (const [at, table] of listOf(data).entries()) {
    if (faults.length > maxFaults) break;
    const place = spots[at] ?? topPlace(places, "plugins");
    if (!isTable(table)) {
      report(place.start, `plugins must be an array of tables, got ${kindOf(table)} in it`);
      continue;
    }
    const texts = readTexts(table, place, report);
    const { id } = texts;
    if (id !== undefined && seen.has(id)) repeated.push({ id, offset: placeOf(place, "id") });
    else if (id !== undefined) seen.add(id);
    const further = readOptional(table, place, report);
    if (isWhole(texts)) entries.push(asEntry({ ...texts, ...further }));
  }
  const [first] = repeated;
  if (first !== undefined) {
    const ids = [...new Set(repeated.map(({ id }) => id))].slice(0, maxFaults);
    report(first.offset, `plugins.lock contains duplicate ids: ${ids.join(", ")}`);
  }
  return { entries, faults };
}

function checkTop(data: Table, places: Places, report: Report): void {
  const { version = 1n, plugins = [] } = data;
  if (version !== 1n)
    report(
      topPlace(places, "version").start,
      `version must be the integer 1, got ${kindOf(version)}`,
    );
  if (!Array.isArray(plugins))
    report(
      topPlace(places, "plugins").start,
      `plugins must be an array of tables, got ${kindOf(plugins)}`,
    );
  for (const key of unknownKeys(data, topKeys))
    report(topPlace(places, key).start, unknownKey(key, topKeys));
}

function listOf({ plugins }: Table): readonly unknown[] {
  return Array.isArray(plugins) ? plugins : [];
}

function readTexts(table: Table, place: EntryPlace, report: Report): Partial<TextsOfEntry> {
  for (const key of unknownKeys(table, entryKeys))
    report(placeOf(place, key), unknownKey(key, entryKeys));
  const texts: Partial<TextsOfEntry> = {};
  for (const rule of textKeys) {
    const value = table[rule.key];
    const fault = textFault(rule, value);
    if (fault === undefined) texts[rule.field] = value as string;
    else report(value === undefined ? place.start : placeOf(place, rule.key), fault);
  }
  return texts;
}

type TextsOfEntry = { -readonly [Field in TextField]: string };

function isWhole(texts: Partial<TextsOfEntry>): texts is TextsOfEntry {
  return textKeys.every(({ field }) => texts[field] !== undefined);
}

function readOptional(
  table: Table,
  place: EntryPlace,
  report: Report,
): Pick<LockEntry, OptionalField> {
  const values: Partial<Record<OptionalField, unknown>> = {};
  for (const { key, fault: faultOf } of optionalKeys) {
    const value = table[key];
    if (value === undefined) continue;
    const fault = faultOf(value);
    if (fault === undefined) values[key] = value;
    else report(placeOf(place, key), fault);
  }
  return values as Pick<LockEntry, OptionalField>;
}

function entryPlaces(places: Places): readonly EntryPlace[] {
  const inline = places.fields.find(({ key }) => partsOf(key)[0] === "plugins");
  if (inline !== undefined)
    return inline.value.items.map(({ start, fields }) => ({ start, fields, below: () => start }));
  const found: (EntryPlace & { readonly tables: Map<string, number> })[] = [];
  for (const { start, key, fields } of places.tables) {
    const [name, child] = partsOf(key);
    if (name !== "plugins") continue;
    if (child === undefined) {
      const tables = new Map<string, number>();
      found.push({ start, fields, tables, below: (each) => tables.get(each) ?? start });
    } else found.at(-1)?.tables.set(child, start);
  }
  return found;
}

/** Where a key of the top level stands: a field, or the first table of that name. */
function topPlace(places: Places, name: string): EntryPlace {
  const field = places.fields.find(({ key }) => partsOf(key)[0] === name);
  const start = (field ?? places.tables.find(({ key }) => partsOf(key)[0] === name))?.start ?? 0;
  return { start, fields: [], below: () => start };
}

function placeOf({ fields, below }: EntryPlace, name: string): number {
  return fields.find(({ key }) => partsOf(key)[0] === name)?.start ?? below(name);
}

function unknownKeys(table: Table, known: readonly string[]): readonly string[] {
  return Object.keys(table)
    .filter((key) => !known.includes(key))
    .slice(0, maxFaults);
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  const hint = near === undefined ? "" : `; did you mean ${quoteName(near)}?`;
  return `unknown key ${quoteName(key)}${hint}`;
}

function isTable(value: unknown): value is Table {
  return kindOf(value) === "a table";
}
