/** What a value is, for errors: its kind, and never the value. */
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
  // A proxy is not asked what it is: one that was revoked throws.
  if (typeof value === "object" && intrinsics.isProxy(value)) return "a proxy";
  if (typeof value === "object" && intrinsics.isNativePromise(value)) return "a promise";
  if (intrinsics.isArray(value)) return "an array";
  return kinds[typeof value] ?? `a ${typeof value}`;
}
