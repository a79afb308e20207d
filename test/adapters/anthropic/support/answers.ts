/** Responses as the provider's SDK types them. */
import type Anthropic from "@anthropic-ai/sdk";

export const usage: Anthropic.Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation: null,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  inference_geo: null,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: null,
  speed: null,
};

export function answer(
  content: Anthropic.ContentBlock[],
  more: Partial<Anthropic.Message> = {},
): Anthropic.Message {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-4-8",
    content,
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: "end_turn",
    stop_sequence: null,
    usage,
    ...more,
  };
}
