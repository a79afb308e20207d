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
} from "./message.ts";
export { messageSchema } from "./schemas.ts";
