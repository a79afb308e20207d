/**
 * Fields that other servers add to the documents of OpenAI's APIs.
 *
 * `request`, `answer`, `choice`, `message` and `block` list the settings in these places. `content`
 * lists known fields that count as content, like every unknown field: a model or a person reads
 * them, or they have an effect.
 */
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

interface Dialect {
  /** Where the fields are defined. */
  readonly source: string;
  readonly request?: readonly string[];
  readonly answer?: readonly string[];
  readonly choice?: readonly string[];
  readonly message?: readonly string[];
  readonly block?: readonly string[];
  readonly content?: readonly string[];
}

export const dialects: { readonly [server: string]: Dialect } = {
  azure: {
    source: "learn.microsoft.com/azure/ai-foundry/openai: reference, concepts/content-streaming",
    // The verdicts of its content filter, which `filterFields` lists, are settings, too.
    content: ["data_sources", "enhancements", "context"],
  },
  deepseek: {
    source: "api-docs.deepseek.com: create-chat-completion, guides/chat_prefix_completion",
    request: ["thinking"],
    message: ["prefix"],
  },
  groq: {
    source: "groq-sdk: resources/chat/completions",
    request: [
      "exclude_domains",
      "include_domains",
      "include_reasoning",
      "reasoning_format",
      "search_settings",
    ],
    answer: ["usage_breakdown"],
    content: ["executed_tools"],
  },
  llamacpp: {
    source: "github.com/ggml-org/llama.cpp: tools/server/README.md",
    answer: ["timings"],
  },
  ollama: {
    source: "github.com/ollama/ollama: openai/openai.go",
    request: ["_debug_render_only"],
    content: ["_debug_info"],
  },
  openrouter: {
    source: "@openrouter/sdk: models/chatrequest, chatresult; @openrouter/ai-sdk-provider: chat",
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
    content: ["plugins", "images", "error"],
  },
  vllm: {
    source: "github.com/vllm-project/vllm: entrypoints/openai/chat_completion/protocol.py",
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
    content: [
      // In a request, transfer parameters are content, too: they refer to data on another host. In
      // an answer, they are only a handle.
      "chat_template",
      "chat_template_kwargs",
      "documents",
      "structured_outputs",
      "vllm_xargs",
      "prompt_text",
      "prompt_token_ids",
    ],
  },
};

/** The settings that any server adds to a place: a document does not say which server made it. */
export function settingsAt(
  place: "request" | "answer" | "choice" | "message" | "block",
): readonly string[] {
  return Object.values(dialects).flatMap((dialect) => dialect[place] ?? []);
}

/** Verdicts of Azure's content filter: in an answer, in a choice, and in Responses. */
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
