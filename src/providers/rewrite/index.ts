export { parseArguments, writeArguments } from "./arguments.ts";
export { givenMessages } from "./given-messages.ts";
export {
  isJsonObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  objectsIn,
  stringIn,
  withFields,
} from "./json.ts";
export { kindOf } from "./kind-of.ts";
export { mediaFromUrl, urlOfMedia } from "./media.ts";
export {
  type LimitOptions,
  pairMessages,
  pairParts,
  partsAsJson,
  type Read,
  type Written,
} from "./messages.ts";
export { type Pair, pairItems } from "./pair.ts";
export { ownDocument, readDocument, writtenDocument } from "./read-document.ts";
export {
  type Collector,
  collector,
  isRemoved,
  type Left,
  type Lost,
  pathOf,
  type ReportRemoved,
  removedItem,
  removedReporter,
} from "./report.ts";
export {
  expectString,
  type MessageStream,
  type StreamLimits,
  StreamMeter,
  streamFault,
  TextPieces,
} from "./stream.ts";
export { readerWithLimits, streamWithLimits, withLimits } from "./with-limits.ts";
