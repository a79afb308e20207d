/** OpenAI's APIs, as a guard uses them. */
import type { ModelProvider } from "../rewrite/index.ts";
import { chatCompletions } from "./chat.ts";
import { embeddings } from "./embeddings.ts";
import { responses } from "./responses.ts";

/** OpenAI's APIs, for `guardFetch`, which chooses one by the path of a request. */
export const openai: readonly ModelProvider[] = Object.freeze([
  chatCompletions,
  responses,
  embeddings,
]);
