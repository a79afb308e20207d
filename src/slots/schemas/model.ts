/** The slots about the model call and the framework around it. */
import * as z from "zod";
import { jsonObject, stringSet, wholeNumber } from "../../admit/index.ts";

export const completionSchema = z.object({
  stop_reason: z.enum(["end", "return", "call", "max_tokens", "stop_sequence"]).optional(),
  tokens: z
    .object({
      input_tokens: wholeNumber(),
      output_tokens: wholeNumber(),
      total_tokens: wholeNumber(),
    })
    .optional(),
  model: z.string().optional(),
  raw_format: z.string().optional(),
  created_at: z.string().optional(),
  latency_ms: wholeNumber().optional(),
});

export const provenanceSchema = z.object({
  source: z.string().optional(),
  message_id: z.string().optional(),
  parent_id: z.string().optional(),
});

export const llmSchema = z.object({
  model_id: z.string().optional(),
  provider: z.string().optional(),
  capabilities: z.array(z.string()).default([]),
});

export const frameworkSchema = z.object({
  framework: z.string().optional(),
  framework_version: z.string().optional(),
  node_id: z.string().optional(),
  graph_id: z.string().optional(),
  metadata: jsonObject().default({}),
});

export const metaSchema = z.object({
  tags: stringSet().default([]),
  scope: z.string().optional(),
  properties: z.record(z.string(), z.string()).default({}),
  entity_type: z.enum(["tool", "llm", "prompt", "resource", "http"]).optional(),
  entity_name: z.string().optional(),
});
