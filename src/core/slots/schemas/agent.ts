import * as z from "zod";
import { anyJson, noTexts, optionalCount, optionalText } from "./leaves.ts";

const conversationSchema = z.object({
  history: z.array(anyJson).max(100).default([]),
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
  conversation: conversationSchema.optional(),
});
