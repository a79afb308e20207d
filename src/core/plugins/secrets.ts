/** The secrets that a manager knows: those that the host named, and values of configurations. */
import { isArray } from "../data/intrinsics.ts";
import { addSecrets, bothOf, type Needles, needlesOf, redacted } from "../observe/index.ts";

/** Shorter numbers are ordinary counts and limits. */
const minDigits = 4;

/** Returns the strings of a value, and its numbers of four digits and more, without repeats. */
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

/** Returns every leaf of a value as it would be printed. */
export function printedValues(value: unknown): readonly string[] {
  const printed = leavesOf(value).filter((leaf) => leaf !== null && leaf !== undefined);
  return [...new Set(printed.map(String).filter((text) => text.trim() !== ""))];
}

function leavesOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [value];
  const parts: readonly unknown[] = isArray(value) ? value : Object.values(value);
  return parts.flatMap(leavesOf);
}

export type KnownSecrets = ReturnType<typeof knownSecrets>;

export function knownSecrets(first: readonly string[]) {
  let named = needlesOf(first);
  const configured = needlesOf([]);
  const unnamed = (more?: readonly string[]): Needles =>
    more === undefined || more.length === 0 ? configured : bothOf(configured, needlesOf(more));
  return {
    /** Replaces those that the host named. */
    setNamed: (secrets: readonly string[]) => {
      named = needlesOf(secrets);
    },
    /** Adds the values of one more configuration. */
    keep: (values: readonly string[]) => addSecrets(configured, values),
    /** The values of configurations, and `more`. */
    unnamed,
    /** Makes a string fit for a log or a message. */
    redact: (text: string, more?: readonly string[]) =>
      redacted(text, bothOf(named, unnamed(more))),
  };
}
