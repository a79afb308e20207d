/** What a document is read with, and the report of fields that nothing shows. */
import type { Json } from "../../core/data/index.ts";
import { type JsonObject, keysOf, type Path } from "./json.ts";
import { contentKind } from "./left-kinds.ts";
import { type Collector, type Left, pathOf } from "./report.ts";

/** One reading of a document. */
export interface Reading {
  readonly left: Collector<Left>;
  /** The names of the calls so far, by call id. */
  readonly toolNames: Map<string, string>;
  /** How many calls and results without an id there were, by what a rule counts them by. */
  readonly counts: Map<string, number>;
  /** What the document does not say and its host knows, such as the id of the request. */
  readonly given: Given;
  readonly reportField: FieldReporter;
  readonly forms?: FormReport | undefined;
  /** Values that another program may read otherwise, as they were read. */
  readonly asRead: ReadAs[];
}

/** What a value was read as; `undefined` for a field that goes with it. */
interface ReadAs {
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

/** Reports each field of a block that would be written in another form, unless `reported` has it. */
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
  return { left, toolNames: new Map(), counts: new Map(), given, reportField, forms, asRead: [] };
}

/** For reading again what was read or written before: it reports nothing. */
export function silentReading(given: Given = {}): Reading {
  return readingWith({ add: () => {}, list: () => [] }, given, () => {});
}

/** The known fields of an object, and of the objects in it. */
export type KnownFields = ReadonlyMap<string | number, "shown" | "setting" | KnownFields>;

/**
 * @param shown fields that messages or extensions show, `source.data` for one inside another,
 *   `edits.*.type` for one of each item of a list
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

/** Fields inside another. */
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

/** The key of a value that is no object, where only fields of one are known. No field has it. */
const itself = -1;
/** The key of each item of a list. */
const eachItem = -2;

/** Reports the fields that `known` does not say are shown, but those that are `reported`. */
export function reportFields(
  reading: Reading,
  fields: JsonObject | readonly Json[],
  path: Path,
  known: KnownFields,
  reported: readonly string[] = [],
): void {
  const { left, reportField } = reading;
  const isList = Array.isArray(fields);
  for (const [name, value] of Object.entries(fields)) {
    const key = isList ? Number(name) : name;
    const as = known.get(key) ?? (isList ? known.get(eachItem) : undefined);
    if (value === undefined || as === "shown" || reported.includes(name)) continue;
    const at = [...path, key];
    if (!(as instanceof Map)) reportField(left, at, value, as === "setting");
    else if (typeof value === "object" && value !== null) reportFields(reading, value, at, as);
    else reportField(left, at, value, as.get(itself) === "setting");
  }
}

/** Reports a field as the engine does where a format has no reporter of its own. */
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
          kind: contentKind(String(path.at(-1)), path.length === 1),
          reason: "Messages have no such field.",
        },
    path,
  );
}
