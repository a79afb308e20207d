import * as z from "zod";

export const requestSchema = z.object({
  environment: z.string().optional(),
  request_id: z.string().optional(),
  timestamp: z.string().optional(),
  trace_id: z.string().optional(),
  span_id: z.string().optional(),
});
