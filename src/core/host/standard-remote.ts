/**
 * The standard host's functions for plugins in other processes. Each is a separate constant, so
 * that it has the docstring that editors show.
 */
import * as functions from "./remote-functions.ts";
import { bind, type Standard } from "./standard.ts";

/**
 * Returns a turn as text for a plugin in another process: hook, payload, context, and the part of
 * the extensions that the plugin's capabilities open. Sensitive headers are left out; all others
 * are in the header maps of both generations of the format. A payload from a manager is not read
 * again.
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
 * Reads a task on the plugin's side: the payload is checked and frozen as in the host, and the view
 * is filtered again by the capabilities that the task carries. Takes text or parsed JSON. Unknown
 * fields are dropped and reported by path, including those of a message's parts.
 *
 * @throws GlassineError `syntax_invalid`, `document_invalid`, `hook_unknown`,
 *   `capability_unknown`, `payload_invalid`, `extensions_invalid`, `options_invalid`
 * @see spec `remote:task-payload`, `remote:task-filtered-again`
 */
export const decodeTask: Standard["decodeTask"] = /* @__PURE__ */ bind(functions.decodeTask);

/**
 * Returns as text what a handler returned: nothing, `allow()`, `deny(…)` or changes. Sensitive
 * headers are left out.
 *
 * @throws GlassineError with the code with which a dispatch refuses the value, if it is not a
 *   result, is not JSON data, or names an unknown slot; `hook_unknown`; `options_invalid`, also for
 *   records and headers that no reader would accept
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
 * Returns as text what `invoke` resolved to, for a plugin process that runs its own manager: the
 * changes, the violation, metadata and the records of its handlers.
 *
 * @throws GlassineError `options_invalid`, also for a value that `invoke` did not resolve to;
 *   `hook_unknown`, `payload_invalid`
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
 * Reads a result on the host's side. The handler returns `result`, which is then judged like any
 * other. Pass the turn that was encoded: without its view, header maps are left out, because
 * stripped headers cannot be distinguished from removed ones.
 *
 * Reads both generations, and ignores the empty values that other implementations write for what
 * they do not have. A document that stops the operation is a denial, whatever else it contains:
 * what cannot be read is left out and reported in `dropped`.
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
