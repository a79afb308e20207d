/**
 * Which capabilities a reviewer looks at first. The one place that decides it:
 *
 * - the seven services that reach beyond the plugin's own work, by name, on whatever host;
 * - services whose host says so: their `review` begins with High or Sensitive;
 * - every capability that writes to the envelope;
 * - those that open credentials: headers, and what a token claims of a subject or client.
 */
import type { ServiceTable } from "../../../core/plugins/index.ts";
import { canChange, isOpened, type Part, partsOf, withInner } from "./parts.ts";
import type { PermissionTables } from "./words.ts";

const always: readonly string[] = [
  "facts.write",
  "recall.write",
  "federation.write",
  "tenant.write",
  "network.outbound",
  "identity.read",
  "audit.read",
];

/** Parts of the standard slots in which credentials travel, or what they said. */
const secretParts: readonly string[] = ["http", "security.subject.claims", "security.client"];

/**
 * Those of some capabilities that have high impact, without repeats, sorted.
 *
 * @example
 * ```ts
 * import { highImpact, standardTables } from "glassine/node";
 *
 * const asked = ["read_labels", "read_headers", "network.outbound"];
 * console.log(highImpact(standardTables, asked)); // [ 'network.outbound', 'read_headers' ]
 * ```
 */
export function highImpact(
  { slots, services }: Pick<PermissionTables, "slots" | "services">,
  capabilities: readonly string[],
): readonly string[] {
  const parts = partsOf(slots).flatMap(withInner);
  return [...new Set(capabilities)]
    .filter(
      (name) => always.includes(name) || isHighService(services, name) || reachesFar(parts, name),
    )
    .sort();
}

function isHighService(services: ServiceTable, name: string): boolean {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  return /^(?:high|sensitive)\b/i.test(service?.review ?? "");
}

function reachesFar(parts: readonly Part[], name: string): boolean {
  return parts.some(
    (part) =>
      canChange(part, new Set([name])) ||
      (secretParts.includes(part.path.join(".")) && isOpened(part, new Set([name]))),
  );
}
