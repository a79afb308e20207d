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
  messageOf,
  messageReader,
  payloadFor,
  valueFor,
} from "./message.ts";
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
export { type MessageData, messageSchema } from "./schemas.ts";
