/** Text that somebody else chose, in a message: it ends no line and hides nothing. */
import { describeThrown, redactText } from "../../core/observe/index.ts";

/** What breaks a line, moves the cursor, or hides or turns text. */
export const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** On one line, at most `max` characters of it. A line feed becomes `\u{a}`, and so on. */
export function oneLine(text: string, max: number): string {
  const short = text.length > max ? `${text.slice(0, max)}…` : text;
  return short.replace(unprintable, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The whole text on one line. Backslashes stay: some paths are full of them. */
export function printable(text: string): string {
  return oneLine(text, Number.POSITIVE_INFINITY);
}

/** What somebody threw: one line, at most 500 characters, without credentials. */
export function describeText(thrown: unknown): string {
  return redactText(describeThrown(thrown).text, []);
}
