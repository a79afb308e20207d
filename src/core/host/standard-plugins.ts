/**
 * The standard host's functions for plugins. Each is a separate constant, so that it has the
 * docstring that editors show and a bundle contains only what it imports.
 */
import * as functions from "./functions.ts";
import { bind, type Standard } from "./standard.ts";

/**
 * The names of the slots, so that nobody has to spell them by hand.
 *
 * @example
 * ```ts
 * import { slotNames } from "glassine";
 *
 * console.log(slotNames.security); // security
 * ```
 */
export const slotNames: Standard["slotNames"] = /* @__PURE__ */ bind(functions.slotNames);

/**
 * The names of the capabilities.
 *
 * @example
 * ```ts
 * import { capabilities } from "glassine";
 *
 * console.log(capabilities.read_labels); // read_labels
 * ```
 */
export const capabilities: Standard["capabilities"] = /* @__PURE__ */ bind(functions.capabilities);

/**
 * The names of the hooks.
 *
 * @example
 * ```ts
 * import { hookNames } from "glassine";
 *
 * console.log(hookNames["cmf.llm_input"]); // cmf.llm_input
 * ```
 */
export const hookNames: Standard["hookNames"] = /* @__PURE__ */ bind(functions.hookNames);

/**
 * Returns the given names and the names that they imply, sorted. Filter and merge need not resolve
 * this list again.
 *
 * @throws GlassineError `capability_unknown`
 * @see spec `capability:write-implies-read`
 * @example
 * ```ts
 * import { resolveCapabilities } from "glassine";
 *
 * console.log(resolveCapabilities(["append_labels"])); // [ 'append_labels', 'read_labels' ]
 * ```
 */
export const resolveCapabilities: Standard["resolveCapabilities"] = /* @__PURE__ */ bind(
  functions.resolveCapabilities,
);

/**
 * Defines a plugin. Its manifest is read once, checked and frozen. A handler's `extensions` have
 * the type of what `capabilities` open.
 *
 * @throws ManifestError `manifest_invalid`, with every problem in `problems`
 * @see spec `dispatch:arity`
 * @example
 * ```ts
 * import { definePlugin } from "glassine";
 *
 * const reader = definePlugin({
 *   name: "label-reader",
 *   version: "1.0.0",
 *   capabilities: ["read_labels"],
 *   hooks: {
 *     message_pre_invoke(message, context, extensions) {
 *       return { metadata: { labels: extensions.security.labels.length } };
 *     },
 *   },
 * });
 * console.log(reader.hooks); // [ 'message_pre_invoke' ]
 * ```
 */
export const definePlugin: Standard["definePlugin"] = /* @__PURE__ */ bind(functions.definePlugin);

/**
 * Registers plugins, orders them and returns a manager. Plugins cannot be registered anywhere else.
 *
 * Either all of them are registered or none.
 *
 * @throws ManifestError (as a rejection) `plugin_duplicate`; `manifest_invalid` for a plugin that
 *   requires another version of the host, a configuration that is not accepted, or several problems
 *   at once
 * @throws PluginDependencyError (as a rejection) `dependency_unresolved`
 * @throws PluginDiscoveryError (as a rejection) `discovery_failed` if plugins in `discovered` were
 *   refused; for a single one its own error, such as PluginSignatureError
 * @throws GlassineError (as a rejection) `options_invalid`, `capability_unknown`,
 *   `hook_unknown`, `audit_failed`, `realm_tampered`
 * @see spec `plugins:registration`
 * @example
 * ```ts
 * import { createPluginManager, definePlugin, deny } from "glassine";
 *
 * const guard = definePlugin({
 *   name: "no-rm",
 *   version: "1.0.0",
 *   hooks: { tool_pre_invoke: ({ name }) => (name === "rm" ? deny("rm is not allowed") : undefined) },
 * });
 * const manager = await createPluginManager({ plugins: [guard] });
 * const result = await manager.invoke("tool_pre_invoke", { name: "rm" });
 * console.log(result.continueProcessing, result.violation?.reason); // false rm is not allowed
 * ```
 */
export const createPluginManager: Standard["createPluginManager"] = /* @__PURE__ */ bind(
  functions.createPluginManager,
);
