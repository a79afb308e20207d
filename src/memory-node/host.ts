/** The host of the memory node: its functions, bound to the 22 hooks and the 13 services. */
import { defineHost, type HostProfile } from "../host.ts";
import { memoryNodeHooks } from "./hooks.ts";
import { isInPep440Range } from "./pep440.ts";
import { memoryNodeServices } from "./services.ts";

/**
 * The names and numbers of a host that replaces a Stigmem node: its messages, settings, versions
 * and metrics use that system's names. For another version, use
 * `{ ...memoryNodeProfile, hostVersion: "0.9.1" }`.
 *
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
  isInRange: isInPep440Range,
  requiresField: "requires_stigmem",
  requiresDefault: ">=0.9.0a10",
  accessorSpelling: "snake",
  maxTimeoutMs: 30_000,
  metricPrefix: "stigmem_plugin_",
  evidenceName: "Sigstore verification",
});

/** Everything that is bound to the memory node, as `defineHost` returns it for any host. */
export const memoryNode = defineHost({
  hooks: memoryNodeHooks,
  standardHooks: false,
  services: memoryNodeServices,
  profile: memoryNodeProfile,
});

type MemoryNode = typeof memoryNode;

/**
 * Defines a plugin of the memory node. Its manifest is read once, checked and frozen. The contexts
 * of its handlers have the accessors that `capabilities` open.
 *
 * @throws ManifestError `manifest_invalid`, with every problem in `problems`
 * @example
 * ```ts
 * import { allow, deny } from "glassine";
 * import { definePlugin } from "glassine/memory-node";
 *
 * const guard = definePlugin({
 *   name: "source-guard",
 *   version: "1.0.0",
 *   hooks: {
 *     pre_recall_authorize: ({ query }) =>
 *       query.entity === "secret" ? deny("not for recall") : allow(),
 *   },
 * });
 * console.log(guard.hooks); // [ 'pre_recall_authorize' ]
 * ```
 */
export const definePlugin: MemoryNode["definePlugin"] = memoryNode.definePlugin;

/**
 * Defines one of the node's own handlers, for `createPluginManager({ core })`.
 *
 * @throws ManifestError `manifest_invalid`, with every problem in `problems`
 * @example
 * ```ts
 * import { allow } from "glassine";
 * import { defineCoreHandler } from "glassine/memory-node";
 *
 * const check = defineCoreHandler({
 *   hook: "capability_check",
 *   name: "core.001.permissions",
 *   handler: (_facts) => allow(),
 * });
 * console.log(check.name); // core.001.permissions
 * ```
 */
export const defineCoreHandler: MemoryNode["defineCoreHandler"] = memoryNode.defineCoreHandler;

/**
 * Registers plugins and returns the manager of a memory node.
 *
 * @throws ManifestError (as a rejection) `manifest_invalid`, `plugin_duplicate`
 * @throws PluginDependencyError (as a rejection) `dependency_unresolved`
 * @throws GlassineError (as a rejection) `options_invalid`, `capability_unknown`, `hook_unknown`,
 *   `audit_failed`, `realm_tampered`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine/memory-node";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const operation = { dbPath: "node.db", migrationsDir: "migrations", settings: {} };
 * console.log(await manager.invoke("migration_register", [], { operation })); // []
 * ```
 */
export const createPluginManager: MemoryNode["createPluginManager"] =
  memoryNode.createPluginManager;

/**
 * Creates extensions for the memory node's manager; see `createExtensions` of the root entry.
 *
 * @throws GlassineError `extensions_invalid`
 * @example
 * ```ts
 * import { createExtensions } from "glassine/memory-node";
 *
 * const extensions = createExtensions({ request: { request_id: "req-1" } });
 * console.log(extensions.request?.request_id); // req-1
 * ```
 */
export const createExtensions: MemoryNode["createExtensions"] = memoryNode.createExtensions;

/**
 * The names of the node's hooks.
 *
 * @example
 * ```ts
 * import { hookNames } from "glassine/memory-node";
 *
 * console.log(hookNames.recall_rank); // recall_rank
 * ```
 */
export const hookNames: MemoryNode["hookNames"] = memoryNode.hookNames;

/**
 * The names of the capabilities for slots and services.
 *
 * @example
 * ```ts
 * import { capabilities } from "glassine/memory-node";
 *
 * console.log(capabilities["facts.read"]); // facts.read
 * ```
 */
export const capabilities: MemoryNode["capabilities"] = memoryNode.capabilities;
