import * as z from "zod/mini";
import { anyJson, emptyObject, optionalText, text } from "./leaves.ts";

const toolSchema = z.object({
  name: text,
  title: optionalText,
  description: optionalText,
  // A JSON Schema may be a boolean.
  input_schema: z.optional(anyJson),
  output_schema: z.optional(anyJson),
  server_id: optionalText,
  namespace: optionalText,
  annotations: emptyObject,
});

const resourceSchema = z.object({
  uri: text,
  name: optionalText,
  description: optionalText,
  mime_type: optionalText,
  server_id: optionalText,
  annotations: emptyObject,
});

const promptSchema = z.object({
  name: text,
  description: optionalText,
  arguments: z.optional(z.array(anyJson)),
  server_id: optionalText,
  annotations: emptyObject,
});

/** Only one at a time is intended, but that is not checked. */
export const mcpSchema = z.object({
  tool: z.optional(toolSchema),
  resource: z.optional(resourceSchema),
  prompt: z.optional(promptSchema),
});
