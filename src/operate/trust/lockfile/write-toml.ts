/** Values as they are written into plugins.lock. Whatever a string holds, it ends where its quotes do. */
import { type Row, rowKeys } from "./entry-rules.ts";

export type Value = Row[keyof Row];

/** The keys and values of an entry, in the order of the schema. `newLine` goes to its margin. */
export function assignments(row: Row, newLine: string): readonly string[] {
  return rowKeys.flatMap((key) => (row[key] === undefined ? [] : assignment(row, key, newLine)));
}

export function assignment(row: Row, key: keyof Row, newLine: string): string {
  return `${key} = ${written(key, row[key], newLine)}`;
}

/** An array is on one line, but for dependencies: each of them has its own. */
export function written(key: keyof Row, value: Value, newLine: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map((item) => JSON.stringify(item));
  if (key !== "dependencies") return `[${items.join(", ")}]`;
  return `[${items.map((item) => `${newLine}  ${item},`).join("")}${newLine}]`;
}

/** In the quotes that were there, where these can hold the string. */
export function inQuotesOf(former: string, text: string): string {
  const staysLiteral = former.startsWith("'") && /^[\x20-\x26\x28-\x7e]*$/.test(text);
  return staysLiteral ? `'${text}'` : JSON.stringify(text);
}

/** As the first line ends. */
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
