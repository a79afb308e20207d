/** The schema of a plugin's configuration: a foreign object, used through one method. */
import { attempt, typeName } from "../data/index.ts";
import {
  apply,
  getOwnPropertyDescriptor,
  hasOwn,
  isArray,
  isAwaitable,
  isProxy,
} from "../data/intrinsics.ts";
import { ignoreRejection } from "../hooks/index.ts";

/** A `configSchema`, read. */
export interface ReadSchema {
  readonly schema: object;
  readonly method: "safeParse" | "parse";
  readonly read: (value: unknown) => unknown;
}

/** Finds a schema's method, once; `undefined` for a value that has neither. */
export function readSchema(schema: unknown): ReadSchema | undefined {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null)
    return undefined;
  if (isProxy(schema)) return undefined;
  for (const method of ["safeParse", "parse"] as const) {
    const read = methodOf(schema, method);
    if (read !== undefined)
      return { schema, method, read: (value) => apply(read, schema, [value]) };
  }
  return undefined;
}

/** A class may define it as a getter, as zod does. A getter of the object itself is not run. */
function methodOf(schema: object, name: string): ((value: unknown) => unknown) | undefined {
  return attempt(() => {
    const own = getOwnPropertyDescriptor(schema, name);
    if (own !== undefined && !hasOwn(own, "value")) return undefined;
    const method = (schema as Record<string, unknown>)[name];
    return typeof method === "function" && !isProxy(method) ? (method as never) : undefined;
  });
}

/** What a schema answered: a value, an error that it threw or returned, or a broken contract. */
type Answer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "breach"; readonly text: string };

/** Has a schema read a value. Never throws. */
export function ask({ method, read }: ReadSchema, value: unknown): Answer {
  try {
    const given = read(value);
    if (isAwaitable(given)) {
      // Not awaited, because an endless chain of thenables would never let go.
      ignoreRejection(given);
      return breach(`${method} returned a promise; a configSchema must be synchronous`);
    }
    if (method === "parse") return { kind: "value", value: given };
    if (typeof given !== "object" || given === null) {
      const what = given === undefined ? "nothing" : typeName(given);
      return breach(`safeParse returned ${what}; expected { success, data }`);
    }
    const { success } = given as { success?: unknown };
    if (success === true) return { kind: "value", value: (given as { data?: unknown }).data };
    if (success === false) return { kind: "error", error: (given as { error?: unknown }).error };
    return breach("safeParse returned an object whose success is not a boolean");
  } catch (error) {
    return { kind: "error", error };
  }
}

function breach(text: string): Answer {
  return { kind: "breach", text };
}

/** A key that a schema does not know. */
interface UnknownKey {
  /** The path of the object that has the key. */
  readonly path: readonly (string | number)[];
  readonly key: string;
  readonly known: readonly string[];
}

/** The keys of an object schema, and whether it takes others. A union has those of its parts. */
interface KnownKeys {
  /** The schema of each key. */
  readonly shape: { readonly [key: string]: unknown };
  readonly isOpen: boolean;
}

// zod types a definition by its class; here, any definition is read by the fields that it has.
interface Def {
  readonly type: string;
  readonly getter?: () => unknown;
  readonly shape?: { readonly [key: string]: unknown };
  readonly options?: readonly unknown[];
  readonly items?: readonly unknown[];
  readonly [part: string]: unknown;
}

/** Returns the definition of a zod schema without its wrappers; `undefined` for other schemas. */
function defOf(schema: unknown): Def | undefined {
  const def = (schema as { _zod?: { def?: Def } } | undefined)?._zod?.def;
  if (def?.type === "pipe")
    return defOf(def.in)?.type === "transform" ? defOf(def.out) : defOf(def.in);
  if (def?.type === "lazy") return defOf(def.getter?.());
  return def?.innerType === undefined ? def : defOf(def.innerType);
}

function keysOf(schema: unknown): KnownKeys | undefined {
  const def = defOf(schema);
  if (def?.shape !== undefined) {
    const rest = defOf(def.catchall);
    return { shape: def.shape, isOpen: rest !== undefined && rest.type !== "never" };
  }
  const parts = def?.type === "intersection" ? [def.left, def.right] : (def?.options ?? []);
  const known = parts.map(keysOf);
  if (known.length === 0 || known.includes(undefined)) return undefined;
  // Which part applies is known only when a value is read, so the values are not looked into.
  const keys = known.flatMap((each) => Object.keys(each?.shape ?? {}));
  return {
    shape: Object.fromEntries(keys.map((key) => [key, undefined])),
    isOpen: known.some((each) => each?.isOpen),
  };
}

/** Returns the keys of a zod object schema; `undefined` for any other schema. */
export function knownKeys({ schema }: ReadSchema): readonly string[] | undefined {
  // The getter of a lazy schema may throw, or recurse without end.
  const known = attempt(() => keysOf(schema));
  return known && Object.keys(known.shape);
}

/**
 * Returns the keys that zod object schemas do not know, also within lists, tuples and records. zod
 * itself ignores them unless the schema says otherwise. Other schemas must check their own.
 */
export function unknownKeys({ schema }: ReadSchema, value: unknown): readonly UnknownKey[] {
  return attempt(() => unknownIn(schema, value, [])) ?? [];
}

function unknownIn(
  schema: unknown,
  value: unknown,
  path: UnknownKey["path"],
): readonly UnknownKey[] {
  const def = defOf(schema);
  if (def === undefined || typeof value !== "object" || value === null) return [];
  const inside = (part: unknown, item: unknown, key: string | number) =>
    unknownIn(part, item, [...path, key]);
  if (isArray(value)) {
    const rest = def.element ?? def.rest;
    return value.flatMap((item, at) => inside(def.items?.[at] ?? rest, item, at));
  }
  const known = keysOf(schema);
  return Object.entries(value).flatMap(([key, item]): readonly UnknownKey[] => {
    if (known === undefined) return inside(def.valueType, item, key);
    if (hasOwn(known.shape, key)) return inside(known.shape[key], item, key);
    return known.isOpen ? [] : [{ path, key, known: Object.keys(known.shape) }];
  });
}
