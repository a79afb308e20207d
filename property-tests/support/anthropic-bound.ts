/** Marks strings bound to text in Anthropic documents, and changes every text in messages. */
import { createMessage, type Message } from "glassine/messages";
import { isObject, type Level } from "./data.ts";

/** Fields with a copy of the text, its source or its signature. */
const bound = new Set([
  "citations",
  "encrypted_content",
  "encrypted_stdout",
  "parsed_output",
  "signature",
]);

/** Blocks that no part shows, so nothing in them changes. */
const hidden = new Set(["compaction"]);

/** A copy with every string that is bound to its block's text marked, and their number. */
export function markBound(document: unknown): { readonly marked: unknown; readonly count: number } {
  let count = 0;
  const copy = (value: unknown, isBound: boolean): unknown => {
    if (typeof value === "string" && isBound) {
      count += 1;
      return boundMark;
    }
    if (Array.isArray(value)) return value.map((item) => copy(item, isBound));
    if (!isObject(value)) return value;
    const isShown = !hidden.has(String((value as Level).type));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const isHere = isBound || (isShown && bound.has(key));
        return [key, key === "type" ? item : copy(item, isHere)];
      }),
    );
  };
  return { marked: copy(document, false), count };
}
export const boundMark = "§bound§";

const suffix = " §changed§";

/** Messages as returned by a plugin that changes every text it sees. */
export function withEachTextChanged(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) =>
    createMessage({ ...message, content: changedParts(message.content) as Message["content"] }),
  );
}

function changedParts(parts: readonly unknown[]): readonly unknown[] {
  return parts.map((part) => {
    const { text, content_type: type, content } = part as Level;
    if (typeof text === "string") return { ...(part as Level), text: text + suffix };
    if (!isObject(content)) return part;
    const inner = (content as Level).content;
    const changed =
      type === "tool_result" && Array.isArray(inner)
        ? changedParts(inner)
        : typeof inner === "string" && inner + suffix;
    return changed === false
      ? part
      : { ...(part as Level), content: { ...content, content: changed } };
  });
}
