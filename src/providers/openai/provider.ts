/** OpenAI's APIs, as a guard uses them. */
import { type EventTexts, type ModelProvider, streamFault } from "../rewrite/index.ts";
import { chatCompletions } from "./chat.ts";
import { readEmbeddings } from "./embeddings-answer.ts";
import { fromEmbeddingsRequest, toEmbeddingsRequest } from "./embeddings-request.ts";
import { errorOf } from "./errors.ts";
import { isObject, type JsonObject } from "./json.ts";
import { toResponsesEvents } from "./responses-events.ts";
import { fromResponsesRequest, toResponsesRequest } from "./responses-request.ts";
import { fromResponsesResponse, toResponsesResponse } from "./responses-response.ts";
import { responsesStream } from "./responses-stream.ts";

function fieldOf(request: unknown, name: "stream"): unknown {
  return isObject(request) ? request[name] : undefined;
}

const textDelta =
  /^response\.(?:output_text|refusal|reasoning_text|reasoning_summary_text)\.delta$/;

const responsesTexts: EventTexts = {
  answerOf: () => 0,
  textOf(event) {
    const { type, delta, output_index, content_index, summary_index } = event as JsonObject;
    if (typeof delta !== "string" || !textDelta.test(String(type))) return undefined;
    return { of: [type, output_index, content_index ?? summary_index].join(" "), text: delta };
  },
  withText: (event, delta) => ({ ...event, delta }),
  atPlace: (event, place) => ({ ...event, sequence_number: place }),
};

/** Responses, for `guardModel` and `guardFetch`. */
export const responses: ModelProvider = Object.freeze<ModelProvider>({
  name: "openai.responses",
  requests: Object.freeze(["POST /responses"]),
  readRequest: fromResponsesRequest,
  writeRequest: toResponsesRequest,
  readAnswer: fromResponsesResponse,
  writeAnswer: toResponsesResponse,
  asksForStream: (request) => fieldOf(request, "stream") === true,
  stream: ({ request: _, ...limits } = {}) => responsesStream(limits),
  toEvents: toResponsesEvents,
  eventTexts: responsesTexts,
  namesEvents: true,
  denied: (refusal) => ({ error: errorOf(refusal) }),
  // The SDK raises an error only where an event has the field `error`.
  deniedEvent: (refusal) => ({ ...errorOf(refusal), type: "error", error: errorOf(refusal) }),
});

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
