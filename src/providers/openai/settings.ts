/** Fields at the top of documents that are settings. Any other counts as content. */
import {
  type Collector,
  chosen,
  knownFields,
  type Left,
  readingWith,
  reportFields,
  reportUnshown,
  under,
} from "../rewrite/index.ts";
import { isObject, type JsonObject } from "./json.ts";

/**
 * Of requests, in both formats. `tools`, `prediction`, `prompt`, `previous_response_id` and their
 * like are not here: a model reads them.
 */
export const requestSettings: readonly string[] = [
  "audio",
  "background",
  "context_management",
  "frequency_penalty",
  "function_call",
  "include",
  "logit_bias",
  "logprobs",
  "max_completion_tokens",
  "max_output_tokens",
  "max_tokens",
  "max_tool_calls",
  "metadata",
  "modalities",
  "moderation",
  "n",
  "parallel_tool_calls",
  "presence_penalty",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "reasoning",
  "reasoning_effort",
  "response_format",
  "safety_identifier",
  "seed",
  "service_tier",
  "stop",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "text",
  "tool_choice",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
  "verbosity",
  "web_search_options",
];

const formats = knownFields([
  ...under("response_format", ["type", "json_schema.name", "json_schema.strict"]),
  ...under("text", ["verbosity", "format.type", "format.name", "format.strict"]),
]);

/** What a model reads of the formats that a request asks for: `left` has it as it has tools. */
export function reportFormats(request: JsonObject, left: Collector<Left>): void {
  const asked = Object.entries(chosen(request, ["response_format", "text"]));
  const objects = Object.fromEntries(asked.filter(([, format]) => isObject(format)));
  reportFields(readingWith(left, {}, reportUnshown), objects, [], formats);
}

/** Of responses: also what they repeat of their request, which is read there. */
export const responseSettings: readonly string[] = [
  ...requestSettings,
  "completed_at",
  "conversation",
  "incomplete_details",
  "instructions",
  "object",
  "previous_response_id",
  "prompt",
  "status",
  "system_fingerprint",
  "tools",
];
