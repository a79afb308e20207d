/** The rules for a tenant's id. */

/** The grammar in words. */
export const tenantIdWords =
  "a tenant id: 1 to 64 lower-case letters, digits, - and _, with a letter or digit at both ends";

const maxLength = 64;
const grammar = /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/;
const foreign = /[^a-z0-9_-]/;

/**
 * Describes what is wrong with a tenant's id; returns `undefined` if it is valid.
 *
 * An id is 1 to 64 lower-case ASCII letters, digits, `-` and `_`, with a letter or digit at both
 * ends. It is safe in a path, a URI, a log and a query, and no two ids differ only in case.
 * Lower-case UUIDs are valid ids. Nothing is trimmed or folded, because an id other than the
 * intended one gives access to another tenant's data.
 *
 * The description never quotes the id.
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
  if (grammar.test(id)) return undefined;
  const at = id.search(foreign);
  if (at < 0) return "it begins or ends with - or _";
  return `it has ${unitName(id.charCodeAt(at))} at character ${at + 1}`;
}

/** Returns a name such as `U+002F`, which is safe in a log whatever the character is. */
function unitName(unit: number): string {
  return `U+${unit.toString(16).toUpperCase().padStart(4, "0")}`;
}
