import * as z from "zod";
import { anyObject, emptyObject, optionalText, text } from "./leaves.ts";

const toolSchema = z.object({
  name: text,
  title: optionalText,
  description: optionalText,
  input_schema: anyObject.optional(),
  output_schema: anyObject.optional(),
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
  arguments: z.array(anyObject).optional(),
  server_id: optionalText,
  annotations: emptyObject,
});

/** One at a time is meant; it is not checked. */
export const mcpSchema = z.object({
  tool: toolSchema.optional(),
  resource: resourceSchema.optional(),
  prompt: promptSchema.optional(),
});
