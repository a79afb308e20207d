import * as z from "zod";
import { anyJson, emptyObject, optionalText, text } from "./leaves.ts";

const toolSchema = z.object({
  name: text,
  title: optionalText,
  description: optionalText,
  // A JSON Schema may be a boolean.
  input_schema: anyJson.optional(),
  output_schema: anyJson.optional(),
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
  arguments: z.array(anyJson).optional(),
  server_id: optionalText,
  annotations: emptyObject,
});

/** One at a time is meant; it is not checked. */
export const mcpSchema = z.object({
  tool: toolSchema.optional(),
  resource: resourceSchema.optional(),
  prompt: promptSchema.optional(),
});
