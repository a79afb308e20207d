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
export { addLabelsTo, appendHopTo, headerOf, labelIn, setCustomOf, setHeaderOf } from "./edit.ts";
export { type HeaderMap, headerFault, isNamed, joinedHeaders, spellingOf } from "./headers.ts";
export { type Mark, markOf, type Slots, seal } from "./mark.ts";
export { replaceSlots } from "./with-slots.ts";
