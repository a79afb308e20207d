import * as z from "zod";
import { jsonObject, wholeNumber } from "../../admit/index.ts";

const conversationSchema = z.object({
  history: z.array(jsonObject()).max(100).default([]),
  summary: z.string().optional(),
  topics: z.array(z.string()).default([]),
});

export const agentSchema = z.object({
  input: z.string().optional(),
  session_id: z.string().optional(),
  conversation_id: z.string().optional(),
  turn: wholeNumber().optional(),
  agent_id: z.string().optional(),
  parent_agent_id: z.string().optional(),
  conversation: conversationSchema.optional(),
});
