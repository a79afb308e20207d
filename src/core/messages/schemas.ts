/** Messages in wire spelling, from the Common Message Format. */
import * as z from "zod/mini";
import { withDefault } from "../schema/index.ts";
import type { Message, MessageInput } from "./message-types.generated.ts";
import {
  audioPart,
  documentPart,
  imagePart,
  promptRequestPart,
  promptResultPart,
  resourcePart,
  resourceRefPart,
  textPart,
  thinkingPart,
  toolCallPart,
  toolResultPart,
  videoPart,
} from "./part-schemas.ts";

const roleSchema = z.enum(["system", "developer", "user", "assistant", "tool"]);
const channelSchema = z.enum(["analysis", "commentary", "final"]);

/** By `content_type`: every part but the one that holds messages. */
const leafParts = [
  textPart,
  thinkingPart,
  toolCallPart,
  toolResultPart,
  resourcePart,
  resourceRefPart,
  promptRequestPart,
  imagePart,
  videoPart,
  audioPart,
  documentPart,
] as const;

const nestedMessage: z.core.$ZodType<Message, MessageInput> = z.lazy(() => messageObject);

/** Every part, distinguished by `content_type`. */
export const partSchemas = [...leafParts, promptResultPart(nestedMessage)] as const;

/** A message has no other field; in particular, extensions travel beside it. */
export const messageObject = z.strictObject({
  schema_version: withDefault(z.string(), "2.0"),
  role: roleSchema,
  content: z._default(z.array(z.discriminatedUnion("content_type", partSchemas)), []),
  channel: z.optional(channelSchema),
});
