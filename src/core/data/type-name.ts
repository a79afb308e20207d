import { quoted } from "../errors/index.ts";
import { getPrototypeOf, hasOwn, isArray, isNativePromise, isProxy } from "./intrinsics.ts";

/** The name of a value's type, for problems. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  // As below: a revoked proxy throws.
  return !isProxy(value) && isArray(value) ? "array" : "object";
}

/**
 * Names the kind of a value with its article, for messages, which never quote the value itself;
 * `nothing` for undefined.
 */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  // Checked first: a revoked proxy throws when it is inspected.
  if (isProxy(value)) return "a proxy";
  if (typeof value === "object" && isNativePromise(value)) return "a promise";
  return kindNamed(isArray(value) ? "array" : typeof value);
}

const kinds: Readonly<Record<string, string>> = {
  array: "an array",
  bigint: "a bigint",
  boolean: "a boolean",
  function: "a function",
  int: "a whole number",
  null: "null",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
  symbol: "a symbol",
  undefined: "nothing",
};

/** Names what zod or JavaScript call by this type, with its article. */
export function kindNamed(type: string): string {
  return hasOwn(kinds, type) ? (kinds[type] as string) : `a value of type ${type}`;
}

/** Quotes a string, and names the kind of anything else. */
export function quotedOrKind(value: unknown): string {
  return typeof value === "string" ? quoted(value) : kindOf(value);
}

/** Whether an object is plain, that is, not an instance of a class. */
export function isPlain(value: object): boolean {
  const prototype = getPrototypeOf(value) as object | null;
  // Asking a proxy for its prototype would run its code.
  if (prototype === null || isProxy(prototype)) return prototype === null;
  // Every realm has an `Object.prototype` of its own.
  return getPrototypeOf(prototype) === null && hasOwn(prototype, "isPrototypeOf");
}

/**
 * Names what came in place of a plain object; `undefined` for a plain object. A `Map` or a promise
 * has no options that anyone could read.
 */
export function otherThanPlain(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || isArray(value)) return typeName(value);
  if (isNativePromise(value)) return "a promise";
  return isPlain(value) ? undefined : "an instance of a class";
}
