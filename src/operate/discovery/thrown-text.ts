/** What code of a package threw, as a text that is safe to show. */
import { describeThrown, redactText } from "../../core/observe/index.ts";

/** One line, at most 500 characters, without credentials. */
export function describeText(thrown: unknown): string {
  return redactText(describeThrown(thrown).text, []);
}
