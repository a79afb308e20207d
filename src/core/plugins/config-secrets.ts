/** The values of a configuration that count as secret, for what is said about it. */
import { intrinsics } from "../data/index.ts";

const { isArray } = intrinsics;

/** A shorter number is a count or a limit like any other. */
const minDigits = 4;

/** The texts of a value, and its numbers of four digits and more, without repeats. */
export function secretsOf(value: unknown): readonly string[] {
  const secrets = leavesOf(value).flatMap((leaf) => {
    if (typeof leaf === "string") return [leaf];
    return typeof leaf === "number" && isLong(leaf) ? [String(Math.abs(leaf))] : [];
  });
  return [...new Set(secrets.filter((text) => text.trim() !== ""))];
}

function isLong(value: number): boolean {
  return String(value).replace(/\D/g, "").length >= minDigits;
}

/** Every value in a value, as it would be printed. */
export function printedValues(value: unknown): readonly string[] {
  const printed = leavesOf(value).filter((leaf) => leaf !== null && leaf !== undefined);
  return [...new Set(printed.map(String).filter((text) => text.trim() !== ""))];
}

function leavesOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [value];
  const parts: readonly unknown[] = isArray(value) ? value : Object.values(value);
  return parts.flatMap(leavesOf);
}
