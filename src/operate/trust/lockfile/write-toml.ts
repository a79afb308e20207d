/** Values as they are written into plugins.lock. Whatever a text holds, it ends where its quotes do. */
import { type OptionalField, optionalKeys, textKeys } from "./entry-rules.ts";
import type { LockEntry } from "./types.ts";

/** The keys and values of an entry, in the order of the schema. */
export function assignments(entry: LockEntry, newLine: string): readonly string[] {
  const lines = textKeys.map(({ key, field }) => `${key} = ${basicString(entry[field])}`);
  return [...lines, ...optionalKeys.flatMap(({ key }) => optionalLine(entry, key, newLine) ?? [])];
}

/** The line of a key that may be absent, where it is there. `newLine` goes to the entry's margin. */
export function optionalLine(
  entry: LockEntry,
  key: OptionalField,
  newLine: string,
): string | undefined {
  const value = entry[key];
  return value === undefined ? undefined : `${key} = ${written(key, value, newLine)}`;
}

/** An array is on one line, but for dependencies: each of them has its own. */
export function written(
  key: OptionalField,
  value: string | boolean | readonly string[],
  newLine: string,
): string {
  if (typeof value === "string") return basicString(value);
  if (typeof value === "boolean") return String(value);
  const items = value.map(basicString);
  if (key !== "dependencies") return `[${items.join(", ")}]`;
  return `[${items.map((item) => `${newLine}  ${item},`).join("")}${newLine}]`;
}

/** In the quotes that were there, where these can hold the text. */
export function inQuotesOf(former: string, text: string): string {
  const staysLiteral = former.startsWith("'") && /^[\x20-\x26\x28-\x7e]*$/.test(text);
  return staysLiteral ? `'${text}'` : basicString(text);
}

/** As the first line ends. */
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** Values are printable by their rules. The escapes of JSON that such texts need are those of TOML. */
function basicString(text: string): string {
  return JSON.stringify(text);
}
