/** The fields of a level: what is wrapped around their types, and what their absence means. */
import * as z from "zod/mini";
import { BAD, extensionsLimits, type Reader, readAlone, readJson } from "../data/index.ts";
import { create, enumerableKeys, freeze } from "../data/intrinsics.ts";
import { checksOf, isFree, passesBy, runZod, withChecks } from "./checks.ts";
import type { Compiled, Field } from "./compiled.ts";

const constants = new WeakSet<object>();

/**
 * A text, number or truth as default. It is read off the schema once, because zod copies it each
 * time by functions that a plugin may have patched.
 */
export function withDefault<S extends z.core.$ZodType>(
  schema: S,
  value: z.input<S> & z.output<S>,
): z.ZodMiniDefault<S> {
  // zod takes and returns a default without `undefined`; S may have it.
  const made = z._default(schema, value as never) as unknown as z.ZodMiniDefault<S>;
  constants.add(made._zod.def);
  return made;
}

export type CompileField = (schema: z.core.$ZodType, key: string) => Compiled;

export function compileFields(
  shape: Record<string, z.core.$ZodType>,
  compileField: CompileField,
  shownWhole: boolean,
): readonly Field[] {
  return Object.entries(shape).map(([key, schema]) =>
    compileOne(key, schema, compileField, shownWhole),
  );
}

function compileOne(
  key: string,
  schema: z.core.$ZodType,
  compileField: CompileField,
  shownWhole: boolean,
): Field {
  // zod types a definition by its class; here any of them is read by its `type`.
  const def = schema._zod.def as unknown as WrapperDef;
  switch (def.type) {
    case "readonly":
    case "optional":
    case "nullable": {
      const inner = compileOne(key, def.innerType, compileField, shownWhole);
      const optional = inner.optional || def.type !== "readonly";
      // Of what is optional, only a default stands in for what is absent.
      const stays = def.type !== "optional" || absenceIn(schema).optin === "defaulted";
      const fallback = stays ? inner.fallback : undefined;
      return checkedField(schema, { ...inner, optional, fallback }, shownWhole);
    }
    case "default":
    case "prefault": {
      const compiled = compileField(def.innerType, key);
      const fallback = fallbackOf(def, compiled);
      const field = { key, compiled: sharingEmpty(compiled, fallback), optional: false, fallback };
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

/** A field under the checks of what is wrapped around its type. */
function checkedField(schema: z.core.$ZodType, field: Field, shownWhole: boolean): Field {
  const checks = checksOf(schema);
  const passes = passesBy(checks);
  if (passes === undefined) return field;
  const { key, compiled, optional, fallback } = field;
  return {
    key,
    compiled: withChecks(compiled, checks, shownWhole),
    // As in zod, checks do not apply to what may be absent, but to null.
    optional: optional && (schema._zod.optout === "optional" || isFree(runZod(schema, null))),
    fallback: fallback && (() => passing(fallback(), passes)),
  };
}

function passing(value: unknown, passes: (value: unknown) => boolean): unknown {
  return passes(value) ? value : undefined;
}

/** What becomes of an absent field that has no wrapper: zod alone knows, by its type. */
function absenceOf(schema: z.core.$ZodType): Pick<Field, "optional" | "fallback"> {
  const { optin, optout } = absenceIn(schema);
  if (optin === undefined) return { optional: false, fallback: undefined };
  if (optin === optout) return { optional: true, fallback: undefined };
  const read = () => {
    const verdict = runZod(schema, undefined);
    return isFree(verdict) ? verdict : undefined;
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
    // A lazy schema whose end is not defined yet.
    return {};
  }
}

/** A constant default is frozen once and shared; a computed one (an instant) is made each time. */
function fallbackOf(def: WrapperDef, compiled: Compiled): () => unknown {
  // What stands before its type is read by it.
  if (def.type === "prefault") return () => readOwn(def.defaultValue, compiled.read);
  const first = def.defaultValue;
  if (typeof first === "object" && first !== null) {
    // What a transform or a catch gave need not be what it takes.
    const read = compiled.shape === "scalar" ? undefined : readOwn(first, compiled.read);
    const value = read ?? frozenDefault(first);
    return () => value;
  }
  return constants.has(def) ? () => first : () => scalarOf(def, first);
}

/**
 * An explicit `[]` or `{}` is the empty default itself, the same object, so that a level that
 * writes it out and one that leaves it out compare equal.
 */
function sharingEmpty(compiled: Compiled, fallback: () => unknown): Compiled {
  const { shape, read } = compiled;
  const empty = shape === "level" || shape === "scalar" ? undefined : fallback();
  if (!isEmptyContainer(empty) || fallback() !== empty) return compiled;
  return {
    ...compiled,
    read: (state, value, previous, partial) => {
      const item = read(state, value, previous, partial);
      return item !== previous && isEmptyContainer(item) ? empty : item;
    },
  };
}

/** Whether a value is an array or object with nothing in it. */
export function isEmptyContainer(value: unknown): boolean {
  return typeof value === "object" && value !== null && enumerableKeys(value).length === 0;
}

/** zod makes it, by functions that a plugin may have patched. A container of theirs is not taken. */
function scalarOf(def: WrapperDef, first: unknown): unknown {
  const value = def.defaultValue;
  const isScalar = (typeof value !== "object" || value === null) && typeof value !== "function";
  return isScalar ? value : first;
}

/** A default in the form in which a value that was read is stored: sets sorted, levels whole. */
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
