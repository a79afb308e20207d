/**
 * Levels: objects with known keys. Every key is an own property in the order of the schema,
 * `undefined` if absent. So all levels of one kind have the same shape, a hidden field looks like
 * an absent one, and nothing is ever looked up on a prototype.
 */
import * as z from "zod/mini";
import {
  BAD,
  countNode,
  countReady,
  currentPath,
  enter,
  extensionsLimits,
  isRecord,
  leave,
  type Place,
  type Reader,
  type ReadState,
  readAlone,
  report,
} from "../data/index.ts";
import {
  append,
  create,
  enumerableKeys,
  freeze,
  hasOwn,
  mapGet,
  newList,
  newMap,
  newRecord,
  ownValue,
  put,
} from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import { checksOf, hasPassed, passesBy, runZod, withChecks } from "./checks.ts";
import type { Compiled, Field, Level, LevelValue } from "./compiled.ts";
import { checkKey, leaveMap, mismatch, readJson } from "./readers.ts";

const constants = new WeakSet<object>();

/**
 * Gives a schema a string, number or boolean as default. It is read from the schema once, because
 * zod copies it each time with functions that a plugin may have patched.
 */
export function withDefault<S extends z.core.$ZodType>(
  schema: S,
  value: z.input<S> & z.output<S>,
): z.ZodMiniDefault<S> {
  // zod's type of a default excludes `undefined`; S may include it.
  const made = z._default(schema, value as never) as unknown as z.ZodMiniDefault<S>;
  constants.add(made._zod.def);
  return made;
}

type CompileField = (schema: z.core.$ZodType, key: string) => Compiled;

function compileFields(
  shape: Record<string, z.core.$ZodType>,
  compileField: CompileField,
  shownWhole: boolean,
): readonly Field[] {
  const fields = Object.entries(shape).map(([key, schema]) => {
    const field = compileOne(key, schema, compileField, shownWhole);
    freeze(field.compiled);
    return freeze(field);
  });
  return freeze(fields);
}

/** `mayBeAbsent`: a wrapper around the schema says that the field may be absent. */
function compileOne(
  key: string,
  schema: z.core.$ZodType,
  compileField: CompileField,
  shownWhole: boolean,
  mayBeAbsent = false,
): Field {
  // zod has a type for each class of definition; here all are read by their `type`.
  const def = schema._zod.def as unknown as WrapperDef;
  switch (def.type) {
    case "readonly":
    case "optional":
    case "nullable": {
      const absent = mayBeAbsent || def.type === "optional";
      const inner = compileOne(key, def.innerType, compileField, shownWhole, absent);
      const optional = inner.optional || absent;
      // Where the field may be absent, null means that it is.
      const isValue = def.type === "nullable" && !optional;
      const compiled = isValue ? nullableOf(inner.compiled, shownWhole) : inner.compiled;
      // If an optional field is absent, only a default takes its place.
      const stays = def.type !== "optional" || absenceIn(schema).optin === "defaulted";
      const fallback = stays ? inner.fallback : undefined;
      return checkedField(schema, { key, compiled, optional, fallback }, shownWhole);
    }
    case "default":
    case "prefault": {
      const compiled = compileField(def.innerType, key);
      const fallback = fallbackOf(def, compiled);
      const field = { key, compiled, optional: false, fallback };
      return checkedField(schema, field, shownWhole);
    }
    default:
      return { key, compiled: compileField(schema, key), ...absenceOf(schema) };
  }
}

interface WrapperDef {
  readonly type: string;
  readonly innerType: z.core.$ZodType;
  readonly defaultValue: unknown;
}

/** Makes null a value. In a slot, what is inside is then one value for the merge: it is read whole. */
export function nullableOf(inner: Compiled, shownWhole: boolean): Compiled {
  const { read } = inWhole(inner, shownWhole);
  return {
    shape: "scalar",
    read: (state, value, previous, partial) => {
      if (value !== null) return read(state, value, previous, shownWhole && partial);
      countNode(state);
      return null;
    },
    passes: undefined,
    level: undefined,
    element: undefined,
  };
}

/**
 * Returns a part of what a slot has as one value, unless it has headers: they are checked and
 * redacted field by field.
 *
 * @throws GlassineError `slot_invalid`
 */
export function inWhole(part: Compiled, shownWhole: boolean): Compiled {
  if (!shownWhole && hasHeaders(part)) throw headersInWhole();
  return part;
}

/** Exact, unlike `holdsHeaders`, which gives up on a schema with too many lazy parts. */
function hasHeaders(part: Compiled): boolean {
  // Grows while it is iterated.
  const parts = new Set([part]);
  for (const { shape, level } of parts) {
    if (shape === "headers") return true;
    for (const { compiled } of level?.fields ?? []) parts.add(compiled);
  }
  return false;
}

export function headersInWhole(): GlassineError {
  return new GlassineError(
    "slot_invalid",
    "Headers in a slot must be in fields of objects without a catchall: not in a list, record, tuple, union, z.lazy or nullable value, where they would not be checked.",
  );
}

/** Adds the checks of the wrapper around a field's type. */
function checkedField(schema: z.core.$ZodType, field: Field, shownWhole: boolean): Field {
  const checks = checksOf(schema);
  const passes = passesBy(checks);
  if (passes === undefined) return field;
  const { key, compiled, optional, fallback } = field;
  return {
    key,
    compiled: withChecks(compiled, checks, shownWhole),
    // As in zod, checks do not apply to an absent value.
    optional,
    fallback: fallback && (() => passing(fallback(), passes)),
  };
}

function passing(value: unknown, passes: (value: unknown) => boolean): unknown {
  return passes(value) ? value : undefined;
}

/** How a field without a wrapper treats absence: only zod knows, from its type. */
function absenceOf(schema: z.core.$ZodType): Pick<Field, "optional" | "fallback"> {
  const { optin, optout } = absenceIn(schema);
  if (optin === undefined) return { optional: false, fallback: undefined };
  if (optin === optout) return { optional: true, fallback: undefined };
  const read = () => {
    const verdict = runZod(schema, undefined);
    return hasPassed(verdict) ? verdict : undefined;
  };
  const first = read();
  return {
    optional: optout === "optional" || (first !== undefined && first.value === undefined),
    fallback: () => readOwn(read()?.value, readJson),
  };
}

function absenceIn({ _zod }: z.core.$ZodType): {
  readonly optin?: string;
  readonly optout?: string;
} {
  try {
    return { optin: _zod.optin, optout: _zod.optout } as never;
  } catch {
    // A lazy schema that refers to one not defined yet.
    return {};
  }
}

/** A constant default is frozen once and shared; a computed one (an instant) is made each time. */
function fallbackOf(def: WrapperDef, compiled: Compiled): () => unknown {
  // A prefault is an input of the type, so it is read with that.
  if (def.type === "prefault") return () => readOwn(def.defaultValue, compiled.read);
  const first = def.defaultValue;
  if (typeof first === "object" && first !== null) {
    // The output of a transform or a catch need not be valid input.
    const read = compiled.shape === "scalar" ? undefined : readOwn(first, compiled.read);
    const value = read ?? frozenDefault(first);
    return () => value;
  }
  return constants.has(def) ? () => first : () => scalarOf(def, first);
}

/** Gets a default from zod, whose functions a plugin may have patched. Ignores containers. */
function scalarOf(def: WrapperDef, first: unknown): unknown {
  const value = def.defaultValue;
  const isScalar = (typeof value !== "object" || value === null) && typeof value !== "function";
  return isScalar ? value : first;
}

/** Reads a default into the form in which values are stored: sets sorted, levels complete. */
function readOwn(value: unknown, reader: Reader): unknown {
  const read = readAlone(reader, value, extensionsLimits);
  return read === BAD ? undefined : read;
}

function frozenDefault(value: unknown): unknown {
  if (Array.isArray(value)) return freeze(value.map(frozenDefault));
  if (typeof value !== "object" || value === null) return value;
  const map = create(null) as Record<string, unknown>;
  for (const key of enumerableKeys(value)) {
    map[key] = frozenDefault((value as Record<string, unknown>)[key]);
  }
  return freeze(map);
}

const aliasesOf = new WeakMap<object, Readonly<Record<string, string>>>();

/** Lets fields be read under other names. They are stored under their own. */
export function withAliases<S extends z.core.$ZodType>(
  schema: S,
  aliases: Record<string, string>,
): S {
  aliasesOf.set(schema._zod.def, aliases);
  return schema;
}

/** A limit, because there can be a flood of unknown fields. */
const maxDropped = 100;

interface LevelOptions {
  /** An unknown field from a plugin makes its whole proposal invalid. */
  readonly closed: boolean;
  /** Plugins see all of the value, so nothing in it is hidden from them. */
  readonly shownWhole: boolean;
  /** An unknown field is refused, whoever it is from. */
  readonly strict: boolean;
}

export function compileLevel(
  schema: z.core.$ZodType,
  shape: Record<string, z.core.$ZodType>,
  compileField: CompileField,
  options: LevelOptions,
): Level {
  const fields = compileFields(shape, compileField, options.shownWhole);
  const keys = freeze(fields.map(({ key }) => key));
  const readers = fields.map(({ compiled }) => compiled.read);
  // A spread runs no setter of a patched prototype. Spreading an object that is not frozen would
  // make one that V8 takes several times as long to brand and freeze.
  const empty: LevelValue = freeze(Object.fromEntries(keys.map((key) => [key, undefined])));
  const places = new Map<string, number>();
  for (let i = 0; i < keys.length; i++) places.set(keys[i] as string, i);
  const aliases = Object.entries(aliasesOf.get(schema._zod?.def ?? schema) ?? {});
  for (const [alias, key] of aliases) places.set(alias, places.get(key) as number);

  const needed = neededOf(fields);

  const read: Reader = (state, value, previous, partial) => {
    if (!isRecord(value)) return mismatch(state, value, "an object");
    if (value === previous) return previous;
    const place = enter(state);
    const known = isRecord(previous) ? previous : undefined;
    // A payload without a previous value is read as a whole, but a slot is still read in part.
    const isPart = partial === true && (known !== undefined || !options.shownWhole);
    // In a part, fields that are left out keep their value.
    const level: Record<string, unknown> = { ...(isPart && known !== undefined ? known : empty) };
    // An object has each key once, so only an alias can give a field a second value.
    const given = aliases.length > 0 ? newRecord() : undefined;
    let same = known !== undefined;
    // Most documents have the fields in the order of the schema.
    let next = 0;
    const names = enumerableKeys(value);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const raw = value[name];
      place.key = name;
      while (next < keys.length && keys[next] !== name) next += 1;
      const found = next < keys.length ? next : mapGet(places, name);
      next = found ?? 0;
      if (found === undefined) {
        unknownField(state, name, raw, options, keys);
        continue;
      }
      if (raw === undefined || (raw === null && mayBeNull(state, fields[found] as Field))) continue;
      const key = keys[found] as string;
      const shown = known !== undefined && hasOwn(known, key) ? known[key] : undefined;
      // An unchanged value was read and checked before, so it does not count towards the limits.
      const isShown = raw === shown && typeof raw === "object" && raw !== null;
      const item = isShown ? raw : (readers[found] as Reader)(state, raw, shown, partial);
      if (given !== undefined) {
        if (hasOwn(given, key) && given[key] !== item) {
          report(state, state.shapeCode, `one "${key}"`, "two that differ");
        }
        given[key] = item;
      }
      if (item !== shown) same = false;
      // The previous payload may lack some of the fields.
      if (isPart && !hasOwn(level, key)) put(level, key, item);
      else level[key] = item;
    }
    if (!isPart) fillIn(state, place, needed, level);
    const isKnown = same && (isPart || hasSame(known as LevelValue, keys, level));
    return leave(state, place, isKnown ? (known as LevelValue) : level);
  };
  return freeze({ fields, empty, read });
}

/**
 * Whether null means that the field is absent. From a plugin, null in place of a set or a header
 * map looks like an attempt to clear it.
 */
function mayBeNull(state: ReadState, { optional, compiled: { shape } }: Field): boolean {
  return optional && (state.origin !== "plugin" || (shape !== "headers" && shape !== "set"));
}

/** Returns the fields that matter when absent: they are required or have a default. */
function neededOf(fields: readonly Field[]): readonly Field[] {
  return fields.filter(({ optional, fallback }) => !optional || fallback !== undefined);
}

/** Fills in the defaults of absent fields, and reports missing required ones. */
function fillIn(
  state: ReadState,
  place: Place,
  needed: readonly Field[],
  level: Record<string, unknown>,
): void {
  for (let i = 0; i < needed.length; i++) {
    const { key, optional, fallback } = needed[i] as Field;
    if (level[key] !== undefined) continue;
    place.key = key;
    const value = fallback?.();
    if (value === undefined) {
      if (!optional) report(state, state.shapeCode, "a value", "nothing");
      continue;
    }
    countReady(state, value);
    level[key] = value;
  }
}

/** Whether `known`, which may lack fields, has the same values as `level` under these keys. */
function hasSame(known: LevelValue, keys: readonly string[], level: LevelValue): boolean {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (level[key] !== ownValue(known, key)) return false;
  }
  return true;
}

const maxNamed = 16;

/** Runs while plugins do, so it takes no array method of a realm that one may have patched. */
function expectedFields(keys: readonly string[]): string {
  if (keys.length === 0) return "no fields";
  let names = keys[0] as string;
  for (let i = 1; i < keys.length && i < maxNamed; i++) names += `, ${keys[i]}`;
  const rest = keys.length - maxNamed;
  if (rest > 0) names += ` and ${rest} more`;
  return `only the field${keys.length === 1 ? "" : "s"} ${names}`;
}

/** Reports, lists or drops a field that the level does not have. */
function unknownField(
  state: ReadState,
  key: string,
  raw: unknown,
  options: LevelOptions,
  keys: readonly string[],
): void {
  // It was reported when it could not be copied.
  if (raw === BAD) return;
  if (state.origin === "plugin") {
    // Unsafe data outranks an unknown name and ends the reading; and its size counts.
    checkKey(state, key, undefined);
    if (raw !== undefined) readJson(state, raw, undefined);
    if (options.closed || options.strict) {
      report(state, "slot_unknown", expectedFields(keys), "an unknown field");
    }
  } else if (options.strict || state.strict) {
    const isOfTable = !options.strict && state.shapeCode === "extensions_shape";
    const code = isOfTable ? "slot_unknown" : state.shapeCode;
    report(state, code, expectedFields(keys), "an unknown field");
  } else {
    state.droppedCount += 1;
    state.dropped ??= newList();
    if (state.dropped.length < maxDropped) append(state.dropped, currentPath(state));
  }
}

/**
 * Compiles a level that keeps unknown fields as data: a map in which some keys have a type.
 * `readRest` reads the other keys.
 */
export function compileLoose(
  shape: Record<string, z.core.$ZodType>,
  compileField: CompileField,
  readRest: Reader,
): Reader {
  const fields = compileFields(shape, compileField, true);
  const byKey: Record<string, Field> = create(null);
  for (const field of fields) byKey[field.key] = field;
  const needed = neededOf(fields);
  return (state, value, previous) => {
    if (!isRecord(value)) return mismatch(state, value, "an object");
    if (value === previous) return previous;
    const place = enter(state);
    const known = isRecord(previous) ? previous : undefined;
    const keys = enumerableKeys(value);
    const map = newMap(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const raw = value[key];
      const field = byKey[key];
      if (raw === undefined || (raw === null && field?.optional === true)) continue;
      place.key = key;
      checkKey(state, key, known);
      const shown = ownValue(known, key);
      map[key] = (field?.compiled.read ?? readRest)(state, raw, shown);
    }
    fillIn(state, place, needed, map);
    const found = enumerableKeys(map);
    const isKnown =
      known !== undefined &&
      found.length === enumerableKeys(known).length &&
      hasSame(known, found, map);
    return isKnown ? leave(state, place, known) : leaveMap(state, place, map, found.length);
  };
}
