/** OpenAI's APIs, as a guard uses them. */
import { type ModelProvider, streamFault } from "../rewrite/index.ts";
import { chatCompletions } from "./chat.ts";
import { readEmbeddings } from "./embeddings-answer.ts";
import { fromEmbeddingsRequest, toEmbeddingsRequest } from "./embeddings-request.ts";
import { errorOf } from "./errors.ts";
import { responses } from "./responses.ts";

/** Embeddings: the texts of a request are judged, and an answer has none. */
const embeddings: ModelProvider = Object.freeze<ModelProvider>({
  name: "openai.embeddings",
  requests: Object.freeze(["POST /embeddings"]),
  readRequest: fromEmbeddingsRequest,
  writeRequest: toEmbeddingsRequest,
  readAnswer: readEmbeddings,
  writeAnswer: (_messages, { onto }) => ({ document: onto, lost: [] }),
  asksForStream: () => false,
  stream() {
    throw streamFault("event", "no stream of embeddings");
  },
  toEvents: () => [],
  namesEvents: false,
  denied: (refusal) => ({ error: errorOf(refusal) }),
  deniedEvent: (refusal) => ({ error: errorOf(refusal) }),
});

/** OpenAI's APIs, for `guardFetch`, which chooses one by the path of a request. */
export const openai: readonly ModelProvider[] = Object.freeze([
  chatCompletions,
  responses,
  embeddings,
]);
