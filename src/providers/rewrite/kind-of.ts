/** Names the kind of a value, for error messages, which never quote the value itself. */
import { isArray, isNativePromise, isProxy } from "../../core/data/intrinsics.ts";

const kinds: Readonly<Record<string, string>> = {
  undefined: "nothing",
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  function: "a function",
  object: "an object",
};

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  // Checked first: a revoked proxy throws when it is inspected.
  if (typeof value === "object" && isProxy(value)) return "a proxy";
  if (typeof value === "object" && isNativePromise(value)) return "a promise";
  if (isArray(value)) return "an array";
  return kinds[typeof value] ?? `a ${typeof value}`;
}
