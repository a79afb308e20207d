/** Converse and ConverseStream as tables. */
// Source: the types of @aws-sdk/client-bedrock-runtime, dist-types/models/models_0.d.ts.
import * as z from "zod/mini";
import {
  blockEvents,
  chosen,
  defineProvider,
  type EventTable,
  expectObject,
  type FreshFacts,
  fieldNames,
  fieldOf,
  type GrowingAnswer,
  type JsonObject,
  joinedBytes,
  objectIn,
  objectsIn,
  type PieceTable,
  type StreamTable,
  type TableProvider,
  textsAt,
  under,
  withFields,
} from "../rewrite/index.ts";
import { blocks } from "./blocks.ts";
import * as schemas from "./schemas.ts";

/** The settings that requests and answers share. */
const common = ["performanceConfig", "serviceTier"];

const claudeThinking = ["budget_tokens", "display", "type"];

// `toolConfig`, `promptVariables` and most of `additionalModelRequestFields` are not settings: a
// model reads them.
const requestSettings = [
  ...common,
  "additionalModelResponseFieldPaths",
  "outputConfig.effort",
  "guardrailConfig",
  "requestMetadata",
  ...under("inferenceConfig", ["maxTokens", "stopSequences", "temperature", "topP"]),
  ...under("additionalModelRequestFields", ["anthropic_beta", "inferenceConfig.topK", "top_k"]),
  ...under("additionalModelRequestFields.thinking", claudeThinking),
  ...under("additionalModelRequestFields.reasoning_config", claudeThinking),
  ...under("additionalModelRequestFields.reasoningConfig", ["maxReasoningEffort", "type"]),
];

// The trace of a guardrail is not a setting: it quotes what the guardrail found.
const answerSettings = [
  ...common,
  "$metadata",
  "metrics",
  "trace.promptRouter",
  "usage.totalTokens",
  ...under("usage", ["cacheDetails", "cacheReadInputTokens", "cacheWriteInputTokens"]),
];

function freshAnswer({ stop, tokens }: FreshFacts): JsonObject {
  return {
    output: { message: { role: "assistant", content: [] } },
    stopReason: stop,
    usage: {
      inputTokens: tokens.input_tokens,
      outputTokens: tokens.output_tokens,
      totalTokens: tokens.total_tokens,
    },
    metrics: { latencyMs: 0 },
  };
}

const has = (name: string) => (block: JsonObject) => block[name] !== undefined;
const reasoningText = "reasoningContent.reasoningText";
const reasoningIn = (block: JsonObject) => objectIn(objectIn(block.reasoningContent).reasoningText);
const redactedIn = (block: JsonObject) => objectIn(block.reasoningContent).redactedContent;

const pieces: PieceTable = {
  text: { fits: has("text"), text: ["text", "text"] },
  citation: { fits: has("text"), item: ["citation", "citations"], schema: schemas.citationSchema },
  toolResult: { fits: has("toolResult"), item: ["toolResult", "toolResult.content"] },
  image: { fits: has("image"), item: ["image", "image.pieces"], schema: schemas.imageSchema },
  toolUse: { fits: has("toolUse"), json: ["toolUse.input", "toolUse.input"] },
  "reasoningContent.text": {
    fits: (block) => has("text")(reasoningIn(block)),
    text: ["reasoningContent.text", `${reasoningText}.text`],
  },
  "reasoningContent.signature": {
    fits: (block) => has("text")(reasoningIn(block)),
    isCutFrom: (block) => has("signature")(reasoningIn(block)),
    text: ["reasoningContent.signature", `${reasoningText}.signature`],
  },
  "reasoningContent.redactedContent": {
    fits: (block) => Object.keys(block).length === 0,
    whole: { reasoningContent: {} },
    schema: schemas.redactedSchema,
  },
};

/** Returns the fields of an image that came in pieces. */
function imageOf(pieces: readonly JsonObject[]): JsonObject {
  const image: JsonObject = Object.assign({}, ...pieces);
  const bytes = pieces.flatMap((piece) => objectIn(piece.source).bytes ?? []);
  if (bytes.length < 2) return image;
  return { ...image, source: { ...objectIn(image.source), bytes: joinedBytes(bytes) } };
}

/** Names an event or a piece by its only field, and reasoning also by the field inside that. */
function nameOf(event: object): string {
  const name = fieldNames(event)[0] ?? "";
  if (name !== "reasoningContent") return name;
  return `${name}.${fieldNames(expectObject(fieldOf(event, name), name))[0] ?? ""}`;
}

/** How blocks begin that have no start event, by the name of their first piece. */
const begun: { readonly [piece: string]: JsonObject } = {
  text: { text: "" },
  citation: { text: "" },
  image: { image: {} },
  "reasoningContent.text": { reasoningContent: { reasoningText: { text: "" } } },
  "reasoningContent.signature": { reasoningContent: { reasoningText: { text: "" } } },
};

/** Text without meaning that the API adds to each event, so that its length reveals nothing. */
const padding = "p";
const isPadding = (fields: object) => typeof fieldOf(fields, padding) === "string";

/** Reports the fields inside an event that are not in `known`, except for padding. */
function omitOthers(
  answer: GrowingAnswer,
  name: string,
  fields: object,
  known: readonly string[],
): void {
  const silent = isPadding(fields) ? [...known, padding] : known;
  for (const field of fieldNames(fields)) {
    if (silent.includes(field) || (fieldOf(fields, field) ?? undefined) === undefined) continue;
    answer.omit([name, field], "An unknown field of an event.");
  }
}

/**
 * Declares the event with the field `name`, which `apply` gets after the schema checked it, without
 * padding. `known` are the fields that `apply` reads; absent if it reads all of them.
 */
function event(
  name: string,
  apply: (answer: GrowingAnswer, fields: JsonObject) => void,
  known?: readonly string[],
) {
  return {
    [name]: {
      fields: [name],
      apply(answer: GrowingAnswer, all: object) {
        const read = objectIn(objectIn(answer.read(schemas.eventSchema, all))[name]);
        apply(answer, isPadding(read) ? withFields(read, { [padding]: undefined }) : read);
        if (known !== undefined) omitOthers(answer, name, read, known);
      },
    },
  };
}

/** Errors that end a stream. The SDK throws them itself. */
const exceptions = [
  "internalServerException",
  "modelStreamErrorException",
  "serviceUnavailableException",
  "throttlingException",
  "validationException",
];

const stream: StreamTable = {
  empty: { output: { message: { role: "assistant", content: [] } } },
  content: "output.message.content",
  fixed: ["output"],
  pieces,
  nameOf,
  // In an answer that was not streamed, a text with citations is a block of another kind.
  whole({ citations, ...block }) {
    if (citations !== undefined)
      return { citationsContent: { content: [{ text: block.text ?? "" }], citations } };
    const { pieces, ...image } = objectIn(block.image);
    return pieces === undefined
      ? block
      : { ...block, image: { ...image, ...imageOf(objectsIn(pieces)) } };
  },
  grown(block) {
    if (has("image")(block)) {
      const { format = null, ...piece } = objectIn(block.image);
      return { ...block, image: { format, pieces: [piece] } };
    }
    const { content, citations } = objectIn(block.citationsContent);
    const [first, ...more] = objectsIn(content);
    const isOne = typeof first?.text === "string" && more.length === 0;
    // An edit of the text has dropped its citations.
    const { text = "" } = first ?? {};
    if (isOne && citations === undefined) return { text };
    return isOne && Array.isArray(citations) ? { text, citations } : block;
  },
  events: {
    ...event(
      "messageStart",
      (answer, { role }) =>
        answer.begin({ output: { message: { role: role ?? null, content: [] } } }),
      ["role"],
    ),
    ...event(
      "contentBlockStart",
      (answer, { start, contentBlockIndex }) => {
        const block = objectIn(start);
        const toolUse = objectIn(block.toolUse);
        const call = { ...block, toolUse: { ...toolUse, input: toolUse.input ?? {} } };
        answer.beginBlock(contentBlockIndex, has("toolUse")(block) ? call : block);
      },
      ["start", "contentBlockIndex"],
    ),
    // Not checked by the schema, since its text can end inside a character.
    contentBlockDelta: {
      fields: ["contentBlockDelta"],
      apply(answer, all) {
        const fields = expectObject(fieldOf(all, "contentBlockDelta"), "contentBlockDelta");
        const index = fieldOf(fields, "contentBlockIndex");
        const delta = expectObject(fieldOf(fields, "delta"), "delta");
        if (!answer.hasBlock(index)) answer.beginBlock(index, begun[nameOf(delta)] ?? {});
        answer.addPiece(index, delta);
        omitOthers(answer, "contentBlockDelta", fields, ["contentBlockIndex", "delta"]);
      },
    },
    ...event("contentBlockStop", (answer, fields) => answer.endBlock(fields.contentBlockIndex), [
      "contentBlockIndex",
    ]),
    ...event("messageStop", (answer, fields) => {
      answer.merge(fields);
      answer.complete();
    }),
    // Comes after the end and describes the whole answer.
    ...event("metadata", (answer, fields) => answer.merge(fields)),
    ...Object.assign(
      {},
      ...exceptions.map((name) =>
        event(name, (answer, fields) => answer.fail({ ...fields, name })),
      ),
    ),
  },
};

/** The fields that `messageStop` has; the rest is in `metadata`. */
const stopFields = ["stopReason", "additionalModelResponseFields"];

const eventTable: EventTable = {
  schema: z.array(schemas.writtenEventSchema),
  begin: ({ output }) => [{ messageStart: chosen(objectIn(objectIn(output).message), ["role"]) }],
  block(contentBlockIndex, block, deltas) {
    const { input: _, ...toolUse } = objectIn(block.toolUse);
    const image = chosen(objectIn(block.image), ["format"]);
    const call = has("toolUse")(block) ? { ...block, toolUse } : block;
    const start = has("image")(block) ? { ...block, image } : call;
    const isBegun = !has("text")(block) && !has("reasoningContent")(block);
    const sent = deltas.map(([name, delta]) =>
      name === "toolResult" ? { [name]: [delta[name] ?? null] } : delta,
    );
    const all = redactedIn(block) ? [block] : sent;
    return [
      ...(isBegun ? [{ contentBlockStart: { start, contentBlockIndex } }] : []),
      ...all.map((delta) => ({ contentBlockDelta: { delta, contentBlockIndex } })),
      { contentBlockStop: { contentBlockIndex } },
    ];
  },
  end({ output: _, $metadata: __, error, ...answer }) {
    const { name, ...fields } = objectIn(error);
    if (name !== undefined) return [{ [String(name)]: fields }];
    const rest = Object.keys(answer).filter((field) => !stopFields.includes(field));
    return [{ messageStop: chosen(answer, stopFields) }, { metadata: chosen(answer, rest) }];
  },
};

/** Converse and ConverseStream, for `guardModel`. */
export const bedrock: TableProvider<"bedrock", object, object, object> =
  /* @__PURE__ */ defineProvider({
    vendor: "bedrock",
    guard: {
      name: "bedrock.converse",
      // Its streams are binary and its requests signed, so `guardBedrock` works inside the SDK.
      requests: [],
      eventTexts: textsAt("contentBlockDelta.contentBlockIndex", [
        "contentBlockDelta.delta.text",
        "contentBlockDelta.delta.reasoningContent.text",
      ]),
      denied: ({ reason, code }) => ({ message: reason, code }),
      deniedEvent: ({ reason, status }) => ({
        modelStreamErrorException: { message: reason, originalStatusCode: status },
      }),
    },
    calls: "Converse",
    // Fields with JSON of tools, models and callers.
    bytes: {
      opaque: [
        "additionalModelRequestFields",
        "additionalModelResponseFields",
        "input",
        "json",
        "promptVariables",
        "requestMetadata",
      ],
    },
    blocks,
    request: {
      schema: schemas.requestSchema,
      settings: requestSettings,
      model: "modelId",
      prompt: "system",
      turns: "messages",
      content: "content",
      roles: { user: "user", assistant: "assistant", tool: "user" },
    },
    answer: {
      schema: schemas.responseSchema,
      settings: answerSettings,
      constants: ["output.message.role"],
      content: "output.message.content",
      // They quote the old text, or may: a request can ask for any field of the model's own answer.
      resetOnEdit: {
        additionalModelResponseFields: undefined,
        "trace.guardrail.modelOutput": undefined,
        "trace.guardrail.outputAssessments": undefined,
      },
      facts: {
        stop: {
          field: "stopReason",
          reasons: {
            end_turn: "end",
            tool_use: "call",
            max_tokens: "max_tokens",
            stop_sequence: "stop_sequence",
          },
        },
        usage: {
          field: "usage",
          input: ["inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"],
          output: ["outputTokens"],
        },
      },
      fresh: freshAnswer,
    },
    stream,
    events: blockEvents(stream, eventTable),
  });
