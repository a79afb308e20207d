export {
  type CreateOptions,
  createFrom,
  type Decoded,
  type DecodeOptions,
  decodeFrom,
  emptyExtensions,
  encodeExtensions,
  hostKind,
} from "./create.ts";
export { type Declassification, type DeclassificationRecord, removeLabels } from "./declassify.ts";
export { amendValue } from "./draft.ts";
export { addLabelsTo, appendHopTo, labelIn, setCustomOf } from "./edit.ts";
export { headerOf, setHeaderOf } from "./edit-headers.ts";
export { type HeaderMap, headerFault, isNamed, joinedHeaders, spellingOf } from "./headers.ts";
export {
  countedMark,
  type Edit,
  type Mark,
  markOf,
  newKind,
  type Slots,
  seal,
} from "./mark.ts";
export { replaceSlots } from "./with-slots.ts";
