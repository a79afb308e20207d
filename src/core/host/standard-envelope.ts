/**
 * The standard host's functions for envelopes. Each is a separate constant, so that it has the
 * docstring that editors show and a bundle contains only what it imports.
 */
import * as functions from "./functions.ts";
import { bind, type Standard } from "./standard.ts";

/**
 * Creates an envelope from the host's own values, which are read once, checked, sorted and
 * deep-frozen. An envelope of this host is returned as it is. Unknown slots and fields are refused.
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
 * Reads extensions from the wire: JSON text, or the value parsed from it. Unknown slots and
 * fields are dropped and listed in `dropped`, or refused with `strict`.
 *
 * @throws GlassineError `syntax_invalid`, `slot_unknown`, `extensions_invalid`, or
 *   `options_invalid` for an unknown option or limit
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
 * Returns an envelope or view as JSON text, with keys in the order of the slot table. Nothing is
 * stripped: sensitive headers are included.
 *
 * @throws GlassineError `extensions_invalid` for a value that this library did not make
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
 * Replaces some slots of an envelope, for the host only. The others are shared. Even here, labels
 * and chains can only grow.
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

/**
 * Returns the part of `extensions` that `capabilities` open, frozen. A slot out of reach looks
 * absent; one that is wholly visible is shared, not copied. Unknown names grant nothing; null
 * returns null.
 *
 * @throws GlassineError `capability_unknown` if the capabilities are not an array
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
 * Folds a returned proposal into `current` by the tier of each slot. Authority comes from
 * `capabilities`, never from the shape of the proposal.
 *
 * @throws TierViolationError if something monotonic shrank (or, with `strict`, for any change that
 *   would be ignored); GlassineError `options_invalid` for the options, `capability_unknown` if the
 *   capabilities are not an array, or with a `snapshot_*`, `extensions_shape`, `slot_unknown`,
 *   `label_invalid`, `header_*` or, with `strictDelegation`, `delegation_*` code if the proposal is
 *   not acceptable. In each case nothing is applied.
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
 * Removes labels and returns a record of it. For the host only.
 *
 * @throws GlassineError `declassify_refused`, `options_invalid`
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
 * Returns a copy of a view, an envelope or a payload that an Immer recipe changed; the same
 * object if nothing changed. The recipe assigns to the draft; its return value is ignored.
 *
 * @throws GlassineError `edit_denied` if the grant does not allow the edit, if the recipe is not a
 *   function or returns a promise, and if it changes nothing and returns an object; a `snapshot_*`
 *   or `label_invalid` code for a value that extensions cannot have
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
 * Adds one label, or several in an array. Returns the same object if all are already there.
 *
 * @throws GlassineError `edit_denied`, `label_invalid`; `extensions_shape` if a further label is
 *   passed on its own, which would be lost
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
 * Sets a header, in both generations' maps if both have it; an existing name keeps its spelling.
 *
 * @throws GlassineError `edit_denied`; `header_invalid`, also for a value that is `undefined`: use
 *   `removeHeader` to remove a header
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
 * Removes a header; the case of its name does not matter.
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
 * Appends a hop to the delegation chain. A hop without a time gets the current time.
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
 * Sets a key of `custom`; `undefined` removes it.
 *
 * @throws GlassineError a `snapshot_*` code if the value is not JSON or the key is not a string
 * @example
 * ```ts
 * import { createExtensions, setCustom } from "glassine";
 *
 * console.log(setCustom(createExtensions({}), "seen", true).custom?.seen); // true
 * ```
 */
export const setCustom: Standard["setCustom"] = /* @__PURE__ */ bind(functions.setCustom);

/**
 * Returns the value of a header in `headers` or `request_headers`, by its name in any case, or
 * `undefined` if it is absent or hidden from the view.
 *
 * @throws GlassineError `header_invalid` for a name that is not a string, `extensions_invalid` for
 *   anything but extensions of this library
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
 * @throws GlassineError `label_invalid` for a label that is not a string, `extensions_invalid` for
 *   anything but extensions of this library
 * @example
 * ```ts
 * import { createExtensions, hasLabel } from "glassine";
 *
 * const extensions = createExtensions({ security: { labels: ["PII"] } });
 * console.log(hasLabel(extensions, "PII"), hasLabel(extensions, "pii")); // true false
 * ```
 */
export const hasLabel: Standard["hasLabel"] = /* @__PURE__ */ bind(functions.hasLabel);
