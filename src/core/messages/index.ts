export {
  type DecodedMessage,
  type DecodeMessageOptions,
  decodeMessage,
  encodeMessage,
} from "./codec.ts";
export { compilePattern, matchesPattern } from "./match-pattern.ts";
export {
  createMessage,
  freezePayload,
  markPayload,
  messageOfPlain,
  messageReader,
  messageReadFrom,
  messageSchema,
  payloadFor,
  sourceOf,
  unreadable,
  valueFor,
} from "./message.ts";
export type {
  AudioPart,
  ContentPart,
  DocumentPart,
  ImagePart,
  Message,
  MessageInput,
  MessageSchema,
  PromptRequestPart,
  PromptResultPart,
  ResourcePart,
  ResourceRefPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
  VideoPart,
} from "./message-types.generated.ts";
export type { PartInfo } from "./part-info.ts";
export type {
  DataPolicy,
  ObjectProfile,
  Part,
  PartAction,
  PartExtensions,
  PartKind,
} from "./part-types.ts";
export { partActions } from "./part-types.ts";
export {
  audio,
  document,
  image,
  type PartContent,
  promptRequest,
  promptResult,
  resource,
  resourceRef,
  text,
  thinking,
  toolCall,
  toolResult,
  video,
} from "./parts.ts";
export { type PartsOptions, partsOf } from "./parts-of.ts";
export {
  type PolicyInput,
  type PolicyInputOptions,
  type SerializedContext,
  type SerializedPart,
  type SerializeOptions,
  serializePart,
  toPolicyInput,
} from "./serialize-part.ts";
export { isTextType } from "./text-type.ts";
