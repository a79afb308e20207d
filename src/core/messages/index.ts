export {
  type DecodedMessage,
  type DecodeMessageOptions,
  decodeMessage,
  encodeMessage,
} from "./codec.ts";
export { compilePattern, matchesPattern } from "./match-pattern.ts";
export {
  type ContentPart,
  createMessage,
  freezePayload,
  type Message,
  type MessageInput,
  markPayload,
  messageReader,
  payloadFor,
  valueFor,
} from "./message.ts";
export type {
  DataPolicy,
  ObjectProfile,
  PartInfo,
  ViewAction,
  ViewedExtensions,
  ViewKind,
} from "./part-types.ts";
export {
  audio,
  document,
  image,
  type Part,
  type PartContent,
  type PartKind,
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
export { type MessageData, messageSchema } from "./schemas.ts";
export {
  type PolicyInput,
  type PolicyInputOptions,
  type SerializedContext,
  type SerializedView,
  type SerializeOptions,
  serializeView,
  toPolicyInput,
} from "./serialize-part.ts";
