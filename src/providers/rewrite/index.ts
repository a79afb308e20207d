export { notAllowed, readAllow } from "./allow-list.ts";
export { blockEvents, type EventTable, plainEvents } from "./answer-events.ts";
export type { GrowingAnswer, StreamReading, StreamTable } from "./answer-stream.ts";
export type { AnswersTable } from "./answers.ts";
export { parseArguments } from "./arguments.ts";
export {
  type BlockKind,
  type BlockTable,
  type CompiledBlocks,
  compileBlocks,
  type FieldBlock,
  type FieldRule,
  type PartFields,
  type PlaceOf,
  unwritable,
} from "./block-kinds.ts";
export { silentReporter, writeBlocks } from "./blocks.ts";
export { byKind } from "./by-kind.ts";
export { base64Of, bytesField, isBase64, joinedBytes, viewedBytes } from "./bytes.ts";
export { copyOnWrite } from "./copy-on-write.ts";
export { defineProvider } from "./define-provider.ts";
export { type EventText, type EventTexts, textsAt } from "./event-texts.ts";
export {
  type AnswerFacts,
  type FreshFacts,
  type GivenFacts,
  type ModelFacts,
  modelFacts,
  type StopReason,
  type TokenUsage,
} from "./facts.ts";
export {
  flag,
  formatField,
  joinedTexts,
  keptField,
  objectArguments,
  partsIn,
  placesIn,
  resultContent,
  textArguments,
  urlMedia,
} from "./field-rules.ts";
export { givenMessages } from "./given-messages.ts";
export { fieldNames, fieldOf, type PieceTable } from "./growing-block.ts";
export {
  areObjects,
  chosen,
  isEmptyValue,
  isJsonObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  objectsIn,
  type Path,
  sameJson,
  sameList,
  stringAt,
  stringIn,
  valueAt,
  valuedKeys,
  withFields,
} from "./json.ts";
export { contentKind, type LeftKind } from "./left-kinds.ts";
export { isDataUrl, mediaFromUrl, typeOfFormat, urlOfMedia } from "./media.ts";
export {
  type LimitOptions,
  pairMessages,
  pairParts,
  partsAsJson,
  type Read,
  type Written,
} from "./messages.ts";
export { pairItems } from "./pair.ts";
export type {
  AnswerStreamOptions,
  ModelProvider,
  ModelRefusal,
} from "./provider.ts";
export type {
  OldDocument,
  TableProvider,
  TableStream,
  WriteAnswerOptions,
  WriteRequestOptions,
} from "./provider-table.ts";
export { itemsOf, readBlocks } from "./read-blocks.ts";
export { ownDocument, readDocument, readDocumentAgain, writtenDocument } from "./read-document.ts";
export {
  type FieldReporter,
  type Given,
  knownFields,
  type Reading,
  readingWith,
  reportFields,
  reportUnshown,
  under,
} from "./reading.ts";
export {
  type Collector,
  collector,
  isRemoved,
  type Left,
  type Lost,
  pathOf,
  removedItem,
  removedReporter,
} from "./report.ts";
export {
  type CanGrow,
  expectObject,
  expectPlace,
  expectString,
  type MessageStream,
  type StreamLimits,
  StreamMeter,
  streamFault,
  TextPieces,
} from "./stream.ts";
export {
  base64OfText,
  fileFields,
  isTextFile,
  type TextFile,
  textFile,
  textFileKind,
  textFileOfUrl,
  urlOfTextFile,
} from "./text-files.ts";
export type { PlacedBlock, TurnFields, TurnReport } from "./turn-fields.ts";
export type { TurnTable } from "./turns.ts";
export { readerWithLimits, streamWithin, withLimits } from "./with-limits.ts";
export { reportToolNames } from "./write-turns.ts";
