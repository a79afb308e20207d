/** What the id of a tenant may be. */
import { intrinsics } from "../core/data/index.ts";

const { charCodeAt, execPattern } = intrinsics;

/** The grammar in words, for whoever expected one. */
export const tenantIdWords =
  "a tenant id: 1 to 64 lower-case letters, digits, - and _, with a letter or digit at both ends";

const maxLength = 64;
const grammar = /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/;
const character = /^[a-z0-9_-]$/;

/**
 * What is wrong with the id of a tenant, in words; `undefined` for one that may be used.
 *
 * An id is 1 to 64 lower-case ASCII letters, digits, `-` and `_`, with a letter or digit at both
 * ends. So it is safe in a path, a URI, a log and a query, and no two ids differ in case alone.
 * UUIDs in their lower-case form are ids. Nothing is trimmed or folded: whoever gets another
 * id than was meant gets another tenant's data.
 *
 * The answer never quotes the id.
 *
 * @example
 * ```ts
 * import { tenantIdFault } from "glassine/memory-node";
 *
 * console.log(tenantIdFault("acme-eu")); // undefined
 * console.log(tenantIdFault("acme/eu")); // it has U+002F at character 5
 * ```
 */
export function tenantIdFault(id: unknown): string | undefined {
  if (typeof id !== "string") return "it is not a string";
  if (id.length === 0) return "it is empty";
  if (id.length > maxLength) return `it has more than ${maxLength} characters`;
  if (execPattern(grammar, id) !== null) return undefined;
  for (let i = 0; i < id.length; i++) {
    if (execPattern(character, id[i] as string) === null)
      return `it has ${unitName(charCodeAt(id, i))} at character ${i + 1}`;
  }
  return "it begins or ends with - or _";
}

const hexDigits = "0123456789ABCDEF";

/** `U+002F`: fit for a log, whatever the character does there. */
function unitName(unit: number): string {
  let digits = "";
  for (let shift = 12; shift >= 0; shift -= 4) digits += hexDigits[(unit >> shift) & 15];
  return `U+${digits}`;
}
