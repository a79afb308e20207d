/** `generateContent` as tables. */
// Source: the types of @google/genai 2.32.0, dist/genai.d.ts, and for the places of fields its
// generateContentConfigToMldev and generateContentConfigToVertex, dist/node/index.mjs.
import {
  chosen,
  defineProvider,
  type EventTexts,
  type FreshFacts,
  isSameJsonText,
  type JsonObject,
  type ModelRefusal,
  objectIn,
  objectsIn,
  type PieceTable,
  plainEvents,
  type StreamTable,
  type TableProvider,
  under,
  withFields,
} from "../rewrite/index.ts";
import { blocks } from "./blocks.ts";
import {
  type GenerateEvent,
  type GenerateRequest,
  type GenerateResponse,
  pieceSchema,
  requestSchema,
  responseSchema,
} from "./schemas.ts";

const voiceSettings = ["prebuiltVoiceConfig", "voice"];
const speakers = "speechConfig.multiSpeakerVoiceConfig.speakerVoiceConfigs.*";

// Not settings, since a model reads or hears them: `responseSchema`, `responseJsonSchema`, the
// schema in `responseFormat`, `cachedContent`, the voice in `replicatedVoiceConfig`, and the
// vocabulary in `audioTranscriptionConfig`, which biases what the model hears.
const generationSettings = [
  "audioTimestamp",
  "candidateCount",
  "enableAffectiveDialog",
  "enableEnhancedCivicAnswers",
  "frequencyPenalty",
  "imageConfig",
  "logprobs",
  "maxOutputTokens",
  "mediaResolution",
  "modelConfig",
  "modelSelectionConfig",
  "presencePenalty",
  "responseLogprobs",
  "responseMimeType",
  "responseModalities",
  "routingConfig",
  "seed",
  "stopSequences",
  "temperature",
  "thinkingConfig",
  "topK",
  "topP",
  ...under("audioTranscriptionConfig", ["diarization", "languageAuto", "languageCodes"]),
  ...under("audioTranscriptionConfig", ["languageHints", "mode", "wordTimestamp"]),
  ...under("responseFormat.*.audio", ["bitRate", "delivery", "mimeType", "sampleRate"]),
  ...under("responseFormat.*.image", ["aspectRatio", "delivery", "imageSize", "mimeType"]),
  "responseFormat.*.text.mimeType",
  ...under("responseFormat.*.video", ["aspectRatio", "delivery", "duration", "resolution"]),
  "speechConfig.languageCode",
  ...under("speechConfig.voiceConfig", voiceSettings),
  `${speakers}.speaker`,
  ...under(`${speakers}.voiceConfig`, voiceSettings),
  ...under("translationConfig", ["echoTargetLanguage", "targetLanguageCode"]),
];

const requestSettings = [
  "labels",
  "modelArmorConfig",
  "safetySettings",
  "serviceTier",
  "store",
  "systemInstruction.role",
  "toolConfig",
  ...under("generationConfig", generationSettings),
];

const answerSettings = [
  "createTime",
  "modelStatus.modelStage",
  "modelStatus.retirementTime",
  "turnToken",
  "promptFeedback.blockReason",
  "promptFeedback.safetyRatings",
  ...under("candidates.0", ["avgLogprobs", "index", "safetyRatings", "tokenCount"]),
  "candidates.0.continuationToken",
  ...under("usageMetadata", ["cacheTokensDetails", "cachedContentTokenCount"]),
  ...under("usageMetadata", ["candidatesTokensDetails", "initialPromptTokenCount"]),
  ...under("usageMetadata", ["promptTokensDetails", "toolUsePromptTokenCount"]),
  ...under("usageMetadata", ["toolUsePromptTokensDetails", "totalTokenCount", "trafficType"]),
  // The API returns it; the SDK's types do not have it.
  "usageMetadata.serviceTier",
];

function freshAnswer({ id, model, stop, tokens }: FreshFacts): JsonObject {
  return {
    candidates: [{ content: { parts: [], role: "model" }, finishReason: stop, index: 0 }],
    usageMetadata: {
      promptTokenCount: tokens.input_tokens,
      candidatesTokenCount: tokens.output_tokens,
      totalTokenCount: tokens.total_tokens,
    },
    modelVersion: model,
    responseId: id,
  };
}

const isText = (part: JsonObject) => typeof part.text === "string";

const pieces: PieceTable = {
  any: {
    fits: isText,
    text: ["text", "text"],
    whole: { thoughtSignature: "" },
    schema: pieceSchema,
  },
};

/** Whether a part that begins an event continues the last text of the event before. */
function goesOn(last: JsonObject | undefined, part: JsonObject): boolean {
  if (last === undefined || !isText(last) || !isText(part)) return false;
  const rest = (all: JsonObject) =>
    withFields(all, { text: undefined, thoughtSignature: undefined });
  const isSigned = last.thoughtSignature !== undefined;
  if (isSigned && last.thoughtSignature !== part.thoughtSignature) return false;
  return isSameJsonText(rest(last), rest(part));
}

const stream: StreamTable = {
  empty: {},
  content: "candidates.0.content.parts",
  pieces,
  // Neither events nor pieces have a type.
  nameOf: () => "any",
  events: {
    any: {
      apply(answer, event) {
        const { candidates, error, ...fields } = objectIn(answer.read(responseSchema, event));
        if (error !== undefined && error !== null) {
          answer.fail(error);
          return;
        }
        if (!answer.isBegun) answer.begin({});
        for (const [i, { content, ...more }] of objectsIn(candidates).entries()) {
          if ((more.index ?? i) !== 0) {
            answer.omit(["candidates", i], "Only the first candidate of a stream is kept.");
            continue;
          }
          const said = objectIn(content);
          const parts = objectsIn(said.parts);
          const isFilled = Array.isArray(said.parts);
          answer.mergeInto("candidates.0.content", isFilled ? { ...said, parts: [] } : said);
          answer.expectSame("finishMessage", more.finishMessage);
          answer.mergeInto("candidates.0", more);
          for (const [at, part] of parts.entries()) {
            const index = answer.blockCount - 1;
            if (at === 0 && goesOn(answer.last, part)) {
              answer.addPiece(index, chosen(part, ["text", "thoughtSignature"]));
              continue;
            }
            if (answer.last !== undefined) answer.endBlock(index);
            answer.beginBlock(index + 1, isText(part) ? { ...part, text: "" } : part);
            if (isText(part)) answer.addPiece(index + 1, chosen(part, ["text"]));
          }
          if (more.finishReason !== undefined) answer.complete();
        }
        answer.merge(fields);
        const { blockReason, blockReasonMessage } = objectIn(fields.promptFeedback);
        answer.expectSame("blockReasonMessage", blockReasonMessage);
        if (blockReason !== undefined) answer.complete();
      },
    },
  },
};

/** The fields of the answer that each event repeats. */
const repeated = ["usageMetadata", "modelVersion", "responseId"];

/**
 * The parts of an event. If a reader would join the text to the one before, an empty part with the
 * signature of the one before comes first, and is joined to it instead.
 */
const partsOf = (part: JsonObject, before: JsonObject | undefined) =>
  goesOn(before, part)
    ? [withFields(part, { text: "", thoughtSignature: before?.thoughtSignature }), part]
    : [part];

/**
 * Each event is a whole response, with the next part; the last one says how it ended. It has a part
 * as well, because chats of the SDK forget a turn with an event without parts: the last one, or an
 * empty text that is joined to it, as text may be cut and sent in several events.
 */
function eventsOf(answer: JsonObject): readonly object[] {
  const [first, ...others] = objectsIn(answer.candidates);
  const { content: said, ...more } = first ?? {};
  const content = objectIn(said);
  const parts = objectsIn(content.parts);
  const last = parts.at(-1);
  if (last === undefined) return [answer];
  const begun = parts.map((part, at) => ({
    ...chosen(answer, repeated),
    candidates: [
      { content: { ...content, parts: partsOf(part, parts[at - 1]) }, ...chosen(more, ["index"]) },
    ],
  }));
  const empty = { ...last, text: "" };
  const [before, end] = isText(last) ? [begun, empty] : [begun.slice(0, -1), last];
  const candidates = [{ content: { ...content, parts: [end] }, ...more }, ...others];
  return [...before, { ...answer, candidates }];
}

/** The text part that an event ends with, and the content and candidate that hold it. */
function textIn(event: object) {
  const [candidate = {}] = objectsIn((event as JsonObject).candidates);
  const content = objectIn(candidate.content);
  const part = objectsIn(content.parts).at(-1);
  return part !== undefined && isText(part) ? { candidate, content, part } : undefined;
}

const eventTexts: EventTexts = {
  answerOf: () => 0,
  textOf(event) {
    const { text, thought } = textIn(event)?.part ?? {};
    return typeof text === "string" ? { of: String(thought), text } : undefined;
  },
  // The new text continues the last text of the event before.
  withText(event, text) {
    const { candidate, content, part } = textIn(event) ?? {};
    const parts = [{ ...part, text }];
    return { ...event, candidates: [{ ...candidate, content: { ...content, parts } }] };
  },
};

// Source: google.rpc.Code, as the API writes it for a status.
const statuses: { readonly [status: number]: string } = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function errorOf({ code, reason, status }: ModelRefusal): JsonObject {
  const word = statuses[status] ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL");
  const info = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: code,
    domain: "glassine",
  };
  return { error: { code: status, message: reason, status: word, details: [info] } };
}

export type Google = TableProvider<"google", GenerateRequest, GenerateResponse, GenerateEvent>;

export const tables: Google = /* @__PURE__ */ defineProvider({
  vendor: "google",
  guard: {
    name: "google.generate_content",
    requests: ["POST /*:generateContent", "POST /*:streamGenerateContent"],
    modelIn: (path) => {
      const last = path.slice(path.lastIndexOf("/") + 1);
      return decodeURIComponent(last.slice(0, last.lastIndexOf(":")));
    },
    ownHeaders: ["x-goog-api-client", "x-goog-api-key"],
    eventTexts,
    denied: errorOf,
  },
  calls: "Generate",
  blocks,
  request: {
    schema: requestSchema,
    settings: requestSettings,
    prompt: "systemInstruction.parts",
    turns: "contents",
    content: "parts",
    roles: { user: "user", assistant: "model", tool: "user" },
  },
  answer: {
    schema: responseSchema,
    settings: answerSettings,
    constants: ["candidates.0.content.role"],
    content: "candidates.0.content.parts",
    // They quote the old text, or say where in it something is.
    resetOnEdit: {
      "candidates.0.citationMetadata": undefined,
      "candidates.0.groundingMetadata": undefined,
      "candidates.0.logprobsResult": undefined,
    },
    remarks: {
      "candidates.0.finishMessage": undefined,
      "promptFeedback.blockReasonMessage": undefined,
    },
    facts: {
      id: "responseId",
      model: "modelVersion",
      stop: {
        field: "candidates.0.finishReason",
        reasons: { STOP: "end", MAX_TOKENS: "max_tokens" },
      },
      usage: {
        field: "usageMetadata",
        input: ["promptTokenCount", "toolUsePromptTokenCount"],
        output: ["candidatesTokenCount", "thoughtsTokenCount"],
      },
    },
    fresh: freshAnswer,
  },
  stream,
  events: plainEvents(eventsOf),
});
