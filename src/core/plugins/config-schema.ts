/** The schema of a plugin's configuration: somebody else's object, asked through one method. */
import { intrinsics, isAwaitable } from "../data/index.ts";
import { unowned } from "../hooks/index.ts";

const { apply, create, getOwnPropertyDescriptor, hasOwn, isArray, isProxy } = intrinsics;

/** A `configSchema`, read. */
export interface ReadSchema {
  readonly schema: object;
  readonly method: "safeParse" | "parse";
  readonly read: (value: unknown) => unknown;
}

/** Finds the method of a schema, once; `undefined` for what has neither. */
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

/** Of a class it may be a getter, as with zod; one of the object itself is not run. */
function methodOf(schema: object, name: string): ((value: unknown) => unknown) | undefined {
  try {
    const own = getOwnPropertyDescriptor(schema, name);
    if (own !== undefined && !hasOwn(own, "value")) return undefined;
    const method = (schema as Record<string, unknown>)[name];
    return typeof method === "function" && !isProxy(method) ? (method as never) : undefined;
  } catch {
    return undefined;
  }
}

/** What a schema said: the value, what it threw or gave as its error, or how it broke its contract. */
type Answer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "breach"; readonly text: string };

/** Asks a schema. Whatever it does, this gives an answer. */
export function ask({ method, read }: ReadSchema, value: unknown): Answer {
  try {
    const given = read(value);
    if (isAwaitable(given)) {
      // Not waited for: a thenable that resolves to another, and so on, would never let go.
      unowned(given);
      return breach(`${method} gave a promise; a configSchema answers at once`);
    }
    if (method === "parse") return { kind: "value", value: given };
    if (typeof given !== "object" || given === null)
      return breach(`safeParse gave ${kindOfValue(given)}; expected { success, data }`);
    const { success } = given as { success?: unknown };
    if (success === true) return { kind: "value", value: (given as { data?: unknown }).data };
    if (success === false) return { kind: "error", error: (given as { error?: unknown }).error };
    return breach("safeParse gave an object whose success is neither true nor false");
  } catch (error) {
    return { kind: "error", error };
  }
}

function breach(text: string): Answer {
  return { kind: "breach", text };
}

/** The kind of a value as a word. */
export function kindOfValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return isArray(value) ? "array" : typeof value;
}

/** What a schema of zod 4 says of itself. */
interface ZodDef {
  readonly type?: unknown;
  readonly shape?: object;
  readonly catchall?: unknown;
  readonly innerType?: unknown;
  readonly in?: unknown;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly options?: readonly unknown[];
  readonly left?: unknown;
  readonly right?: unknown;
  readonly getter?: () => unknown;
}

/** The keys of an object of zod, and whether it takes others. */
interface KnownShape {
  readonly shape: Readonly<Record<string, unknown>>;
  readonly isOpen: boolean;
}

function defOf(schema: unknown): ZodDef | undefined {
  return (schema as { _zod?: { def?: ZodDef } } | null | undefined)?._zod?.def;
}

/** Wrappers that a schema may have around it; more than so many are a circle. */
const maxWrappers = 32;

/** Without what says nothing of keys: optional, default, readonly, a transform after it. */
function unwrapped(schema: unknown): ZodDef | undefined {
  let def = defOf(schema);
  for (let i = 0; i < maxWrappers && def !== undefined; i++) {
    const inner =
      def.type === "pipe" ? def.in : def.type === "lazy" ? def.getter?.() : def.innerType;
    if (inner === undefined) return def;
    def = defOf(inner);
  }
  return undefined;
}

/** Of a union or intersection, what any of its parts knows. */
function shapeOf(def: ZodDef | undefined): KnownShape | undefined {
  if (def?.type === "object" && def.shape !== undefined) {
    const { shape, catchall } = def;
    const isOpen = catchall !== undefined && defOf(catchall)?.type !== "never";
    return { shape: shape as KnownShape["shape"], isOpen };
  }
  const parts =
    def?.type === "union"
      ? (def.options ?? [])
      : def?.type === "intersection"
        ? [def.left, def.right]
        : [];
  if (parts.length === 0) return undefined;
  const shape: Record<string, unknown> = create(null);
  let isOpen = false;
  for (const part of parts) {
    const known = shapeOf(unwrapped(part));
    if (known === undefined) return undefined;
    isOpen ||= known.isOpen;
    // Which part is for a value shows when it is read: what is in the key is not looked into.
    for (const key of Object.keys(known.shape)) shape[key] = undefined;
  }
  return { shape, isOpen };
}

/** The keys of a schema that is an object of zod; `undefined` for any other. */
export function knownKeys({ schema }: ReadSchema): readonly string[] | undefined {
  try {
    const known = shapeOf(unwrapped(schema));
    return known === undefined ? undefined : Object.keys(known.shape);
  } catch {
    return undefined;
  }
}

/** A key that a schema does not know. */
interface UnknownKey {
  /** Where the object is that has it. */
  readonly path: readonly (string | number)[];
  readonly key: string;
  readonly known: readonly string[];
}

/**
 * The keys that objects of zod do not know, also in lists and records. zod itself passes over them
 * where the schema does not say more. Of another schema they are its own affair.
 */
export function unknownKeys({ schema }: ReadSchema, value: unknown): readonly UnknownKey[] {
  const found: UnknownKey[] = [];
  try {
    collect(schema, value, [], found);
  } catch {
    // A schema that cannot be looked into is asked all the same.
  }
  return found;
}

function collect(
  schema: unknown,
  value: unknown,
  path: readonly (string | number)[],
  found: UnknownKey[],
): void {
  if (typeof value !== "object" || value === null) return;
  const def = unwrapped(schema);
  if (isArray(value)) {
    if (def?.type !== "array") return;
    for (const [at, item] of value.entries()) collect(def.element, item, [...path, at], found);
    return;
  }
  if (def?.type === "record") {
    for (const [key, item] of Object.entries(value))
      collect(def.valueType, item, [...path, key], found);
    return;
  }
  const known = shapeOf(def);
  if (known === undefined) return;
  for (const [key, item] of Object.entries(value)) {
    if (hasOwn(known.shape, key)) collect(known.shape[key], item, [...path, key], found);
    else if (!known.isOpen) found.push({ path, key, known: Object.keys(known.shape) });
  }
}
