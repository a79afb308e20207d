/** The names and figures of the memory node. */
import type { HostProfile } from "../host.ts";

/**
 * How a host speaks that takes the place of a Stigmem node: its messages, settings, versions and
 * metrics carry that system's names. A host of another version says so:
 * `{ ...memoryNodeProfile, hostVersion: "0.9.1" }`.
 * @example
 * ```ts
 * import { memoryNodeProfile } from "glassine/memory-node";
 *
 * console.log(memoryNodeProfile.envPrefix, memoryNodeProfile.hostVersion); // STIGMEM_ 0.9.0a10
 * ```
 */
export const memoryNodeProfile: HostProfile = Object.freeze({
  hostName: "stigmem",
  envPrefix: "STIGMEM_",
  hostVersion: "0.9.0a10",
  versions: "pep440",
  requiresField: "requires_stigmem",
  requiresDefault: ">=0.9.0a10",
  accessorSpelling: "snake",
  maxTimeoutMs: 30_000,
  metricPrefix: "stigmem_plugin_",
  evidenceName: "Sigstore verification",
});
