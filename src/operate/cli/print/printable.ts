/**
 * Prints text that somebody else chose on one line of a terminal: characters that break a line,
 * move the cursor, hide text or change its direction are escaped as `\u{…}`.
 */

import { printable, unprintable } from "../../trust/index.ts";

export { printable };

/** Quotes `text` in single quotes, on one line. */
export function singleQuoted(text: string): string {
  return `'${printable(text.replace(/[\\']/g, "\\$&"))}'`;
}

/** A template tag that makes the values printable. */
export function say(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => printable(String(value))));
}

/** A list on one line; `-` for an empty one. */
export function listed(names: readonly string[], nothing = "-"): string {
  return names.length === 0 ? nothing : names.map(printable).join(", ");
}

const orList = new Intl.ListFormat("en-GB", { type: "disjunction" });

/** `worker, process or quickjs` */
export function either(names: readonly string[]): string {
  return orList.format(names.map(printable));
}

/** JSON whose strings are safe on a terminal, and which parses to the same value. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  // Line feeds outside of strings are the layout's.
  return text.replace(unprintable, (found) => (found === "\n" ? found : escaped(found)));
}

function escaped(found: string): string {
  return Array.from({ length: found.length }, (_, at) => {
    return `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}
