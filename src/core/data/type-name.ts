import { isArray } from "./intrinsics.ts";

/** The name of a value's type, for problems. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return isArray(value) ? "array" : "object";
}
