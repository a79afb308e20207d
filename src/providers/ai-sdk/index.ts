export type { ResultExtensions } from "./completion.ts";
export { type ContentOptions, fromContent, toContent } from "./content.ts";
export {
  fromModelMessages,
  fromPrompt,
  type ModelMessagesOptions,
  type PromptOptions,
  toModelMessages,
  toPrompt,
} from "./prompt.ts";
export { type ContentStream, contentStream } from "./stream.ts";
export { toStreamParts } from "./stream-parts.ts";
export type { PromptLike, ResultLike, SpecificationVersion, StreamPartLike } from "./types.ts";
