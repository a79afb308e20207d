/** Makes text from others safe to print in a message: it stays on one line and hides nothing. */
import { describeThrown, redactText } from "../../core/observe/index.ts";

/** Characters that break a line, move the cursor, hide text or change its direction. */
export const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Returns at most `max` characters of a string, on one line. A line feed becomes `\u{a}`. */
export function oneLine(text: string, max: number): string {
  const short = text.length > max ? `${text.slice(0, max)}…` : text;
  return short.replace(unprintable, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Returns the whole string on one line. Backslashes stay, because some paths are full of them. */
export function printable(text: string): string {
  return oneLine(text, Number.POSITIVE_INFINITY);
}

/**
 * Describes a thrown value in one line of at most 500 characters, without credentials, and without
 * the require stack: of a missing module, Node lists paths there.
 */
export function describeText(thrown: unknown): string {
  return redactText(describeThrown(thrown).text.replace(/\nRequire stack:\n.*$/s, ""), []);
}

/** Node keeps the line of a syntax error from `import` to itself, and prints it when it ends. */
export function lineHint(error: unknown, path: string): string {
  return error instanceof SyntaxError ? ` (\`node ${printable(path)}\` shows the line)` : "";
}
