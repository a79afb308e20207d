/** Lists of messages: prompts and `ModelMessage[]`. */
import * as z from "zod/mini";
import { createMessage, type Message } from "../../core/messages/index.ts";
import { type Collector, type Left, readDocument } from "../rewrite/index.ts";
import { byField } from "./by-field.ts";
import { fieldOf, isFields, isList, jsonOf } from "./host-values.ts";
import { notesFor } from "./notes.ts";
import { type Format, type PartJson, partJson, partSchema } from "./part-kinds.ts";
import { readParts, type ShownParts } from "./read-parts.ts";
import { reportUnread } from "./settings.ts";

export type ListFormat = Extract<Format, "prompt" | "messages">;

/** A message that is shown, and its place in the list. */
export interface ShownMessage extends ShownParts {
  readonly message: Message;
  readonly at: number;
}

const roles = ["system", "user", "assistant", "tool"] as const;
const isRole = (role: unknown) => roles.some((each) => each === role);

interface MessageJson {
  readonly role: (typeof roles)[number];
  readonly content: string | readonly PartJson[];
}

export function readList(
  list: readonly unknown[],
  format: ListFormat,
  left: Collector<Left>,
): readonly ShownMessage[] {
  const items = isList(list) ? Array.from(list, (each) => messageJson(each, format)) : list;
  const messages = readDocument(schemas[format], items, nameOf(format)) as readonly MessageJson[];
  const notes = notesFor(left);
  return messages.flatMap((json, at): readonly ShownMessage[] => {
    const own = notes.under(at);
    if (!isRole(json.role)) {
      own.reportLeft("content", "Messages have no such role.");
      return [];
    }
    const { role, content } = json;
    const raw = fieldOf(list[at], "content");
    const shown =
      typeof content === "string"
        ? { parts: [{ content_type: "text", text: content } as const], places: [0] }
        : readParts(isList(raw) ? raw : [], content, { format, role }, own.under("content"));
    reportUnread(list[at], ["role", "content"], "message", own);
    const message = createMessage({ role, content: shown.parts });
    return [{ message, parts: message.content, places: shown.places, at }];
  });
}

/** What errors call such a list. */
export function nameOf(format: ListFormat): string {
  return format === "prompt" ? "prompt" : "list of messages";
}

function messageJson(message: unknown, format: ListFormat): unknown {
  if (!isFields(message)) return jsonOf(message);
  const role = jsonOf(fieldOf(message, "role"));
  if (!isRole(role)) return { role };
  const content = fieldOf(message, "content");
  if (!isList(content)) return { role, content: jsonOf(content) };
  return { role, content: Array.from(content, (part) => partJson(part, format)) };
}

function schemaOf(format: ListFormat): z.ZodMiniType {
  const message = z.looseObject({ content: z.union([z.string(), z.array(partSchema(format))]) });
  return z.array(byField("role", new Map(roles.map((role) => [role, message]))));
}

const schemas = { prompt: schemaOf("prompt"), messages: schemaOf("messages") } as const;
