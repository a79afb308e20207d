/** What a result says beside its content, as the slots `completion` and `llm`. */
import * as z from "zod/mini";
import { type Fields, fieldNames, fieldOf, isFields, jsonOf, pick } from "./host-values.ts";
import type { Notes } from "./notes.ts";
import { reportUnread } from "./settings.ts";
import type { SpecificationVersion } from "./types.ts";

/** What of the slots a result can say. */
export interface ResultExtensions {
  readonly completion?: {
    readonly stop_reason?: StopReason | undefined;
    readonly tokens?: Tokens | undefined;
    readonly model?: string | undefined;
    readonly raw_format?: string | undefined;
    readonly created_at?: string | undefined;
  };
  readonly llm?: { readonly model_id?: string | undefined };
}
type StopReason = "end" | "return" | "call" | "max_tokens" | "stop_sequence";

interface Tokens {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

const text = z.optional(z.string());
const finishReason = z.union([z.string(), z.looseObject({ unified: z.string(), raw: text })]);

/** The fields read here, of a result's JSON. */
export const completionShape = {
  finishReason: z.optional(finishReason),
  usage: z.optional(z.looseObject({})),
  response: z.optional(z.looseObject({ timestamp: text, modelId: text })),
};

type Result = z.output<z.ZodMiniObject<typeof completionShape>>;

const readFields = {
  finishReason: ["unified", "raw"],
  usage: ["inputTokens", "outputTokens", "totalTokens"],
  response: ["timestamp", "modelId"],
};

/** The JSON of what is read here. */
export function completionJson(result: Fields): Fields {
  const json = (["finishReason", "usage", "response"] as const).flatMap((name) => {
    const value = fieldOf(result, name);
    if (value === undefined || value === null) return [];
    // A value without JSON, such as a function, must not be skipped.
    return [[name, isFields(value) ? pick(value, readFields[name]) : (jsonOf(value) ?? null)]];
  });
  return Object.fromEntries(json);
}

export function readCompletion(result: Result, raw: Fields, notes: Notes): ResultExtensions {
  const { response = {} } = result;
  const stop_reason = readFinish(result.finishReason);
  const tokens = readUsage(result.usage);
  const { modelId, timestamp } = response;
  const extensions = {
    completion: {
      ...(stop_reason === undefined ? {} : { stop_reason }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(modelId === undefined ? {} : { model: modelId }),
      raw_format: "ai-sdk",
      ...(timestamp === undefined ? {} : { created_at: timestamp }),
    },
    ...(modelId === undefined ? {} : { llm: { model_id: modelId } }),
  };
  reportDifferent(result, raw, extensions, notes);
  return extensions;
}

/** Tells of what would not be written as it is. */
function reportDifferent(
  result: Result,
  raw: Fields,
  extensions: ResultExtensions,
  notes: Notes,
): void {
  const isOlder = typeof result.finishReason === "string" || isFlat(result.usage);
  const fresh = writeCompletion(extensions, isOlder ? "v2" : "v3", () => {});
  for (const name of ["finishReason", "usage", "response"] as const) {
    const own = notes.under(name);
    reportUnread(fieldOf(raw, name), readFields[name], name, own);
    if (result[name] !== undefined) compare(result[name], fresh[name], own);
  }
}

function compare(now: unknown, fresh: unknown, notes: Notes): void {
  const names = isFields(now) ? fieldNames({ ...(isFields(fresh) ? fresh : {}), ...now }) : [];
  for (const name of names) compare(fieldOf(now, name), fieldOf(fresh, name), notes.under(name));
  if (names.length > 0 || now === (fresh instanceof Date ? fresh.toISOString() : fresh)) return;
  notes.reportLeft("setting", "Neither messages nor extensions have this field.");
}

const stopReasons: Readonly<Record<string, StopReason>> = {
  stop: "end",
  length: "max_tokens",
  "tool-calls": "call",
};
const finishReasons: Readonly<Record<StopReason, string>> = {
  end: "stop",
  return: "stop",
  call: "tool-calls",
  max_tokens: "length",
  stop_sequence: "stop",
};

function readFinish(reason: Result["finishReason"]): StopReason | undefined {
  if (reason === undefined) return undefined;
  const { unified, raw } = typeof reason === "string" ? { unified: reason, raw: "" } : reason;
  if (unified === "stop" && raw === "stop_sequence") return "stop_sequence";
  return Object.hasOwn(stopReasons, unified) ? stopReasons[unified] : undefined;
}

/** In ai 5 counts stand beside each other. */
function isFlat(usage: Result["usage"]): boolean {
  return Object.values(usage ?? {}).some((count) => !isFields(count));
}

function readUsage(usage: Result["usage"]): Tokens | undefined {
  if (usage === undefined) return undefined;
  const flat = isFlat(usage);
  const { inputTokens, outputTokens, totalTokens } = usage;
  const input_tokens = flat ? inputTokens : fieldOf(inputTokens, "total");
  const output_tokens = flat ? outputTokens : fieldOf(outputTokens, "total");
  if (!isCount(input_tokens) || !isCount(output_tokens)) return undefined;
  const sum = input_tokens + output_tokens;
  const total_tokens = flat && isCount(totalTokens) ? totalTokens : sum;
  return isCount(total_tokens) ? { input_tokens, output_tokens, total_tokens } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The fields of a result that say what the slots say. */
export function writeCompletion(
  { completion = {}, llm = {} }: ResultExtensions,
  version: SpecificationVersion,
  reportLost: (reason: string, ...keys: readonly string[]) => void,
  hasCalls = false,
): Fields {
  const { stop_reason, tokens, created_at } = completion;
  if (stop_reason === "return") reportLost("Written as stop.", "completion", "stop_reason");
  const usual: StopReason = hasCalls ? "call" : "end";
  const unified = finishReasons[stop_reason ?? usual];
  const raw = stop_reason === "stop_sequence" ? "stop_sequence" : undefined;
  const older = version === "v2";
  if (older && raw !== undefined) reportLost("Written as stop.", "completion", "stop_reason");
  const isSum = tokens?.total_tokens === (tokens?.input_tokens ?? 0) + (tokens?.output_tokens ?? 0);
  if (tokens !== undefined && !older && !isSum) {
    reportLost("The format has no total.", "completion", "tokens", "total_tokens");
  }
  const modelId = completion.model ?? llm.model_id;
  if (modelId !== (llm.model_id ?? modelId))
    reportLost("The format has only one model id.", "llm", "model_id");
  const time = created_at === undefined ? undefined : new Date(created_at);
  const isTime = time !== undefined && !Number.isNaN(time.getTime());
  if (created_at !== (isTime ? time.toISOString() : undefined)) {
    reportLost("The date is invalid or in another format.", "completion", "created_at");
  }
  const response = {
    ...(isTime ? { timestamp: time } : {}),
    ...(modelId === undefined ? {} : { modelId }),
  };
  return {
    finishReason: older ? unified : { unified, raw },
    usage: older ? flatUsage(tokens) : nestedUsage(tokens),
    ...(Object.keys(response).length === 0 ? {} : { response }),
  };
}

function flatUsage(tokens: Tokens | undefined): Fields {
  return {
    inputTokens: tokens?.input_tokens,
    outputTokens: tokens?.output_tokens,
    totalTokens: tokens?.total_tokens,
  };
}

function nestedUsage(tokens: Tokens | undefined): Fields {
  const input = { noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
  const output = { text: undefined, reasoning: undefined };
  return {
    inputTokens: { total: tokens?.input_tokens, ...input },
    outputTokens: { total: tokens?.output_tokens, ...output },
  };
}
