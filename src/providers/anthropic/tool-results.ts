/** What a tool result may hold: text, or parts of a message, or any other JSON. */
import type { Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { type ContentPart, createMessage, type MessageInput } from "../../core/messages/index.ts";

/** Kinds of part that a result can hold as blocks. */
const kinds = new Set(["text", "image", "document", "resource"]);

/** The parts that a result's content says, if it says parts. */
export function partsOf(content: Json | undefined): readonly ContentPart[] | undefined {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return messageParts([{ content_type: "text", text: content }]);
  if (!Array.isArray(content)) return undefined;
  // Any JSON list may come here: createMessage refuses what is not parts.
  const parts = messageParts(content as MessageInput["content"]);
  return parts?.every(({ content_type }) => kinds.has(content_type)) ? parts : undefined;
}

function messageParts(content: MessageInput["content"]): readonly ContentPart[] | undefined {
  try {
    return createMessage({ role: "tool", content: content ?? [] }).content;
  } catch (error) {
    if (isGlassineError(error) && error.code === "message_invalid") return undefined;
    throw error;
  }
}

/** The texts of a result that has nothing else. */
export function textsOf(parts: readonly ContentPart[] | undefined): readonly string[] | undefined {
  if (parts === undefined) return undefined;
  const texts = parts.flatMap((part) => (part.content_type === "text" ? [part.text] : []));
  return texts.length === parts.length ? texts : undefined;
}
