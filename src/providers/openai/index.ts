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
export { fromEmbeddingsRequest, toEmbeddingsRequest } from "./embeddings-request.ts";
export { fromUsage, type ModelExtensions, type StopReason, type TokenUsage } from "./extensions.ts";
export type { JsonObject } from "./json.ts";
export type { WriteOptions } from "./options.ts";
export { openai, responses } from "./provider.ts";
export { toResponsesEvents } from "./responses-events.ts";
export { fromResponsesRequest, toResponsesRequest } from "./responses-request.ts";
export { fromResponsesResponse, toResponsesResponse } from "./responses-response.ts";
export { responsesStream } from "./responses-stream.ts";
