import * as z from "zod/mini";
import { optionalText } from "./leaves.ts";

export const requestSchema = z.object({
  environment: optionalText,
  request_id: optionalText,
  timestamp: optionalText,
  trace_id: optionalText,
  span_id: optionalText,
});
