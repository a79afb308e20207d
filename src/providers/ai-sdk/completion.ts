/** Converts the fields of a result other than its content to the slots `completion` and `llm`. */
import { isRecord } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import {
  type Collector,
  isSameJsonText,
  type JsonObject,
  knownFields,
  type Left,
  objectIn,
  objectsIn,
  pathOf,
  type Reading,
  reportFields,
  type StopReason,
  stringAt,
  type TokenUsage,
} from "../rewrite/index.ts";
import { completionFields, completionJson } from "./documents.ts";
import { type Fields, jsonOf, textOf } from "./host-values.ts";
import type { SpecificationVersion } from "./types.ts";

/** The slot fields that a result can express. */
export interface ResultExtensions {
  readonly completion?: {
    readonly stop_reason?: StopReason | undefined;
    readonly tokens?: TokenUsage | undefined;
    readonly model?: string | undefined;
    readonly raw_format?: string | undefined;
    readonly created_at?: string | undefined;
  };
  readonly llm?: { readonly model_id?: string | undefined };
}
const known = {
  finishReason: knownFields(completionFields.finishReason),
  usage: knownFields(completionFields.usage, ["cachedInputTokens", "raw", "reasoningTokens"]),
  response: knownFields(completionFields.response, ["body", "headers", "id"]),
};

export function readCompletion(answer: JsonObject): ResultExtensions {
  const json = completionJson(answer);
  const stop_reason = readFinish(json.finishReason);
  const tokens = readUsage(json.usage);
  const { modelId, timestamp } = objectIn(json.response) as Response;
  return Object.freeze({
    completion: Object.freeze({
      ...(stop_reason === undefined ? {} : { stop_reason }),
      ...(tokens === undefined ? {} : { tokens: Object.freeze(tokens) }),
      ...(modelId === undefined ? {} : { model: modelId }),
      raw_format: "ai-sdk",
      ...(timestamp === undefined ? {} : { created_at: timestamp }),
    }),
    ...(modelId === undefined ? {} : { llm: Object.freeze({ model_id: modelId }) }),
  });
}

const names = ["finishReason", "usage", "response"] as const;

/** Reports what the slots do not show of these fields. Returns the names of those it dealt with. */
export function reportCompletion(answer: JsonObject, reading: Reading): readonly string[] {
  const { left } = reading;
  const json = completionJson(answer);
  // Written for the result's own version, to compare.
  const isOlder = typeof json.finishReason === "string" || isFlat(json.usage);
  const fresh = writeCompletion(readCompletion(answer), isOlder ? "v2" : "v3", () => {}, false);
  for (const name of names) {
    if (isRecord(answer[name])) reportFields(reading, answer[name], [name], known[name]);
    if (json[name] !== undefined) compare(json[name], jsonOf(fresh[name]), [name], left);
  }
  const { warnings } = answer;
  const isQuiet = warnings === undefined || (Array.isArray(warnings) && warnings.length === 0);
  if (!isQuiet) left.add({ path: "warnings", kind: "setting", reason: "A setting." });
  if (!repeatsTexts(answer)) return [...names, "warnings"];
  left.add({ path: copied, kind: "setting", reason: "It repeats the last texts." });
  return [...names, "warnings", copied];
}

/** In ai 7, what is parsed if the program asked for an object. */
const copied = "structuredOutputText";

/** Whether that is the text of the last parts, which messages show. */
function repeatsTexts({ content, [copied]: copy }: JsonObject): boolean {
  if (typeof copy !== "string") return false;
  let rest = copy;
  for (const { type, text } of [...objectsIn(content)].reverse()) {
    if (type !== "text" || typeof text !== "string" || rest === "") continue;
    if (!rest.endsWith(text)) return false;
    rest = rest.slice(0, rest.length - text.length);
  }
  return rest === "";
}

type Response = { readonly [name in "modelId" | "timestamp"]?: string };

/** Reports the fields that would be written differently. */
function compare(
  now: unknown,
  fresh: unknown,
  path: readonly string[],
  left: Collector<Left>,
): void {
  if (isSameJsonText(now, fresh)) return;
  const names = isRecord(now) ? Object.keys({ ...(isRecord(fresh) ? fresh : {}), ...now }) : [];
  for (const name of names) {
    compare(ownValue(now, name), ownValue(fresh, name), [...path, name], left);
  }
  if (names.length > 0) return;
  const reason = "Neither messages nor extensions have this field.";
  left.add({ path: pathOf(...path), kind: "setting", reason });
}

/** If a word or a reason occurs more than once, its first entry counts. */
const reasons: readonly (readonly [finish: string, reason: StopReason])[] = [
  ["stop", "end"],
  ["length", "max_tokens"],
  ["tool-calls", "call"],
  ["stop", "return"],
  ["stop", "stop_sequence"],
];

function readFinish(reason: unknown): StopReason | undefined {
  const unified = typeof reason === "string" ? reason : stringAt(reason, "unified");
  if (unified === "stop" && stringAt(reason, "raw") === "stop_sequence") return "stop_sequence";
  return reasons.find(([finish]) => finish === unified)?.[1];
}

/** Whether the counts are plain values, as in ai 5, and not objects. */
function isFlat(usage: unknown): boolean {
  return isRecord(usage) && Object.values(usage).some((count) => !isRecord(count));
}

function readUsage(usage: unknown): TokenUsage | undefined {
  const flat = isFlat(usage);
  const [input_tokens, output_tokens] = ["inputTokens", "outputTokens"].map((name) => {
    const count = ownValue(usage, name);
    return flat ? count : ownValue(count, "total");
  });
  if (!isCount(input_tokens) || !isCount(output_tokens)) return undefined;
  const given = flat ? ownValue(usage, "totalTokens") : undefined;
  const total_tokens = isCount(given) ? given : input_tokens + output_tokens;
  return isCount(total_tokens) ? { input_tokens, output_tokens, total_tokens } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

type ReportLost = (reason: string, ...keys: readonly string[]) => void;

/** Returns the fields of a result that express these slots. */
export function writeCompletion(
  { completion = {}, llm = {} }: ResultExtensions,
  version: SpecificationVersion,
  reportLost: ReportLost,
  hasCalls: boolean,
): Fields {
  const { stop_reason, tokens, created_at } = completion;
  const usual: StopReason = hasCalls ? "call" : "end";
  const unified = reasons.find(([, reason]) => reason === (stop_reason ?? usual))?.[0];
  const raw = stop_reason === "stop_sequence" ? "stop_sequence" : undefined;
  const older = version === "v2";
  if (stop_reason === "return" || (older && raw !== undefined)) {
    const reason = "The format has no such stop reason. It is written as stop.";
    reportLost(reason, "completion", "stop_reason");
  }
  const isSum = tokens?.total_tokens === (tokens?.input_tokens ?? 0) + (tokens?.output_tokens ?? 0);
  if (tokens !== undefined && !older && !isSum) {
    reportLost("The format has no total.", "completion", "tokens", "total_tokens");
  }
  const modelId = completion.model ?? llm.model_id;
  if (modelId !== (llm.model_id ?? modelId))
    reportLost("The format has only one model id.", "llm", "model_id");
  const time = new Date(created_at ?? Number.NaN);
  const text = textOf(time);
  if (created_at !== text) {
    reportLost("The date is invalid or in another format.", "completion", "created_at");
  }
  const response = {
    ...(text === undefined ? {} : { timestamp: time }),
    ...(modelId === undefined ? {} : { modelId }),
  };
  return {
    finishReason: older ? unified : { unified, raw },
    usage: usageOf(tokens, older),
    ...(Object.keys(response).length === 0 ? {} : { response }),
  };
}

function usageOf(tokens: TokenUsage | undefined, isFlat: boolean): Fields {
  const { input_tokens, output_tokens, total_tokens } = tokens ?? {};
  if (isFlat) {
    return { inputTokens: input_tokens, outputTokens: output_tokens, totalTokens: total_tokens };
  }
  const cached = { noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
  return {
    inputTokens: { total: input_tokens, ...cached },
    outputTokens: { total: output_tokens, text: undefined, reasoning: undefined },
  };
}
