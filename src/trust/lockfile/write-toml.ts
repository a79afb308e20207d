/** Values as they are written into plugins.lock. Whatever a text holds, it ends where its quotes do. */
import { capabilitiesKey, textKeys } from "./entry-rules.ts";
import type { LockEntry } from "./types.ts";

/** The keys and values of an entry, a line each, in the order of the schema. */
export function assignments(entry: LockEntry): readonly string[] {
  const lines = textKeys.map(({ key, field }) => `${key} = ${basicString(entry[field])}`);
  return entry.capabilities === undefined ? lines : [...lines, grantLine(entry.capabilities)];
}

export function grantLine(names: readonly string[]): string {
  return `${capabilitiesKey} = ${grantArray(names)}`;
}

export function grantArray(names: readonly string[]): string {
  return `[${names.map(basicString).join(", ")}]`;
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
