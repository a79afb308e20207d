/** The state of reading a document, and the reports of fields that nothing shows. */
import type { Json } from "../../core/data/index.ts";
import { type JsonObject, keysOf, type Path } from "./json.ts";
import { contentKind } from "./left-kinds.ts";
import { type Collector, type Left, pathOf } from "./report.ts";

export interface Reading {
  readonly left: Collector<Left>;
  /** What parts show of the calls so far, by call id. */
  readonly calls: Map<string, JsonObject>;
  /** How many calls and results without an id there were, by a key that a rule chooses. */
  readonly counts: Map<string, number>;
  /** What the host knows and the document does not say, such as the id of the request. */
  readonly given: Given;
  readonly reportField: FieldReporter;
  readonly forms?: FormReport | undefined;
  /** Values that another program may read differently, as they were read here. */
  readonly ambiguousValues: AmbiguousValue[];
}

/** A value as it was read; `undefined` for a field that must be removed with such a value. */
interface AmbiguousValue {
  readonly path: Path;
  readonly value: Json | undefined;
}

export type Given = { readonly [name: string]: string | undefined };

/** Reports a field that nothing shows. Null means absent, unless a format has its own reporter. */
export type FieldReporter = (
  left: Collector<Left>,
  path: Path,
  value: Json,
  isSetting: boolean,
) => void;

/** Reports each field of a block that would be written in another form, except `reported` ones. */
export type FormReport = (
  left: Collector<Left>,
  block: JsonObject,
  part: unknown,
  at: { readonly path: Path; readonly place: string },
  reported: readonly string[],
) => void;

export function readingWith(
  left: Collector<Left>,
  given: Given,
  reportField: FieldReporter,
  forms?: FormReport,
): Reading {
  return {
    left,
    calls: new Map(),
    counts: new Map(),
    given,
    reportField,
    forms,
    ambiguousValues: [],
  };
}

/** Returns a reading that reports nothing, for reading again what was read or written before. */
export function silentReading(given: Given = {}): Reading {
  return readingWith({ add: () => {}, list: () => [] }, given, () => {});
}

/** The known fields of an object and of the objects in it. */
export type KnownFields = ReadonlyMap<string | number, "shown" | "setting" | KnownFields>;

/**
 * @param shown fields that messages or extensions show: `source.data` for a nested field,
 *   `edits.*.type` for a field of each item of a list
 * @param settings fields with no effect on what is said; any other field counts as content
 */
export function knownFields(
  shown: readonly string[],
  settings: readonly string[] = [],
): KnownFields {
  const known: KnownTree = new Map();
  for (const place of settings) add(known, keysOf(place), "setting");
  for (const place of shown) add(known, keysOf(place), "shown");
  return known;
}

/** Returns the names of fields inside another field. */
export function under(place: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${place}.${name}`);
}

type KnownTree = Map<string | number, "shown" | "setting" | KnownTree>;

function add(known: KnownTree, [name, ...rest]: Path, as: "shown" | "setting"): void {
  if (name === undefined) return;
  const key = name === "*" ? eachItem : name;
  if (rest.length === 0) {
    if (known.get(key) !== "shown") known.set(key, as);
    return;
  }
  const before = known.get(key);
  if (before === "shown") return;
  const inner: KnownTree = before instanceof Map ? before : new Map();
  if (before === "setting") inner.set(itself, before);
  known.set(key, inner);
  add(inner, rest, as);
}

/** The key for a value that is not an object although its fields are known. No field has it. */
const itself = -1;
/** The key for each item of a list. */
const eachItem = -2;

/** Reports the fields that are not shown according to `known`, except those in `reported`. */
export function reportFields(
  reading: Reading,
  fields: JsonObject | readonly Json[],
  path: Path,
  known: KnownFields,
  reported: readonly string[] = [],
): void {
  const { left, reportField } = reading;
  const isList = Array.isArray(fields);
  const others = new Set(reported);
  for (const [name, value] of Object.entries(fields)) {
    const key = isList ? Number(name) : name;
    const as = known.get(key) ?? (isList ? known.get(eachItem) : undefined);
    if (value === undefined || as === "shown" || others.has(name)) continue;
    const at = [...path, key];
    if (!(as instanceof Map)) reportField(left, at, value, as === "setting");
    else if (typeof value === "object" && value !== null) reportFields(reading, value, at, as);
    else reportField(left, at, value, as.get(itself) === "setting");
  }
}

/** Reports a field that nothing shows, for formats without their own reporter. */
export function reportUnshown(
  left: Collector<Left>,
  path: Path,
  value: Json,
  isSetting: boolean,
): void {
  if (value === null) return;
  left.add(
    isSetting
      ? { path: pathOf(...path), kind: "setting", reason: "A setting." }
      : {
          path: pathOf(...path),
          kind: contentKind(path, value),
          reason: "Messages have no such field.",
        },
    path,
  );
}
