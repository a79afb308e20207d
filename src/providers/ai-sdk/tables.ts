/** The AI SDK 5, 6 and 7 as tables. */
import {
  type AnswerStreamOptions,
  defineProvider,
  type JsonObject,
  streamWithin,
  type TableProvider,
  type TurnTable,
} from "../rewrite/index.ts";
import { apiCallError, errorBody } from "./api-call-error.ts";
import { reportApprovedCalls, withAskedCalls } from "./approvals.ts";
import { promptBlocks, providerFieldsIn, resultBlocks } from "./blocks.ts";
import { type ResultExtensions, readCompletion, reportCompletion } from "./completion.ts";
import { readCall, readResult } from "./documents.ts";
import { events, eventTexts, stream } from "./events.ts";
import { reading } from "./host-values.ts";
import type { SpecificationVersion } from "./types.ts";

/** Call options that a model does not read, and that do not stand for what it reads. */
const callSettings = [
  "abortSignal",
  "frequencyPenalty",
  "headers",
  "includeRawChunks",
  "maxOutputTokens",
  "presencePenalty",
  "reasoning",
  "responseFormat.type",
  "seed",
  "stopSequences",
  "temperature",
  "toolChoice",
  "topK",
  "topP",
];

/** The slots of a call, to whose options the middleware adds the id of the model. */
interface CallFacts {
  readonly llm: { readonly model_id: unknown };
}

type AiSdkTables = TableProvider<
  "ai-sdk",
  JsonObject,
  JsonObject,
  JsonObject,
  CallFacts,
  ResultExtensions
>;

const turns: TurnTable = {
  turns: "prompt",
  content: "content",
  roles: {
    system: "system",
    user: "user",
    assistant: "assistant",
    tool: "tool",
    developer: "system",
  },
  text: (text) => ({ type: "text", text }),
  joined: { system: "\n\n", developer: "\n\n" },
  isListed: true,
  resetOnEdit: providerFieldsIn,
};

function tablesOf(version: SpecificationVersion, isModelMessages = false): AiSdkTables {
  return defineProvider({
    vendor: "ai-sdk",
    guard: {
      name: `ai-sdk.${version}`,
      requests: [],
      eventTexts,
      denied: errorBody,
      deniedEvent: (refusal) => ({ type: "error", error: apiCallError(refusal) }),
    },
    calls: {
      readRequest: isModelMessages ? "fromModelMessages" : "fromPrompt",
      writeRequest: isModelMessages ? "toModelMessages" : "toPrompt",
      readAnswer: "fromContent",
      writeAnswer: "toContent",
      stream: "contentStream",
      toEvents: "toStreamParts",
    },
    blocks: promptBlocks(version, isModelMessages),
    request: {
      check: readCall,
      settings: callSettings,
      constants: ["modelId"],
      extensions: ({ modelId }) => ({ llm: { model_id: modelId } }),
      finish: reportApprovedCalls,
      ...turns,
    },
    answer: {
      check: readResult,
      extensions: readCompletion,
      report: reportCompletion,
      finish: withAskedCalls,
      settings: ["request"],
      content: "content",
      blocks: resultBlocks(version),
      facts: {
        stop: { field: "", reasons: {} },
        // Read by `extensions`.
        usage: { field: "none", input: [], output: [] },
      },
      fresh: () => ({ content: [] }),
    },
    stream,
    // Like results, events can hold more than JSON.
    events,
  });
}

/** The same tables, which throw a `GlassineError` if reading a value of the host throws. */
function guarded(tables: AiSdkTables): AiSdkTables {
  return Object.freeze<AiSdkTables>({
    ...tables,
    readRequest: (call, options) => reading("prompt", () => tables.readRequest(call, options)),
    writeRequest: (messages, options) =>
      reading("prompt", () => tables.writeRequest(messages, options)),
    readAnswer: (result, options) => reading("result", () => tables.readAnswer(result, options)),
    writeAnswer: (messages, options) =>
      reading("result", () => tables.writeAnswer(messages, options)),
    toEvents: (result, options) => reading("result", () => tables.toEvents(result, options)),
    stream: <Document extends object>(options?: AnswerStreamOptions) =>
      streamWithin(tables.stream<Document>(options), (work, isEvent) =>
        isEvent ? reading("event", work, "stream_invalid") : reading("result", work),
      ),
  });
}

/** By the version for which new parts are written. */
export const providers: { readonly [version in SpecificationVersion]: AiSdkTables } =
  /* @__PURE__ */ (() => ({
    v2: guarded(tablesOf("v2")),
    v3: guarded(tablesOf("v3")),
    v4: guarded(tablesOf("v4")),
  }))();

export const modelMessages: AiSdkTables = /* @__PURE__ */ guarded(
  /* @__PURE__ */ tablesOf("v3", true),
);
