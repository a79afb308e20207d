export { brandOf, type EnvelopeBrand, type Slots } from "./brand.ts";
export { type Filter, filterFor } from "./compile-filter.ts";
export {
  type CreateOptions,
  createFrom,
  type Decoded,
  type DecodeOptions,
  decodeFrom,
  emptyExtensions,
  encodeExtensions,
} from "./create.ts";
export { type Declassification, type DeclassificationRecord, removeLabels } from "./declassify.ts";
export { amendValue } from "./draft.ts";
export { addLabelsTo, appendHopTo, labelIn, setCustomOf } from "./edit.ts";
export { headerOf, setHeaderOf } from "./edit-headers.ts";
export { type HeaderMap, headerFault, joinedHeaders, spellingOf } from "./headers.ts";
export { joinSets, Overlong } from "./join.ts";
export { merge } from "./merge.ts";
export { listed, type Rejection } from "./merge-state.ts";
export { replaceSlots } from "./with-slots.ts";
