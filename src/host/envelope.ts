/** The envelope's functions, bound to one host's slot table and typed by it. */
import {
  addLabelsTo,
  amendValue,
  appendHopTo,
  type CreateOptions,
  createFrom,
  type Declassification,
  type DeclassificationRecord,
  type Decoded,
  type DecodeOptions,
  decodeFrom,
  encodeExtensions,
  headerOf,
  labelIn,
  removeLabels,
  replaceSlots,
  setCustomOf,
  setHeaderOf,
} from "../extensions/index.ts";
import {
  type CapabilityIn,
  type CompiledSlots,
  type ExtensionsInputOf,
  type ExtensionsOf,
  type HopInput,
  resolveNames,
  type SlotTable,
  type ViewOf,
} from "../slots/index.ts";
import type { Amend, EditableBy } from "./edit-types.ts";
import { filterBy, type Merged, type MergeOptions, mergeOrThrow } from "./merge-extensions.ts";

/** The envelope's functions of one host. */
export interface EnvelopeFunctions<Table extends SlotTable> {
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
  readonly createExtensions: (
    input: ExtensionsInputOf<Table> | ExtensionsOf<Table>,
    options?: CreateOptions,
  ) => ExtensionsOf<Table>;
  /**
   * Reads extensions from the wire: JSON text, or the value parsed from it. Unknown slots and
   * fields are dropped and listed in `dropped`, or refused with `strict`.
   *
   * @throws GlassineError `syntax_invalid`, `slot_unknown` or `extensions_invalid`
   * @see spec `envelope:decode`
   */
  readonly decodeExtensions: (
    input: unknown,
    options?: DecodeOptions,
  ) => Decoded<ExtensionsOf<Table>>;
  /** JSON text of an envelope or view. Faithful: it strips nothing. */
  readonly encodeExtensions: (extensions: object) => string;
  /**
   * Gives an envelope with some slots replaced, for the host. The others are shared. Labels and
   * chains may only grow here, too.
   *
   * @throws GlassineError `edit_denied` on a view; TierViolationError `tier_monotonic`
   */
  readonly withSlots: (
    extensions: ExtensionsOf<Table>,
    changes: ExtensionsInputOf<Table>,
    options?: CreateOptions,
  ) => ExtensionsOf<Table>;
  /**
   * The part of `extensions` that `capabilities` open, frozen. A slot out of reach looks as if
   * it were absent. A slot that is wholly visible is shared, not copied. Unknown names grant
   * nothing; null gives null.
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
  readonly filterExtensions: {
    <const Caps extends readonly CapabilityIn<Table>[]>(
      extensions: ExtensionsOf<Table>,
      capabilities: Caps,
    ): ViewOf<Table, Caps[number]>;
    (extensions: null, capabilities: readonly string[]): null;
  };
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
  readonly mergeExtensions: <Current extends ExtensionsOf<Table> | null>(
    current: Current,
    returned: unknown,
    capabilities: readonly CapabilityIn<Table>[],
    options?: MergeOptions<object>,
  ) => Merged<Current extends null ? null : ExtensionsOf<Table>>;
  /**
   * The names given and what they imply, sorted.
   *
   * @throws GlassineError `capability_unknown`
   * @see spec `capability:write-implies-read`
   */
  readonly resolveCapabilities: (
    names: readonly CapabilityIn<Table>[],
  ) => readonly CapabilityIn<Table>[];
  /**
   * Takes labels away, for the host only and on the record.
   *
   * @throws GlassineError `declassify_refused`
   * @see spec `declassify:host-only`
   */
  readonly declassify: (
    extensions: ExtensionsOf<Table>,
    declassification: Declassification,
  ) => { readonly extensions: ExtensionsOf<Table>; readonly record: DeclassificationRecord };
  /** Edits a view, an envelope or a payload with an Immer recipe. */
  readonly amend: Amend;
  /** Adds labels. Gives the same object when they are all there. @throws GlassineError `edit_denied`, `label_invalid` */
  readonly addLabels: <V extends object>(
    extensions: EditableBy<V, "append_labels">,
    labels: string | readonly string[],
  ) => V;
  /** Sets a header, in both generations where both have it; a name that is there keeps its spelling. @throws GlassineError `edit_denied`, `header_invalid` */
  readonly setHeader: <V extends object>(
    extensions: EditableBy<V, "write_headers">,
    name: string,
    value: string,
  ) => V;
  /** Removes a header, whatever its case. @throws GlassineError `edit_denied`, `header_invalid` */
  readonly removeHeader: <V extends object>(
    extensions: EditableBy<V, "write_headers">,
    name: string,
  ) => V;
  /** Appends a hop to the delegation chain. @throws GlassineError `edit_denied`, `extensions_shape` */
  readonly appendHop: <V extends object>(
    extensions: EditableBy<V, "append_delegation">,
    hop: HopInput,
  ) => V;
  /** Sets a key of `custom`; `undefined` removes it. */
  readonly setCustom: <V extends object>(extensions: V, key: string, value: unknown) => V;
  /** The value of a header in `headers` or `request_headers`, name in any case. */
  readonly getHeader: (extensions: object, name: string) => string | undefined;
  /** Whether a label is there. Exact. */
  readonly hasLabel: (extensions: object, label: string) => boolean;
}

export function bindEnvelope<Table extends SlotTable>(
  slots: CompiledSlots,
): EnvelopeFunctions<Table> {
  const functions = {
    createExtensions: (input: unknown, options?: CreateOptions) =>
      createFrom(slots, input, options),
    decodeExtensions: (input: unknown, options?: DecodeOptions) =>
      decodeFrom(slots, input, options),
    encodeExtensions,
    withSlots: replaceSlots,
    filterExtensions: (extensions: unknown, capabilities: readonly string[]) =>
      filterBy(slots, extensions, capabilities),
    mergeExtensions: (
      current: unknown,
      returned: unknown,
      capabilities: readonly string[],
      options?: MergeOptions<object>,
    ) => mergeOrThrow(slots, current, returned, capabilities, options),
    resolveCapabilities: (names: readonly string[]) => resolveNames(slots.capabilities, names),
    declassify: removeLabels,
    amend: amendValue,
    addLabels: addLabelsTo,
    setHeader: setHeaderOf,
    removeHeader: (extensions: object, name: string) => setHeaderOf(extensions, name, undefined),
    appendHop: appendHopTo,
    setCustom: setCustomOf,
    getHeader: headerOf,
    hasLabel: labelIn,
  };
  return Object.freeze(functions) as unknown as EnvelopeFunctions<Table>;
}
