export {
  type CreateOptions,
  createFrom,
  type Decoded,
  type DecodeOptions,
  decodeFrom,
  emptyExtensions,
  encodeExtensions,
  replaceSlots,
} from "./create.ts";
export { type Declassification, type DeclassificationRecord, removeLabels } from "./declassify.ts";
export { amendValue } from "./draft.ts";
export {
  addLabelsTo,
  appendHopTo,
  headerOf,
  labelIn,
  labelled,
  removeHeaderOf,
  setCustomOf,
  setHeaderOf,
} from "./edit.ts";
export {
  brandOf,
  type EnvelopeBrand,
  expectExtensions,
  type Filter,
  filterFor,
  type Slots,
} from "./filter.ts";
export { type HeaderMap, headerFault, headerMaps, joinedHeaders, spellingOf } from "./headers.ts";
export { joinSets, withoutSets } from "./join.ts";
export { type MergeInput, merge, readProposal } from "./merge.ts";
export { listed, type Rejection } from "./merge-state.ts";
