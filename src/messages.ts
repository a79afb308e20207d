/** Messages: make, check, encode and decode them, and look at what each part is about. */

// Make a message and its parts.

export type {
  AudioPart,
  DocumentPart,
  ImagePart,
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
} from "./core/messages/index.ts";
export {
  audio,
  type ContentPart,
  createMessage,
  document,
  freezePayload,
  image,
  type Message,
  type MessageInput,
  messageSchema,
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
} from "./core/messages/index.ts";

// As JSON.

export {
  type DecodedMessage,
  type DecodeMessageOptions,
  decodeMessage,
  encodeMessage,
} from "./core/messages/index.ts";

// Whether a file is text.

export { isTextType } from "./core/messages/index.ts";

// What each part is about, for policies.

export {
  type DataPolicy,
  matchesPattern,
  type ObjectProfile,
  type PartAction,
  type PartExtensions,
  type PartInfo,
  type PartsOptions,
  type PolicyInput,
  type PolicyInputOptions,
  partsOf,
  type SerializedContext,
  type SerializedPart,
  type SerializeOptions,
  serializePart,
  toPolicyInput,
} from "./core/messages/index.ts";
