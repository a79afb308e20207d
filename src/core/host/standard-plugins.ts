/**
 * The standard host's functions for plugins, each a constant of its own: it has the docstring
 * that editors show, and a bundle takes only what it imports.
 */
import * as functions from "./functions.ts";
import { bind, type Standard } from "./standard.ts";

/**
 * The names of the slots, so that none is spelled by hand.
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
 * The names given and what they imply, sorted: a list that filter and merge know at once.
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
 * Defines a plugin: read once, checked, frozen. The type of a handler's `extensions` is cut
 * to what `capabilities` open.
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
 * Registers plugins, orders them and returns a manager. Plugins register nowhere else.
 *
 * All of them register, or none.
 *
 * @throws ManifestError (as a rejection) `plugin_duplicate`; `manifest_invalid` for a host of
 *   another version, a configuration that is not accepted, and several problems at once
 * @throws PluginDependencyError (as a rejection) `dependency_unresolved`
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

/**
 * Text for a plugin in another process: hook, payload, context, and of the extensions what the
 * plugin's capabilities open. Sensitive headers are left out; the others are in the map of either
 * generation of the format. A payload from a manager is not read again.
 *
 * @throws GlassineError `hook_unknown`, `payload_invalid`, `capability_unknown`, `options_invalid`
 *   (a context that is not JSON data, extensions of another host)
 * @see spec `remote:task`, `remote:task-written`, `remote:headers-stripped`, `remote:headers-both`
 * @example
 * ```ts
 * import { createPluginManager, definePlugin } from "glassine";
 * import { decodeTask, encodeTask } from "glassine/remote";
 *
 * const shows = definePlugin({
 *   name: "shows",
 *   version: "1.0.0",
 *   hooks: {
 *     tool_pre_invoke(payload, context) {
 *       const task = decodeTask(encodeTask({ payload, context }));
 *       if (task.hook === "tool_pre_invoke") console.log(task.payload.name); // add
 *     },
 *   },
 * });
 * const manager = await createPluginManager({ plugins: [shows] });
 * await manager.invoke("tool_pre_invoke", { name: "add" });
 * ```
 */
export const encodeTask: Standard["encodeTask"] = /* @__PURE__ */ bind(functions.encodeTask);

/**
 * Reads a task, for the plugin's side: the payload checked and frozen as in the host, the view
 * filtered once more by the capabilities that the task carries. Takes text or parsed JSON.
 * Unknown fields are dropped and reported by path, including those of a message's parts.
 *
 * @throws GlassineError `syntax_invalid`, `document_invalid`, `hook_unknown`,
 *   `capability_unknown`, `payload_invalid`, `extensions_invalid`, `options_invalid`
 * @see spec `remote:task-payload`, `remote:task-filtered-again`
 */
export const decodeTask: Standard["decodeTask"] = /* @__PURE__ */ bind(functions.decodeTask);

/**
 * Text of what a handler returned: nothing, `allow()`, `deny(…)` or changes. Sensitive headers
 * are left out.
 *
 * @throws GlassineError with the code that a dispatch refuses the value with, where it is not
 *   a result, is not JSON data, or names an unknown slot; `options_invalid`, also for records and
 *   headers that nobody could read
 * @see spec `remote:result`, `remote:written-checked`, `remote:as-returned`
 * @example
 * ```ts
 * import { deny } from "glassine";
 * import { encodeResult } from "glassine/remote";
 *
 * console.log(encodeResult({ metadata: { found: 1 } })); // {"continue_processing":true,"metadata":{"found":1}}
 * console.log(JSON.parse(encodeResult(deny("No"))).continue_processing); // false
 * ```
 */
export const encodeResult: Standard["encodeResult"] = /* @__PURE__ */ bind(functions.encodeResult);

/**
 * Text of what `invoke` resolved to, for a side that runs a manager of its own: what was
 * changed, the violation, metadata and the records of its handlers.
 *
 * @throws GlassineError `options_invalid`, also for what `invoke` did not resolve to;
 *   `payload_invalid`
 * @see spec `remote:invoke-result`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { encodeInvokeResult } from "glassine/remote";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const result = await manager.invoke("tool_pre_invoke", { name: "add" });
 * console.log(encodeInvokeResult(result)); // {"continue_processing":true,"executions":[]}
 * ```
 */
export const encodeInvokeResult: Standard["encodeInvokeResult"] = /* @__PURE__ */ bind(
  functions.encodeInvokeResult,
);

/**
 * Reads a result, for the host's side. `result` is for the handler to return, so that it is
 * judged as any other. Hand over the turn that was encoded: without its view, header maps are
 * left out, because stripped headers cannot be distinguished from removed ones.
 *
 * Reads both generations, and what other implementations write out though it says nothing. A
 * document that stops the operation is a denial, whatever else it says: what of it cannot be read
 * is dropped and reported in `dropped`.
 *
 * @throws GlassineError `syntax_invalid`, `result_shape`, `options_invalid`
 * @see spec `remote:judged-alike`, `remote:headers-kept`, `remote:headers-folded`, `remote:denial-stands`
 * @example
 * ```ts
 * import { decodeResult } from "glassine/remote";
 *
 * const { violation } = decodeResult('{"continue_processing":false}');
 * console.log(violation?.code, violation?.reason); // denied Denied without a reason.
 * ```
 */
export const decodeResult: Standard["decodeResult"] = /* @__PURE__ */ bind(functions.decodeResult);
