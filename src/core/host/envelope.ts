/** The envelope's functions, bound to one host's slot table and typed by it. */
import {
  addLabelsTo,
  amendValue,
  appendHopTo,
  type CreateOptions,
  createFrom,
  type DecodeOptions,
  decodeFrom,
  encodeExtensions,
  headerOf,
  labelIn,
  removeLabels,
  replaceSlots,
  setCustomOf,
  setHeaderOf,
} from "../envelope/index.ts";
import { type CompiledSlots, resolveNames, type SlotTable } from "../slots/index.ts";
import type { EnvelopeFunctions } from "./envelope-functions.ts";
import { filterBy, type MergeOptions, mergeOrThrow } from "./merge-extensions.ts";

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
