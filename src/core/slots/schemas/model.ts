/** The slots about the model call and the framework around it. */
import * as z from "zod/mini";
import {
  count,
  emptyObject,
  noSet,
  noTexts,
  optionalCount,
  optionalText,
  textMap,
} from "./leaves.ts";

export const completionSchema = z.object({
  stop_reason: z.optional(z.enum(["end", "return", "call", "max_tokens", "stop_sequence"])),
  tokens: z.optional(
    z.object({
      input_tokens: count,
      output_tokens: count,
      total_tokens: count,
    }),
  ),
  model: optionalText,
  raw_format: optionalText,
  created_at: optionalText,
  latency_ms: optionalCount,
});

export const provenanceSchema = z.object({
  source: optionalText,
  message_id: optionalText,
  parent_id: optionalText,
});

export const llmSchema = z.object({
  model_id: optionalText,
  provider: optionalText,
  capabilities: noTexts,
});

export const frameworkSchema = z.object({
  framework: optionalText,
  framework_version: optionalText,
  node_id: optionalText,
  graph_id: optionalText,
  metadata: emptyObject,
});

export const metaSchema = z.object({
  tags: noSet,
  scope: optionalText,
  properties: z._default(textMap, {}),
  entity_type: optionalText,
  entity_name: optionalText,
});
