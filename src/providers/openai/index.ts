export {
  type AnswerFacts,
  type Left,
  type LeftKind,
  type LimitOptions,
  type Lost,
  type MessageStream,
  type ModelFacts,
  type ModelProvider,
  notAllowed,
  type Read,
  type StopReason,
  type StreamLimits,
  type TableProvider,
  type TableStream,
  type TokenUsage,
  type WriteAnswerOptions,
  type WriteRequestOptions,
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
export type { JsonObject } from "./json.ts";
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
