/** Model, stop reason and usage: the slots `llm`, `completion` and `provenance`. */
import type { Collector, Left, Lost } from "../rewrite/index.ts";
import { isObject, type JsonObject } from "./json.ts";
import { type Reading, reportFields } from "./report-fields.ts";
import type { MessagesRequest, MessagesResponse } from "./schemas.ts";

/** Who answers. */
interface Llm {
  readonly provider: "anthropic";
  readonly model_id?: string;
}

/** What a request says of slots. */
export interface RequestExtensions {
  readonly llm: Llm;
}

type StopReason = "end" | "return" | "call" | "max_tokens" | "stop_sequence";

/** Counts of tokens; those that a cache took in or gave count as input. */
interface Tokens {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** What a response says of slots. */
export interface ResponseExtensions extends RequestExtensions {
  readonly completion: {
    readonly raw_format: "anthropic";
    readonly model?: string;
    readonly stop_reason?: StopReason;
    readonly tokens?: Tokens;
  };
  readonly provenance?: { readonly message_id: string };
}

const stopReasons: ReadonlyMap<string, StopReason> = new Map([
  ["end_turn", "end"],
  ["tool_use", "call"],
  ["max_tokens", "max_tokens"],
  ["stop_sequence", "stop_sequence"],
]);

export function requestExtensions({ model }: MessagesRequest): RequestExtensions {
  return Object.freeze({ llm: llmOf(model) });
}

function llmOf(model: string | undefined): Llm {
  return Object.freeze({
    provider: "anthropic",
    ...(model === undefined ? {} : { model_id: model }),
  });
}

/** What a response says of slots; what they have no place for is reported. */
export function responseExtensions(
  response: MessagesResponse,
  reading: Reading,
): ResponseExtensions {
  const { model } = response;
  const stopReason = stopReasonOf(response, reading.left);
  const tokens = tokensOf(response, reading);
  return Object.freeze({
    llm: llmOf(model),
    completion: Object.freeze({
      raw_format: "anthropic",
      ...(model === undefined ? {} : { model }),
      ...(stopReason === undefined ? {} : { stop_reason: stopReason }),
      ...(tokens === undefined ? {} : { tokens }),
    }),
    ...(typeof response.id === "string"
      ? { provenance: Object.freeze({ message_id: response.id }) }
      : {}),
  });
}

function stopReasonOf(
  { stop_reason: wireReason }: MessagesResponse,
  left: Collector<Left>,
): StopReason | undefined {
  if (typeof wireReason !== "string") return undefined;
  const known = stopReasons.get(wireReason);
  if (known === undefined) {
    const reason = "A stop reason that the completion slot does not have.";
    left.add({ path: "stop_reason", kind: "setting", reason });
  }
  return known;
}

const counted = new Set(["input_tokens", "output_tokens"]);
const usageSettings = new Set([
  "cache_creation",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "inference_geo",
  "iterations",
  "output_tokens_details",
  "server_tool_use",
  "service_tier",
  "speed",
]);

function tokensOf({ usage }: MessagesResponse, reading: Reading): Tokens | undefined {
  if (!isObject(usage)) return undefined;
  const counts = Object.entries(usage).filter(([, value]) => value !== 0);
  reportFields(reading, Object.fromEntries(counts), ["usage"], counted, usageSettings);
  if (typeof usage.input_tokens !== "number" || typeof usage.output_tokens !== "number") {
    return undefined;
  }
  const input =
    numberIn(usage, "input_tokens") +
    numberIn(usage, "cache_creation_input_tokens") +
    numberIn(usage, "cache_read_input_tokens");
  const output = numberIn(usage, "output_tokens");
  return Object.freeze({
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
  });
}

function numberIn(usage: JsonObject, name: string): number {
  const value = usage[name];
  return typeof value === "number" ? value : 0;
}

/** Extensions, as far as a response has places for them. */
export interface Answering {
  readonly llm?: { readonly model_id?: string | undefined } | undefined;
  readonly completion?:
    | {
        readonly stop_reason?: StopReason | undefined;
        readonly model?: string | undefined;
        readonly tokens?: Tokens | undefined;
      }
    | undefined;
  readonly provenance?: { readonly message_id?: string | undefined } | undefined;
}

/** The fields of a fresh response: all that the SDK's types require. */
export function freshResponse(
  { llm, completion, provenance }: Answering,
  calls: boolean,
  lost: Collector<Lost>,
): JsonObject {
  const tokens = completion?.tokens;
  const [input, output] = [tokens?.input_tokens ?? 0, tokens?.output_tokens ?? 0];
  if (tokens !== undefined && tokens.total_tokens !== input + output) {
    const reason = "A total that is not the sum of input and output.";
    lost.add({ path: "completion.tokens.total_tokens", reason });
  }
  return {
    id: provenance?.message_id ?? "",
    type: "message",
    role: "assistant",
    model: completion?.model ?? llm?.model_id ?? "",
    content: [],
    stop_reason: stopReasonFor(completion?.stop_reason, calls, lost),
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: input,
      output_tokens: output,
      cache_creation: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      inference_geo: null,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: null,
      speed: null,
    },
  };
}

function stopReasonFor(
  reason: StopReason | undefined,
  calls: boolean,
  lost: Collector<Lost>,
): string {
  if (reason === undefined) return calls ? "tool_use" : "end_turn";
  for (const [wireReason, known] of stopReasons) if (known === reason) return wireReason;
  lost.add({ path: "completion.stop_reason", reason: "The format has no return; written as end." });
  return "end_turn";
}
