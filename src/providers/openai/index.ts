export {
  type Left,
  type LeftKind,
  type LimitOptions,
  type Lost,
  type MessageStream,
  type ModelProvider,
  notAllowed,
  type Read,
  type StreamLimits,
  type Written,
} from "../rewrite/index.ts";
export {
  type ChatStreamOptions,
  chatCompletions,
  chatStream,
  fromChatRequest,
  fromChatResponse,
  toChatEvents,
  toChatRequest,
  toChatResponse,
} from "./chat.ts";
export { fromEmbeddingsRequest, toEmbeddingsRequest } from "./embeddings.ts";
export { fromUsage, type ModelExtensions, type StopReason, type TokenUsage } from "./extensions.ts";
export type { JsonObject } from "./json.ts";
export type { WriteOptions } from "./options.ts";
export { openai } from "./provider.ts";
export {
  fromResponsesRequest,
  fromResponsesResponse,
  responses,
  responsesStream,
  toResponsesEvents,
  toResponsesRequest,
  toResponsesResponse,
} from "./responses.ts";
