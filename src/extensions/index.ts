export {
  type CreateOptions,
  createFrom,
  type Decoded,
  type DecodeOptions,
  decodeFrom,
  emptyExtensions,
  encodeExtensions,
  hostMark,
  measuredMark,
} from "./create.ts";
export { type Declassification, type DeclassificationRecord, removeLabels } from "./declassify.ts";
export { amendValue } from "./draft.ts";
export { addLabelsTo, appendHopTo, labelIn, setCustomOf } from "./edit.ts";
export { headerOf, setHeaderOf } from "./edit-headers.ts";
export { type HeaderMap, headerFault, isNamed, joinedHeaders, spellingOf } from "./headers.ts";
export { type Mark, markOf, type OneChange, type Slots, seal, uneditedMark } from "./mark.ts";
export { replaceSlots } from "./with-slots.ts";
