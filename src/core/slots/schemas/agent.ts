import * as z from "zod/mini";
import { anyJson, noTexts, optionalCount, optionalText } from "./leaves.ts";

const conversationSchema = z.object({
  history: z._default(z.array(anyJson).check(z.maxLength(100)), []),
  summary: optionalText,
  topics: noTexts,
});

export const agentSchema = z.object({
  input: optionalText,
  session_id: optionalText,
  conversation_id: optionalText,
  turn: optionalCount,
  agent_id: optionalText,
  parent_agent_id: optionalText,
  conversation: z.optional(conversationSchema),
});
