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
export { type ContentStream, contentStream, toStreamParts } from "./stream.ts";
export type { PromptLike, ResultLike, SpecificationVersion, StreamPartLike } from "./types.ts";
