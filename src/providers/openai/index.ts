export type {
  Left,
  LimitOptions,
  Lost,
  MessageStream,
  Read,
  StreamLimits,
  Written,
} from "../rewrite/index.ts";
export { toChatEvents } from "./chat-events.ts";
export { fromChatRequest, toChatRequest } from "./chat-request.ts";
export { fromChatResponse, toChatResponse } from "./chat-response.ts";
export { type ChatStreamOptions, chatStream } from "./chat-stream.ts";
export { fromUsage, type ModelExtensions, type StopReason, type TokenUsage } from "./extensions.ts";
export type { JsonObject } from "./json.ts";
export type { WriteOptions } from "./options.ts";
export { toResponsesEvents } from "./responses-events.ts";
export { fromResponsesRequest, toResponsesRequest } from "./responses-request.ts";
export { fromResponsesResponse, toResponsesResponse } from "./responses-response.ts";
export { responsesStream } from "./responses-stream.ts";
