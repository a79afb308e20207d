/** The kind of a value, for error messages, which never quote the value. */
import { intrinsics } from "../../core/data/index.ts";

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
  if (typeof value === "object" && intrinsics.isProxy(value)) return "a proxy";
  if (typeof value === "object" && intrinsics.isNativePromise(value)) return "a promise";
  if (intrinsics.isArray(value)) return "an array";
  return kinds[typeof value] ?? `a ${typeof value}`;
}
