/**
 * Levels: objects with known keys. Every key is an own property in the order of the schema,
 * `undefined` where absent. So all levels of one kind have one shape, a hidden field looks
 * like an absent one, and nothing is ever looked up on a prototype.
 */
import type * as z from "zod";
import type { Compiled, Field, Level, LevelValue } from "./compiled.ts";
import { mismatch, readJson } from "./free-form.ts";
import { append, create, enumerableKeys, freeze, hasOwn, isArray } from "./intrinsics.ts";
import { extensionsLimits } from "./limits.ts";
import { checkKey, containerKind, isRecord, keysOf, readProperty, typeName } from "./properties.ts";
import {
  BAD,
  countNode,
  currentPath,
  enter,
  leave,
  newWalk,
  type Reader,
  report,
  STOP,
  type Walk,
} from "./walk.ts";

const aliasesOf = new WeakMap<object, Readonly<Record<string, string>>>();

/** Lets a field be read under a second name. It is stored under the first. */
export function withAliases<S extends z.ZodType>(schema: S, aliases: Record<string, string>): S {
  aliasesOf.set(schema._zod.def, aliases);
  return schema;
}

/** A flood of unknown fields gets no list as long. */
const maxDropped = 100;
const constants = new WeakSet<object>();

/**
 * A text, number or truth as default. It is read off the schema once, because zod copies it each
 * time by functions that a plugin may have patched.
 */
export function withDefault<S extends z.ZodType>(
  schema: S,
  value: z.input<S> & z.output<S>,
): z.ZodDefault<S> {
  const made = schema.default(value as never) as unknown as z.ZodDefault<S>;
  constants.add(made._zod.def);
  return made;
}

interface LevelOptions {
  /** An unknown field from a plugin refuses the proposal. */
  readonly closed: boolean;
  /** An unknown field from anyone is refused. */
  readonly strict: boolean;
}

type CompileField = (schema: z.ZodType, key: string) => Compiled;

export function compileLevel(
  schema: z.ZodType,
  shape: Record<string, z.ZodType>,
  compileField: CompileField,
  options: LevelOptions,
): Level {
  const fields = Object.entries(shape).map(([key, inner]) => compileOne(key, inner, compileField));
  const byKey: Record<string, Field> = create(null);
  for (const field of fields) byKey[field.key] = field;
  for (const [alias, key] of Object.entries(aliasesOf.get(schema._zod?.def ?? schema) ?? {})) {
    byKey[alias] = byKey[key] as Field;
  }
  const template = freeze(Object.fromEntries(fields.map((field) => [field.key, undefined])));

  const readInto = (walk: Walk, value: unknown, hint: unknown, partial: boolean): unknown => {
    if (value === hint && hint !== undefined) return hint;
    const kind = containerKind(walk, value);
    if (kind === BAD) return BAD;
    if (kind !== "object") return mismatch(walk, value, "an object");
    const source = value as object;
    if (!isRecord(walk, source)) return BAD;
    countNode(walk);
    if (!enter(walk, source)) return BAD;
    const known = hint as LevelValue | undefined;
    const out: Record<string, unknown> = { ...(partial && known !== undefined ? known : template) };
    const seen: Record<string, true> = create(null);
    const keys = keysOf(walk, source);
    let bad = false;
    let same = known !== undefined;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const raw = readProperty(walk, source, key);
      if (raw === BAD) {
        bad = true;
        continue;
      }
      const field = byKey[key];
      if (field === undefined) {
        if (!unknownField(walk, key, raw, options)) bad = true;
        continue;
      }
      if (raw === undefined || (raw === null && field.optional && !mustBeGiven(walk, field)))
        continue;
      const { compiled } = field;
      const shown = known === undefined ? undefined : ownField(known, field.key);
      const item = (partial ? compiled.overlay : compiled.read)(walk, raw, shown);
      if (item !== shown) same = false;
      if (item === BAD) bad = true;
      else if (seen[field.key] === true && out[field.key] !== item) {
        report(walk, walk.shapeCode, `one "${field.key}"`, "two that differ");
        bad = true;
      }
      seen[field.key] = true;
      out[field.key] = item;
    }
    if (!partial) {
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i] as Field;
        if (seen[field.key] === true) continue;
        if (field.fallback !== undefined) out[field.key] = field.fallback();
        if (field.optional || field.fallback !== undefined) continue;
        walk.path[walk.depth - 1] = field.key;
        report(walk, walk.shapeCode, "a value", "nothing");
        bad = true;
      }
    }
    leave(walk);
    if (bad) return BAD;
    if (same && (partial || sameFields(fields, out, known as LevelValue))) return known;
    return freeze(out);
  };

  return {
    fields,
    template,
    read: (walk, value, hint) => readInto(walk, value, hint, false),
    overlay: (walk, value, hint) => readInto(walk, value, hint, true),
  };
}

/** From a plugin, null where a set or a header map belongs looks like an attempt to clear it. */
function mustBeGiven(walk: Walk, { compiled: { shape } }: Field): boolean {
  return walk.origin === "plugin" && (shape === "headers" || shape === "set");
}

/** Whether a level that was read says the same as one that need not have every field. */
function sameFields(fields: readonly Field[], read: LevelValue, known: LevelValue): boolean {
  for (let i = 0; i < fields.length; i++) {
    const { key } = fields[i] as Field;
    if (read[key] !== ownField(known, key)) return false;
  }
  return true;
}

/** What was shown of a field. A payload need not have each; a patched prototype may. */
function ownField(level: LevelValue, key: string): unknown {
  const value = level[key];
  return value === undefined || hasOwn(level, key) ? value : undefined;
}

/** Whether reading may go on after a key that the level does not have. */
function unknownField(walk: Walk, key: string, raw: unknown, options: LevelOptions): boolean {
  if (walk.origin === "plugin") {
    // Unsafe data outranks an unknown name, and its size counts.
    if (!checkKey(walk, key) || readJson(walk, raw, undefined) === BAD) return false;
    if (!options.closed && !options.strict) return true;
    report(walk, "slot_unknown", "a known field", "an unknown one");
    return false;
  }
  if (options.strict || walk.strict) {
    report(
      walk,
      options.strict ? walk.shapeCode : "slot_unknown",
      "a known field",
      "an unknown one",
    );
    return false;
  }
  walk.droppedCount += 1;
  if (walk.dropped.length < maxDropped) append(walk.dropped, currentPath(walk));
  return true;
}

function compileOne(key: string, schema: z.ZodType, compileField: CompileField): Field {
  const def = schema._zod.def as unknown as {
    type: string;
    innerType: z.ZodType;
    defaultValue: unknown;
  };
  if (def.type === "readonly") return compileOne(key, def.innerType, compileField);
  if (def.type === "optional" || def.type === "nullable") {
    const inner = compileOne(key, def.innerType, compileField);
    return { ...inner, optional: true };
  }
  if (def.type === "default" || def.type === "prefault") {
    const compiled = compileField(def.innerType, key);
    return { key, compiled, optional: false, fallback: fallbackOf(def, compiled) };
  }
  const compiled = compileField(schema, key);
  return { key, compiled, optional: false, fallback: undefined };
}

/** A constant default is frozen once and shared; a computed one (an instant) is made each time. */
function fallbackOf(def: { defaultValue: unknown }, compiled: Compiled): () => unknown {
  const first = def.defaultValue;
  if (typeof first === "object" && first !== null) {
    const value = canonicalDefault(first, compiled);
    return () => value;
  }
  return constants.has(def) ? () => first : () => scalarOf(def, first);
}

/** zod makes it, by functions that a plugin may have patched. A container of theirs is not taken. */
function scalarOf(def: { defaultValue: unknown }, first: unknown): unknown {
  const value = def.defaultValue;
  const isScalar = (typeof value !== "object" || value === null) && typeof value !== "function";
  return isScalar ? value : first;
}

/** A default in the form in which a value that was read is stored: sets sorted, levels whole. */
function canonicalDefault(value: object, compiled: Compiled): unknown {
  const walk = newWalk({
    origin: "host",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  });
  try {
    const read = compiled.read(walk, value, undefined);
    if (read !== BAD) return read;
  } catch (stopped) {
    if (stopped !== STOP) throw stopped;
  }
  // The output of a transform need not be an input of it.
  return frozenDefault(value);
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

/**
 * A level that keeps unknown fields as data: a map in which some keys have a type. `readRest`
 * reads the others.
 */
export function compileLoose(
  shape: Record<string, z.ZodType>,
  compileField: CompileField,
  readRest: Reader,
): Reader {
  const fields = Object.entries(shape).map(([key, inner]) => compileOne(key, inner, compileField));
  const byKey: Record<string, Field> = create(null);
  for (const field of fields) byKey[field.key] = field;
  return (walk, value, hint) => {
    const whole = readJson(walk, value, hint);
    if (whole === BAD) return BAD;
    if (typeof whole !== "object" || whole === null || isArray(whole)) {
      return report(walk, walk.shapeCode, "an object", typeName(whole));
    }
    if (whole === hint || !enter(walk, whole)) return whole === hint ? hint : BAD;
    const map = create(null) as Record<string, unknown>;
    const keys = enumerableKeys(whole);
    let bad = false;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const item = (whole as Record<string, unknown>)[key];
      const field = byKey[key];
      if (item === null && field?.optional === true) continue;
      walk.path[walk.depth - 1] = key;
      const read = (field?.compiled.read ?? readRest)(walk, item, undefined);
      if (read === BAD) bad = true;
      map[key] = read;
    }
    for (let i = 0; i < fields.length; i++) {
      const { key, optional, fallback } = fields[i] as Field;
      if (hasOwn(map, key)) continue;
      if (fallback !== undefined) map[key] = fallback();
      if (optional || fallback !== undefined) continue;
      walk.path[walk.depth - 1] = key;
      report(walk, walk.shapeCode, "a value", "nothing");
      bad = true;
    }
    leave(walk);
    return bad ? BAD : readJson(walk, map, hint);
  };
}
