/**
 * Levels: objects with known keys. Every key is an own property in the order of the schema,
 * `undefined` where absent. So all levels of one kind have one shape, a hidden field looks
 * like an absent one, and nothing is ever looked up on a prototype.
 */
import type * as z from "zod/mini";
import {
  BAD,
  checkKey,
  containerKind,
  countAgain,
  countNode,
  countReady,
  currentPath,
  enter,
  isRecord,
  keysOf,
  leave,
  mismatch,
  type Reader,
  type ReadState,
  readJson,
  readProperty,
  report,
  typeName,
} from "../data/index.ts";
import {
  append,
  copyOf,
  create,
  enumerableKeys,
  freeze,
  hasOwn,
  isArray,
  mapGet,
  newArray,
  newMap,
  put,
} from "../data/intrinsics.ts";
import type { Field, Level } from "./compiled.ts";
import { type CompileField, compileFields } from "./fields.ts";
import { type GeneratedLayout, type LevelValue, layoutOf } from "./object-layout.ts";
import { parsedLevelReader } from "./read-parsed-level.ts";

const aliasesOf = new WeakMap<object, Readonly<Record<string, string>>>();

/** Lets a field be read under a second name. It is stored under the first. */
export function withAliases<S extends z.core.$ZodType>(
  schema: S,
  aliases: Record<string, string>,
): S {
  aliasesOf.set(schema._zod.def, aliases);
  return schema;
}

/** Where no field is read twice and none is filled in, nobody asks which were there. */
const noMarks: (true | undefined)[] = newArray(0);

/** A flood of unknown fields gets no list as long. */
const maxDropped = 100;
interface LevelOptions {
  /** An unknown field from a plugin refuses the proposal. */
  readonly closed: boolean;
  /** What a plugin was not shown of it is not there. */
  readonly shownWhole: boolean;
  /** An unknown field from anyone is refused. */
  readonly strict: boolean;
  readonly layouts?: readonly GeneratedLayout[] | undefined;
}

export function compileLevel(
  schema: z.core.$ZodType,
  shape: Record<string, z.core.$ZodType>,
  compileField: CompileField,
  options: LevelOptions,
): Level {
  const fields = compileFields(shape, compileField, options.shownWhole);
  const keys = fields.map(({ key }) => key);
  const places = new Map(keys.map((key, place) => [key, place]));
  const aliases = aliasesOf.get(schema._zod?.def ?? schema) ?? {};
  for (const [alias, key] of Object.entries(aliases)) places.set(alias, places.get(key) as number);
  const layout = layoutOf(keys, options.layouts);
  const { length } = fields;
  // An object has each key once, so only a second name can name a field again.
  const hasAliases = places.size > length;
  const noValues: readonly unknown[] = newArray(length);

  const readInto = (
    state: ReadState,
    value: unknown,
    previous: unknown,
    partial: boolean,
  ): unknown => {
    if (value === previous && previous !== undefined) return previous;
    const kind = containerKind(state, value);
    if (kind === BAD) return BAD;
    if (kind !== "object") return mismatch(state, value, "an object");
    const source = value as object;
    if (!isRecord(state, source)) return BAD;
    countNode(state);
    if (!enter(state, source)) return BAD;
    const known =
      typeof previous === "object" && previous !== null ? (previous as LevelValue) : undefined;
    const before = known === undefined ? noValues : layout.values(known);
    // Over what was shown, what is left out stays, so the values are those until one differs.
    let values: unknown[] | undefined = partial ? undefined : newArray(length);
    const isMarked = hasAliases || !partial || options.shownWhole;
    const seen = isMarked ? newArray<true | undefined>(length) : noMarks;
    const found = keysOf(state, source);
    let bad = false;
    let same = known !== undefined;
    // Documents mostly have the fields in the order of the schema.
    let next = 0;
    for (let i = 0; i < found.length; i++) {
      const key = found[i] as string;
      const raw = readProperty(state, source, key);
      while (next < length && keys[next] !== key) next += 1;
      const place = next < length ? next : mapGet(places, key);
      next = place ?? 0;
      if (raw === BAD) {
        bad = true;
        // It is there, whatever it is: nobody is told that it is missing.
        if (isMarked && place !== undefined) seen[place] = true;
        continue;
      }
      if (place === undefined) {
        if (!unknownField(state, key, raw, options)) bad = true;
        continue;
      }
      const field = fields[place] as Field;
      if (raw === undefined || (raw === null && field.optional && !mustBeGiven(state, field)))
        continue;
      const { compiled } = field;
      const shown = before[place];
      // What was shown was read and held to the rules before, so it costs the limits nothing.
      const isShown = raw === shown && typeof raw === "object" && raw !== null;
      const item = isShown
        ? raw
        : (partial ? compiled.readPartial : compiled.read)(state, raw, shown);
      if (item === BAD) bad = true;
      else if (isMarked && seen[place] === true && (values ?? before)[place] !== item) {
        report(state, state.shapeCode, `one "${field.key}"`, "two that differ");
        bad = true;
      }
      if (isMarked) seen[place] = true;
      if (item !== shown) {
        same = false;
        values ??= copyOf(before);
      }
      if (values !== undefined) values[place] = item;
    }
    if (!partial && !fillIn(state, fields, values as unknown[], seen)) bad = true;
    leave(state);
    if (bad) return BAD;
    if (same && (partial || sameValues(values as unknown[], before))) return known;
    const whole = values ?? before;
    // A payload may hold more than its schema knows.
    return freeze(
      partial && options.shownWhole && known !== undefined
        ? overlaid(known, keys, whole, seen)
        : layout.build(whole),
    );
  };

  return {
    fields,
    layout,
    readParsed: parsedLevelReader({ fields, places, layout }),
    read: (state, value, previous) => readInto(state, value, previous, false),
    readPartial: (state, value, previous) =>
      readInto(state, value, previous, !options.shownWhole || previous !== undefined),
  };
}

/** From a plugin, null where a set or a header map belongs looks like an attempt to clear it. */
function mustBeGiven(state: ReadState, { compiled: { shape } }: Field): boolean {
  return state.origin === "plugin" && (shape === "headers" || shape === "set");
}

function overlaid(
  known: LevelValue,
  keys: readonly string[],
  values: readonly unknown[],
  seen: Seen,
): LevelValue {
  const level: Record<string, unknown> = { ...known };
  for (let i = 0; i < keys.length; i++) {
    if (seen[i] === true) put(level, keys[i] as string, values[i]);
  }
  return level;
}

type Seen = readonly (true | undefined)[];

/** Gives what is absent its default. Whether all is there that must be. */
function fillIn(
  state: ReadState,
  fields: readonly Field[],
  values: unknown[],
  seen: Seen,
): boolean {
  let isWhole = true;
  for (let i = 0; i < fields.length; i++) {
    if (seen[i] === true) continue;
    const { key, optional, fallback } = fields[i] as Field;
    if (fallback !== undefined) {
      const value = fallback();
      state.path[state.depth - 1] = key;
      countReady(state, value);
      values[i] = value;
    }
    if (optional || values[i] !== undefined) continue;
    state.path[state.depth - 1] = key;
    report(state, state.shapeCode, "a value", "nothing");
    isWhole = false;
  }
  return isWhole;
}

/** Whether a level that was read says the same as one that need not have every field. */
function sameValues(values: readonly unknown[], known: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== known[i]) return false;
  return true;
}

/** Whether reading may go on after a key that the level does not have. */
function unknownField(state: ReadState, key: string, raw: unknown, options: LevelOptions): boolean {
  if (state.origin === "plugin") {
    // Unsafe data outranks an unknown name, and its size counts. It ends the reading.
    checkKey(state, key);
    readJson(state, raw, undefined);
    if (!options.closed && !options.strict) return true;
    report(state, "slot_unknown", "a known field", "an unknown one");
    return false;
  }
  if (options.strict || state.strict) {
    const isOfTable = !options.strict && state.shapeCode === "extensions_shape";
    report(state, isOfTable ? "slot_unknown" : state.shapeCode, "a known field", "an unknown one");
    return false;
  }
  state.droppedCount += 1;
  if (state.dropped.length < maxDropped) append(state.dropped, currentPath(state));
  return true;
}

/**
 * A level that keeps unknown fields as data: a map in which some keys have a type. `readRest`
 * reads the others.
 */
export function compileLoose(
  shape: Record<string, z.core.$ZodType>,
  compileField: CompileField,
  readRest: Reader,
): Reader {
  const fields = compileFields(shape, compileField, true);
  const byKey: Record<string, Field> = create(null);
  for (const field of fields) byKey[field.key] = field;
  return (state, value, previous) => {
    const { nodes, units } = state;
    const whole = readJson(state, value, previous);
    if (whole === BAD) return BAD;
    if (typeof whole !== "object" || whole === null || isArray(whole)) {
      return report(state, state.shapeCode, "an object", typeName(whole));
    }
    if (whole === previous) return previous;
    enter(state, whole);
    countAgain(state, { nodes, units });
    const keys = enumerableKeys(whole);
    const map = newMap(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const item = (whole as Record<string, unknown>)[key];
      const field = byKey[key];
      if (item === null && field?.optional === true) continue;
      state.path[state.depth - 1] = key;
      map[key] = (field?.compiled.read ?? readRest)(state, item, undefined);
    }
    for (let i = 0; i < fields.length; i++) {
      const { key, optional, fallback } = fields[i] as Field;
      if (hasOwn(map, key)) continue;
      if (fallback !== undefined) map[key] = fallback();
      if (optional || map[key] !== undefined) continue;
      state.path[state.depth - 1] = key;
      map[key] = report(state, state.shapeCode, "a value", "nothing");
    }
    leave(state);
    countAgain(state, { nodes, units });
    // A part that was bad makes the whole so; it was told already.
    return readJson(state, map, previous);
  };
}
