export {
  type AnswerFacts,
  type LimitOptions,
  type ModelFacts,
  notAllowed,
  type Read,
  type StreamLimits,
  type TableProvider,
  type TableStream,
  type WriteAnswerOptions,
  type WriteRequestOptions,
  type Written,
} from "../rewrite/index.ts";
export {
  fromMessagesRequest,
  fromMessagesResponse,
  messagesStream,
  toMessagesEvents,
  toMessagesRequest,
  toMessagesResponse,
} from "./messages.ts";
export type { MessagesEvent, MessagesRequest, MessagesResponse } from "./schemas.ts";
export { anthropic } from "./tables.ts";
