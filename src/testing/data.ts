/** What laws about data need: reachable objects, leaves, copies, and outcomes of calls. */
import { errorCodes, type GlassineError, isGlassineError } from "../core/errors/index.ts";

export type Level = { readonly [key: string]: unknown };
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Every object that can be reached from `value`, including itself. */
export function reach(value: unknown, found = new Set<object>()): Set<object> {
  if (!isObject(value) || found.has(value)) return found;
  found.add(value);
  for (const key of Reflect.ownKeys(value)) {
    reach(Reflect.getOwnPropertyDescriptor(value, key)?.value, found);
  }
  return found;
}

/** Each primitive in `value` by its path, except `undefined`. */
export function leaves(value: unknown, path = "", into = new Map<string, unknown>()) {
  if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      leaves(item, `${path}/${JSON.stringify(key)}`, into);
    }
  } else if (value !== undefined) into.set(path, value);
  return into;
}

/** Own keys at every level, in order, including symbols. */
export function shapeOf(value: unknown): unknown {
  if (!isObject(value)) return typeof value;
  return Reflect.ownKeys(value).map((key) => [key, shapeOf(Reflect.get(value, key))]);
}

/** A copy that has nothing of the library in it. Keeps `undefined` and an own `__proto__`. */
export function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainCopy(item)]));
}

/** A copy as it would cross a wire: without `undefined`. */
export function jsonCopy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Replaces timestamps: a hop without one gets the time of the merge, which differs each time. */
export function withoutNow(extensions: Level): Level {
  const text = JSON.stringify(extensions, (key, value: unknown) =>
    key === "timestamp" ? "then" : value,
  );
  const copy: Level = JSON.parse(text);
  return copy;
}

export function at(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const key of path) here = isObject(here) ? Reflect.get(here, key) : undefined;
  return here;
}

/** The list at a path, or an empty one if there is none. */
export function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** Changes everything that can be changed in what a plugin kept. */
export function scramble(value: unknown): void {
  for (const object of reach(value)) {
    if (Object.isFrozen(object)) continue;
    if (Array.isArray(object)) object.push("scrambled");
    for (const key of Object.keys(object)) Reflect.set(object, key, "scrambled");
    Reflect.set(object, "scrambled", { scrambled: true });
  }
}

/** Whether an error says that a `derive` of the host's own table failed. */
export function isTableFault(error: unknown): boolean {
  return isGlassineError(error) && error.code === "slot_invalid";
}

/**
 * The outcome of a call: a value, or an error with a code. Anything else thrown fails the law, and
 * so does a fault of the host's table.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: GlassineError; readonly code: string };

export function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    if (!isGlassineError(error) || !Object.hasOwn(errorCodes, error.code) || isTableFault(error))
      throw error;
    return { ok: false, error, code: error.code };
  }
}
