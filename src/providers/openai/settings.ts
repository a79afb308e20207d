/** Top-level fields of documents that are settings. All others count as content. */
import { chosen, knownFields, type Reading, reportFields, under } from "../rewrite/index.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/**
 * The settings of requests, in both formats. `tools`, `prediction`, `prompt`,
 * `previous_response_id` and the like are not among them, because a model reads them.
 */
export const requestSettings: readonly string[] = [
  // How the next token is chosen, and when the last one is.
  "frequency_penalty",
  "logit_bias",
  "presence_penalty",
  "seed",
  "stop",
  "temperature",
  "max_completion_tokens",
  "max_output_tokens",
  "max_tokens",
  "n",
  "top_p",
  "truncation",
  // What is output, and in which form.
  "audio",
  "include",
  "logprobs",
  "modalities",
  "response_format",
  "stream",
  "stream_options",
  "text",
  "top_logprobs",
  "verbosity",
  // How much to think, and which tools to call.
  "function_call",
  "max_tool_calls",
  "parallel_tool_calls",
  "reasoning",
  "reasoning_effort",
  "tool_choice",
  "web_search_options",
  // How the request is run, billed and kept.
  "access_programs.cyber",
  "background",
  ...under("background_options", ["completion_window", "continuation_id"]),
  "context_management",
  "image.context_compression",
  "metadata",
  "moderation",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
  "service_tier",
  "store",
  "user",
];

const formats = knownFields([
  ...under("response_format", ["type", "json_schema.name", "json_schema.strict"]),
  ...under("text", ["verbosity", "format.type", "format.name", "format.strict"]),
]);

/** Reports what a model reads of the formats that a request asks for, such as schemas. */
export function reportFormats(request: JsonObject, reading: Reading): void {
  const asked = Object.entries(chosen(request, ["response_format", "text"]));
  const objects = Object.fromEntries(asked.filter(([, format]) => isJsonObject(format)));
  reportFields(reading, objects, [], formats);
}

/** What was found. The message of a moderation that failed is not a setting: a person reads it. */
const verdict = [
  "categories",
  "category_applied_input_types",
  "category_scores",
  "code",
  "flagged",
  "model",
  "results",
  "type",
];

/** The settings of responses. Text that they repeat from their request is reported separately. */
export const responseSettings: readonly string[] = [
  ...requestSettings,
  ...under("moderation.input", verdict),
  ...under("moderation.output", verdict),
  "billing",
  "completed_at",
  "conversation",
  "incomplete_details",
  ...under("input_transformations.*", ["action", "id", "reason", "type"]),
  "instructions",
  "object",
  "previous_response_id",
  "prompt",
  ...under("prompt_cache_diagnostics", ["cache_missed_tokens", "comparison_reusable_tokens"]),
  ...under("prompt_cache_diagnostics", ["reason", "type"]),
  "status",
  "system_fingerprint",
  ...under("tool_usage", ["image_gen", "web_search"]),
  "tools",
];
