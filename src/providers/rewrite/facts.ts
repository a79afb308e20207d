/** What documents say about slots: the model, how an answer ended and how many tokens it took. */
import { isJsonObject, type JsonObject, keysOf, valueAt } from "./json.ts";
import type { Reading } from "./reading.ts";
import { type Collector, type Left, type Lost, pathOf } from "./report.ts";

export type StopReason = "end" | "return" | "call" | "max_tokens" | "stop_sequence";

/** Token counts in the form of the `completion` slot. */
export interface TokenUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** What a request says about slots. */
export interface ModelFacts<Name extends string = string> {
  readonly llm: { readonly provider: Name; readonly model_id?: string };
}

/** What an answer says about slots. */
export interface AnswerFacts<Name extends string = string> extends ModelFacts<Name> {
  readonly completion: {
    readonly raw_format: string;
    readonly model?: string;
    readonly stop_reason?: StopReason;
    readonly tokens?: TokenUsage;
    /** RFC 3339, in UTC. */
    readonly created_at?: string;
  };
  readonly provenance?: { readonly message_id: string };
}

/** The extensions that an answer has places for. */
export interface GivenFacts {
  readonly llm?: { readonly model_id?: string | undefined } | undefined;
  readonly completion?:
    | {
        readonly stop_reason?: StopReason | undefined;
        readonly model?: string | undefined;
        readonly tokens?: TokenUsage | undefined;
        /** RFC 3339, in UTC. */
        readonly created_at?: string | undefined;
      }
    | undefined;
  readonly provenance?: { readonly message_id?: string | undefined } | undefined;
}

/** The fields of an answer that slots show. Nested fields are named with dots. */
export interface FactTable {
  readonly model?: string;
  readonly id?: string;
  readonly stop: {
    readonly field: string;
    /**
     * By the provider's word. Of several words for a reason, the first is written. If no word means
     * `call`, `end` reads as `call` if the answer has a call for the caller.
     */
    readonly reasons: { readonly [word: string]: StopReason };
  };
  readonly usage: {
    readonly field: string;
    /** The counts whose sum is the input. If the first is missing, so is the sum. */
    readonly input: readonly string[];
    readonly output: readonly string[];
  };
}

export function modelFacts<Name extends string>(name: Name, model: unknown): ModelFacts<Name> {
  return Object.freeze({
    llm: Object.freeze({
      provider: name,
      ...(typeof model === "string" ? { model_id: model } : {}),
    }),
  });
}

/** Returns what an answer says about slots, and reports what they have no place for. */
export function answerFacts<Name extends string>(
  name: Name,
  { model, id, stop, usage }: FactTable,
  answer: JsonObject,
  calls: boolean,
  { left }: Reading,
): AnswerFacts<Name> {
  const factAt = (field: string | undefined) =>
    field === undefined ? undefined : valueAt(answer, keysOf(field));
  const modelId = factAt(model);
  const messageId = factAt(id);
  const stopReason = stopReasonOf(factAt(stop.field), stop, calls, left);
  const tokens = tokensOf(factAt(usage.field), usage);
  return Object.freeze({
    ...modelFacts(name, modelId),
    completion: Object.freeze({
      raw_format: name,
      ...(typeof modelId === "string" ? { model: modelId } : {}),
      ...(stopReason === undefined ? {} : { stop_reason: stopReason }),
      ...(tokens === undefined ? {} : { tokens }),
    }),
    ...(typeof messageId === "string"
      ? { provenance: Object.freeze({ message_id: messageId }) }
      : {}),
  });
}

function stopReasonOf(
  word: unknown,
  { field, reasons }: FactTable["stop"],
  calls: boolean,
  left: Collector<Left>,
): StopReason | undefined {
  if (typeof word !== "string") return undefined;
  const known = Object.hasOwn(reasons, word) ? reasons[word] : undefined;
  if (known === "end" && calls && wordFor("call", reasons) === undefined) return "call";
  if (known !== undefined) return known;
  const reason = "The completion slot has no such stop reason.";
  left.add({ path: pathOf(...keysOf(field)), kind: "setting", reason });
  return undefined;
}

function tokensOf(counts: unknown, { input, output }: FactTable["usage"]): TokenUsage | undefined {
  if (!isJsonObject(counts)) return undefined;
  const sum = (names: readonly string[]) => {
    const found = names.map((name) => valueAt(counts, [name]));
    if (typeof found[0] !== "number") return undefined;
    return found.reduce((all: number, count) => all + (typeof count === "number" ? count : 0), 0);
  };
  const input_tokens = sum(input);
  const output_tokens = sum(output);
  if (input_tokens === undefined || output_tokens === undefined) return undefined;
  const total_tokens = input_tokens + output_tokens;
  return Object.freeze({ input_tokens, output_tokens, total_tokens });
}

/** The facts for an answer that is not written over an old one, in the provider's words. */
export interface FreshFacts {
  readonly id: string;
  readonly model: string;
  readonly stop: string;
  readonly tokens: TokenUsage;
}

export function freshFacts(
  { llm, completion, provenance }: GivenFacts,
  { reasons }: FactTable["stop"],
  calls: boolean,
  lost: Collector<Lost>,
): FreshFacts {
  const tokens = completion?.tokens ?? { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  if (tokens.total_tokens !== tokens.input_tokens + tokens.output_tokens) {
    const reason = "The total is not the sum of input and output.";
    lost.add({ path: "completion.tokens.total_tokens", reason });
  }
  const reason = completion?.stop_reason ?? (calls ? "call" : "end");
  const stop = wordFor(reason, reasons);
  if (stop === undefined && !(reason === "call" && calls)) {
    const why = `The format has no ${reason}; written as end.`;
    lost.add({ path: "completion.stop_reason", reason: why });
  }
  return {
    id: provenance?.message_id ?? "",
    model: completion?.model ?? llm?.model_id ?? "",
    stop: stop ?? wordFor("end", reasons) ?? "",
    tokens,
  };
}

export function wordFor(
  reason: StopReason,
  reasons: FactTable["stop"]["reasons"],
): string | undefined {
  return Object.entries(reasons).find(([, known]) => known === reason)?.[0];
}
