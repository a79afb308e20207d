/** What a plugin threw or exported, in words for an operator. */
import { describeThrown, redactText } from "../../core/observe/index.ts";

/** One line, at most 500 characters, without credentials. */
export function describeText(thrown: unknown): string {
  return redactText(describeThrown(thrown).text, []);
}

export function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
