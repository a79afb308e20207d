export { notAllowed } from "../rewrite/index.ts";
export type { ResultExtensions } from "./completion.ts";
export { type ContentOptions, fromContent, toContent } from "./content.ts";
export { guardTools } from "./guard-tools.ts";
export {
  type AiCall,
  type AiMiddleware,
  type AiMiddlewareOptions,
  aiMiddleware,
} from "./middleware.ts";
export {
  fromModelMessages,
  fromPrompt,
  type ModelMessagesOptions,
  type PromptOptions,
  toModelMessages,
  toPrompt,
} from "./prompt.ts";
export { type ContentStream, contentStream, toStreamParts } from "./stream.ts";
export type {
  GuardedToolCall,
  ToolEnd,
  ToolEvent,
  ToolGuardOptions,
  ToolLabels,
} from "./tool-options.ts";
export type { PromptLike, ResultLike, SpecificationVersion, StreamPartLike } from "./types.ts";
