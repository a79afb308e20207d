// Generated from the docstrings of a host's members by `npm run generate`. Edit those.
// A constant taken out of an object would show no docstring where it is used.
import * as functions from "./functions.ts";
import { type standardHost, standardParts } from "./standard.ts";

type Standard = typeof standardHost;

/** A function of the standard host. The type of the constant says which. */
function bind<Bound>(make: (parts: typeof standardParts) => unknown): Bound {
  return make(standardParts) as Bound;
}

/**
 * Adds labels. Gives the same object when they are all there.
 *
 * @throws GlassineError `edit_denied`, `label_invalid`
 * @example
 * ```ts
 * import { addLabels, createExtensions } from "glassine";
 *
 * const { security } = addLabels(createExtensions({}), ["PII", "EU"]);
 * console.log(security?.labels); // [ 'EU', 'PII' ]
 * ```
 */
export const addLabels: Standard["addLabels"] = /* @__PURE__ */ bind(functions.addLabels);

/**
 * Returns a copy of a view, an envelope or a payload that an Immer recipe changed; the same
 * object if nothing changed. The recipe assigns to the draft; its return value is ignored.
 *
 * @throws GlassineError `edit_denied` where the grant does not let it, for a recipe that returns a
 *   promise, and for one that changes nothing and returns an object; a `snapshot_*` or
 *   `label_invalid` code for what may not be in extensions
 * @example
 * ```ts
 * import { amend, createExtensions } from "glassine";
 *
 * const before = createExtensions({ custom: { notes: ["a"] } });
 * const after = amend(before, (draft) => {
 *   draft.custom = { ...draft.custom, seen: true };
 * });
 * console.log(after.custom?.seen, before.custom?.seen); // true undefined
 * ```
 */
export const amend: Standard["amend"] = /* @__PURE__ */ bind(functions.amend);

/**
 * Appends a hop to the delegation chain. A hop that names no time gets that of now.
 *
 * @throws GlassineError `edit_denied`, `extensions_shape`
 * @example
 * ```ts
 * import { appendHop, createExtensions } from "glassine";
 *
 * const hop = { subject_id: "agent-1", subject_type: "agent" } as const;
 * const { delegation } = appendHop(createExtensions({}), hop);
 * console.log(delegation?.chain.length, delegation?.depth); // 1 1
 * ```
 */
export const appendHop: Standard["appendHop"] = /* @__PURE__ */ bind(functions.appendHop);

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
 * Makes an envelope from the host's own values: read once, checked, sorted, deep-frozen.
 * An envelope of this host comes back as it is. Unknown slots and fields are refused.
 *
 * @throws GlassineError `slot_unknown` or `extensions_invalid`, with `data.problems`
 * @see spec `envelope:create`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 *
 * const extensions = createExtensions({ security: { labels: ["b", "a", "b"] } });
 * console.log(extensions.security?.labels); // [ 'a', 'b' ]
 * ```
 */
export const createExtensions: Standard["createExtensions"] = /* @__PURE__ */ bind(
  functions.createExtensions,
);

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
 * Takes labels away, for the host only and on the record.
 *
 * @throws GlassineError `declassify_refused`
 * @see spec `declassify:host-only`
 * @example
 * ```ts
 * import { createExtensions, declassify } from "glassine";
 *
 * const before = createExtensions({ security: { labels: ["DRAFT", "PII"] } });
 * const { extensions, record } = declassify(before, {
 *   labels: ["DRAFT"],
 *   reason: "It was published",
 *   authority: "editor@example.org",
 * });
 * console.log(extensions.security?.labels, record.labels); // [ 'PII' ] [ 'DRAFT' ]
 * ```
 */
export const declassify: Standard["declassify"] = /* @__PURE__ */ bind(functions.declassify);

/**
 * Reads extensions from the wire: JSON text, or the value parsed from it. Unknown slots and
 * fields are dropped and listed in `dropped`, or refused with `strict`.
 *
 * @throws GlassineError `syntax_invalid`, `slot_unknown`, `extensions_invalid`, or
 *   `options_invalid` for an option or limit that is not known
 * @see spec `envelope:decode`
 * @example
 * ```ts
 * import { decodeExtensions } from "glassine";
 *
 * const { extensions, dropped } = decodeExtensions('{"agent":{"turn":1},"later":{}}');
 * console.log(extensions.agent?.turn, dropped); // 1 [ 'later' ]
 * ```
 */
export const decodeExtensions: Standard["decodeExtensions"] = /* @__PURE__ */ bind(
  functions.decodeExtensions,
);

/**
 * Reads a result, for the host's side. `result` is for the handler to return, so that it is
 * judged as any other. Hand over the turn that was encoded: without its view, header maps are
 * left out, because nobody can tell what was stripped from what was removed.
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
 * JSON text of an envelope or view, keys in the order of the slot table. Faithful: it strips
 * nothing, and sensitive headers are in it.
 *
 * @throws GlassineError `extensions_invalid` for what this library did not make
 * @example
 * ```ts
 * import { createExtensions, encodeExtensions } from "glassine";
 *
 * console.log(encodeExtensions(createExtensions({ agent: { turn: 1 } }))); // {"agent":{"turn":1}}
 * ```
 */
export const encodeExtensions: Standard["encodeExtensions"] = /* @__PURE__ */ bind(
  functions.encodeExtensions,
);

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
 * Text of what a handler returned: nothing, `allow()`, `deny(…)` or changes. Sensitive headers
 * are left out.
 *
 * @throws GlassineError with the code that a dispatch refuses the value with, where it is no
 *   result, no JSON data, or names an unknown slot; `options_invalid`, also for records and
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
 * The part of `extensions` that `capabilities` open, frozen. A slot out of reach looks absent;
 * one that is wholly visible is shared, not copied. Unknown names grant nothing; null returns null.
 *
 * @see spec `filter:from-nothing`, `filter:hidden-is-absent`
 * @example
 * ```ts
 * import { createExtensions, filterExtensions } from "glassine";
 *
 * const extensions = createExtensions({ security: { labels: ["PII"] }, agent: { turn: 1 } });
 * const view = filterExtensions(extensions, ["read_labels"]);
 * console.log(view.security.labels, "agent" in view && view.agent); // [ 'PII' ] undefined
 * ```
 */
export const filterExtensions: Standard["filterExtensions"] = /* @__PURE__ */ bind(
  functions.filterExtensions,
);

/**
 * Returns the value of a header in `headers` or `request_headers`, by its name in any case, or
 * `undefined` if it is absent or the view does not show it.
 *
 * @example
 * ```ts
 * import { createExtensions, getHeader } from "glassine";
 *
 * const extensions = createExtensions({ http: { headers: { "X-Trace": "t-1" } } });
 * console.log(getHeader(extensions, "x-trace")); // t-1
 * ```
 */
export const getHeader: Standard["getHeader"] = /* @__PURE__ */ bind(functions.getHeader);

/**
 * Whether a label is present, compared exactly. False in a view that does not show the labels.
 *
 * @example
 * ```ts
 * import { createExtensions, hasLabel } from "glassine";
 *
 * const extensions = createExtensions({ security: { labels: ["PII"] } });
 * console.log(hasLabel(extensions, "PII"), hasLabel(extensions, "pii")); // true false
 * ```
 */
export const hasLabel: Standard["hasLabel"] = /* @__PURE__ */ bind(functions.hasLabel);

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
 * Folds a returned proposal into `current` by the tier of each slot. Authority comes from
 * `capabilities`, never from the shape of what came back.
 *
 * @throws TierViolationError when something monotonic shrank (or, with `strict`, on any
 *   change that would be ignored); GlassineError with a `snapshot_*`, `extensions_shape`,
 *   `slot_unknown`, `label_invalid` or `header_*` code when the proposal is not acceptable.
 *   Nothing is applied then.
 * @see spec `merge:immutable-kept`, `merge:grown`, `merge:left-out-untouched`
 * @example
 * ```ts
 * import { createExtensions, mergeExtensions } from "glassine";
 *
 * const before = createExtensions({ security: { labels: ["PII"] } });
 * const { extensions, rejections } = mergeExtensions(
 *   before,
 *   { security: { labels: ["PII", "EU"] }, request: { request_id: "forged" } },
 *   ["append_labels"],
 * );
 * console.log(extensions.security?.labels, rejections[0]?.path); // [ 'EU', 'PII' ] request
 * ```
 */
export const mergeExtensions: Standard["mergeExtensions"] = /* @__PURE__ */ bind(
  functions.mergeExtensions,
);

/**
 * Removes a header, whatever its case.
 *
 * @throws GlassineError `edit_denied`, `header_invalid`
 * @example
 * ```ts
 * import { createExtensions, getHeader, removeHeader } from "glassine";
 *
 * const before = createExtensions({ http: { headers: { "X-Trace": "t-1" } } });
 * console.log(getHeader(removeHeader(before, "x-trace"), "X-Trace")); // undefined
 * ```
 */
export const removeHeader: Standard["removeHeader"] = /* @__PURE__ */ bind(functions.removeHeader);

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
 * Sets a key of `custom`; `undefined` removes it.
 *
 * @throws GlassineError a `snapshot_*` code if it is not JSON, or the key is not a string
 * @example
 * ```ts
 * import { createExtensions, setCustom } from "glassine";
 *
 * console.log(setCustom(createExtensions({}), "seen", true).custom?.seen); // true
 * ```
 */
export const setCustom: Standard["setCustom"] = /* @__PURE__ */ bind(functions.setCustom);

/**
 * Sets a header, in both generations if both have it; an existing name keeps its spelling.
 *
 * @throws GlassineError `edit_denied`, `header_invalid`
 * @example
 * ```ts
 * import { createExtensions, setHeader } from "glassine";
 *
 * const { http } = setHeader(createExtensions({}), "X-Trace", "t-1");
 * console.log(http?.headers?.["X-Trace"] ?? http?.request_headers?.["X-Trace"]); // t-1
 * ```
 */
export const setHeader: Standard["setHeader"] = /* @__PURE__ */ bind(functions.setHeader);

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
 * Gives an envelope with some slots replaced, for the host. The others are shared. Labels and
 * chains may only grow here, too.
 *
 * @throws GlassineError `edit_denied` on a view; TierViolationError `tier_monotonic`
 * @example
 * ```ts
 * import { createExtensions, withSlots } from "glassine";
 *
 * const before = createExtensions({ agent: { turn: 1 }, custom: { a: 1 } });
 * const after = withSlots(before, { agent: { turn: 2 } });
 * console.log(after.agent?.turn, after.custom === before.custom); // 2 true
 * ```
 */
export const withSlots: Standard["withSlots"] = /* @__PURE__ */ bind(functions.withSlots);
