/** Messages in wire spelling, from the Common Message Format. */
import * as z from "zod";
import { withDefault } from "../schema/index.ts";
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

type PromptResult = z.output<ReturnType<typeof promptResultPart<z.ZodType<MessageData>>>>;
type PartData = z.output<(typeof leafParts)[number]> | PromptResult;

/** A message as data, before freezing. */
export interface MessageData {
  schema_version: string;
  role: z.output<typeof roleSchema>;
  content: PartData[];
  channel?: z.output<typeof channelSchema> | undefined;
}

const nestedMessage: z.ZodType<MessageData, MessageData> = z.lazy(
  () => messageSchema as unknown as z.ZodType<MessageData, MessageData>,
);

/** Every part, told apart by `content_type`. */
export const partSchemas = [...leafParts, promptResultPart(nestedMessage)] as const;

/** A message has no other field; in particular, extensions travel beside it. */
export const messageSchema = z.strictObject({
  schema_version: withDefault(z.string(), "2.0"),
  role: roleSchema,
  content: z.array(z.discriminatedUnion("content_type", partSchemas)).default([]),
  channel: channelSchema.optional(),
});
