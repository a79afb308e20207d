/** Fields that other servers add to the documents of OpenAI's APIs. */
import type { Json } from "../../core/data/index.ts";
import {
  type Collector,
  knownFields,
  type Left,
  type Path,
  pathOf,
  type Reading,
  reportFields,
} from "../rewrite/index.ts";
import { isJsonObject, type JsonObject, objectIn } from "./json.ts";

/** Where a document has a field. */
type Place = "request" | "answer" | "choice" | "message" | "block";

/**
 * The settings that servers add. What else they add counts as content, like every unknown field.
 * Transfer parameters are settings only in an answer: in a request, they refer to data on another
 * host.
 */
export const dialects: {
  readonly [server: string]: { readonly [place in Place]?: readonly string[] };
} = {
  // Source: api-docs.deepseek.com: create-chat-completion, guides/chat_prefix_completion
  deepseek: {
    request: ["thinking"],
    message: ["prefix"],
  },
  // Source: groq-sdk: resources/chat/completions
  groq: {
    request: [
      "exclude_domains",
      "include_domains",
      "include_reasoning",
      "reasoning_format",
      "search_settings",
    ],
    answer: ["usage_breakdown"],
  },
  // Source: github.com/ggml-org/llama.cpp: tools/server/README.md
  llamacpp: {
    answer: ["timings"],
  },
  // Source: github.com/ollama/ollama: openai/openai.go
  ollama: {
    request: ["_debug_render_only"],
  },
  // Source: @openrouter/sdk: models/chatrequest, chatresult; @openrouter/ai-sdk-provider: chat
  openrouter: {
    request: [
      "cache_control",
      "debug",
      "image_config",
      "models",
      "provider",
      "session_id",
      "trace",
    ],
    answer: ["provider"],
    choice: ["native_finish_reason"],
    block: ["cache_control"],
  },
  // Source: github.com/vllm-project/vllm: entrypoints/openai/chat_completion/protocol.py
  vllm: {
    request: [
      "add_generation_prompt",
      "add_special_tokens",
      "allowed_token_ids",
      "bad_words",
      "cache_salt",
      "continue_final_message",
      "echo",
      "ignore_eos",
      "include_reasoning",
      "include_stop_str_in_output",
      "length_penalty",
      "logprob_token_ids",
      "min_p",
      "min_tokens",
      "priority",
      "prompt_logprobs",
      "repetition_penalty",
      "request_id",
      "return_prompt_text",
      "return_token_ids",
      "return_tokens_as_token_ids",
      "session_id",
      "skip_special_tokens",
      "spaces_between_special_tokens",
      "stop_token_ids",
      "stream_interval",
      "thinking_token_budget",
      "top_k",
      "truncate_prompt_tokens",
      "truncation_side",
      "use_beam_search",
    ],
    answer: ["ec_transfer_params", "kv_transfer_params", "metrics"],
    choice: ["routed_experts", "stop_reason", "token_ids"],
  },
};

/** The settings that any server adds to a place: a document does not say which server made it. */
export function settingsAt(place: Place): readonly string[] {
  return Object.values(dialects).flatMap((dialect) => dialect[place] ?? []);
}

/** Verdicts of Azure's content filter: in an answer, in a choice, and in Responses. */
// Source: learn.microsoft.com/azure/ai-foundry/openai: reference, concepts/content-streaming
const filterFields: readonly string[] = [
  "prompt_filter_results",
  "content_filter_results",
  "content_filter_result",
  "content_filter_offsets",
  "content_filter_raw",
  "content_filters",
];
/** Strings in a verdict that are one of a few words. Any other string may be text. */
const filterWords: readonly string[] = ["code", "id", "severity", "source_type"];

const ofGroq = knownFields([], ["id", "usage", "usage_breakdown"]);

/**
 * Reports fields that other servers fill with objects that are partly settings. Returns their
 * names.
 */
export function reportNested(json: JsonObject, path: Path, reading: Reading): readonly string[] {
  const nested = Object.keys(json).filter((key) =>
    key === "x_groq"
      ? isJsonObject(json[key])
      : filterFields.includes(key) && typeof (json[key] ?? "") === "object",
  );
  for (const key of nested) {
    const value = json[key] ?? null;
    const at = [...path, key];
    if (key === "x_groq") {
      reportFields(reading, objectIn(value), at, ofGroq);
      continue;
    }
    const reason = "A verdict of a content filter.";
    reading.left.add({ path: pathOf(...at), kind: "setting", reason });
    reportTexts(value, at, false, reading.left);
  }
  return nested;
}

/** Reports the texts in a verdict: an error, or a citation that says where material was found. */
function reportTexts(value: Json, path: Path, isCitation: boolean, left: Collector<Left>): void {
  if (typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, isList ? Number(key) : key];
    const isCited = isCitation || key === "citation";
    if (typeof inner !== "string") reportTexts(inner, at, isCited, left);
    else if (!filterWords.includes(key)) {
      const kind = isCited ? "citation" : "content";
      left.add({ path: pathOf(...at), kind, reason: "A text in the verdict of a content filter." });
    }
  }
}
