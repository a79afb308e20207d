/** Reads slots from documents: the model, and how its answer ended. */
import {
  type AnswerFacts,
  type Collector,
  type Left,
  modelFacts,
  pathOf,
  type StopReason,
  type TokenUsage,
} from "../rewrite/index.ts";
import { given, type JsonObject, objectIn, stringAt } from "./json.ts";

/** The token counts of a `usage` in either format. A missing total is the sum of both. */
function tokensOf(usage: unknown): TokenUsage | undefined {
  const json = objectIn(usage);
  const input_tokens = countAt(json, "input_tokens") ?? countAt(json, "prompt_tokens");
  const output_tokens = countAt(json, "output_tokens") ?? countAt(json, "completion_tokens");
  if (input_tokens === undefined || output_tokens === undefined) return undefined;
  const total_tokens = countAt(json, "total_tokens") ?? input_tokens + output_tokens;
  return Object.freeze({ input_tokens, output_tokens, total_tokens });
}

function countAt(json: JsonObject, key: string): number | undefined {
  const value = Object.hasOwn(json, key) ? json[key] : undefined;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Reports what a usage has beyond its three counts. */
export function reportUsage(
  json: JsonObject,
  shown: readonly string[],
  { add }: Collector<Left>,
): void {
  const usage = given(json, "usage");
  if (usage === undefined) return;
  if (tokensOf(usage) === undefined) {
    add({ path: "usage", kind: "setting", reason: "The usage has no counts." });
    return;
  }
  for (const key of Object.keys(objectIn(usage)).filter((each) => !shown.includes(each)))
    add({ path: pathOf("usage", key), kind: "setting", reason: "A detailed count." });
}

/** @param created in seconds of Unix time */
export function responseExtensions(
  response: JsonObject,
  raw_format: string,
  stop_reason: StopReason | undefined,
  created: number | undefined,
): AnswerFacts<"openai"> {
  const id = stringAt(response, "id");
  const model = stringAt(response, "model");
  const tokens = tokensOf(given(response, "usage"));
  const created_at = instantOf(created);
  return Object.freeze({
    ...modelFacts("openai", model),
    completion: Object.freeze({
      ...(stop_reason !== undefined && { stop_reason }),
      ...(tokens !== undefined && { tokens }),
      ...(model !== undefined && { model }),
      raw_format,
      ...(created_at !== undefined && { created_at }),
    }),
    ...(id !== undefined && { provenance: Object.freeze({ message_id: id }) }),
  });
}

const endOfYears = Date.UTC(10_000, 0);

/** Unix time as an instant, to the millisecond. */
function instantOf(seconds: number | undefined): string | undefined {
  if (seconds === undefined || !(seconds >= 0 && seconds * 1000 < endOfYears)) return undefined;
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** Whether an instant can express a Unix time exactly. */
export function isInstant(seconds: number): boolean {
  const time = Math.trunc(seconds * 1000);
  return seconds >= 0 && time < endOfYears && time / 1000 === seconds;
}

/** The Unix time of an instant; 0 if there is none. */
export function secondsOf(instant: string | undefined): number {
  const time = instant === undefined ? Number.NaN : Date.parse(instant);
  return Number.isNaN(time) ? 0 : time / 1000;
}
