/** Fields at the top of documents that are settings. Any other counts as content. */
import { given, isObject, type JsonObject } from "./json.ts";
import { type ReportLeft, reportFields } from "./report-fields.ts";

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

/** What a model reads of the formats that a request asks for: `left` has it as it has tools. */
export function reportFormats(request: JsonObject, left: ReportLeft): void {
  const formats: readonly (readonly [keys: readonly string[], settings: readonly string[]])[] = [
    [["response_format"], ["type", "json_schema"]],
    [
      ["response_format", "json_schema"],
      ["name", "strict"],
    ],
    [["text"], ["format", "verbosity"]],
    [
      ["text", "format"],
      ["type", "name", "strict"],
    ],
  ];
  for (const [keys, settings] of formats) {
    const format = keys.reduce((json: JsonObject, key) => {
      const inner = given(json, key);
      return isObject(inner) ? inner : {};
    }, request);
    reportFields(format, keys.join("."), settings, [], left);
  }
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
