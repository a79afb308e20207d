import * as z from "zod";
import { jsonObject } from "../../admit/index.ts";

const toolSchema = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  input_schema: jsonObject().optional(),
  output_schema: jsonObject().optional(),
  server_id: z.string().optional(),
  namespace: z.string().optional(),
  annotations: jsonObject().default({}),
});

const resourceSchema = z.object({
  uri: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  mime_type: z.string().optional(),
  server_id: z.string().optional(),
  annotations: jsonObject().default({}),
});

const promptSchema = z.object({
  name: z.string(),
  description: z.string().optional(),
  arguments: z.array(jsonObject()).optional(),
  server_id: z.string().optional(),
  annotations: jsonObject().default({}),
});

/** One at a time is meant; it is not checked. */
export const mcpSchema = z.object({
  tool: toolSchema.optional(),
  resource: resourceSchema.optional(),
  prompt: promptSchema.optional(),
});
