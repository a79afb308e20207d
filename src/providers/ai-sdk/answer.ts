/**
 * A tool's answer. A list of content is shown as a list of message parts, so that it looks the
 * same for every provider; any other answer is shown as JSON.
 */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import { isTextFile } from "./file-data.ts";
import { isFields } from "./host-values.ts";
import { isMedia } from "./media.ts";

export interface Answer {
  readonly content?: Json | undefined;
  readonly is_error: boolean;
}

/** The parts of an answer that is a list of them; `undefined` for other JSON. */
export function partsOf({ content, is_error }: Answer): readonly ContentPart[] | undefined {
  if (is_error || !Array.isArray(content) || content.length === 0) return undefined;
  return content.every(isPart) ? content : undefined;
}

const sourceKeys: readonly string[] = ["type", "data", "media_type", "title"];

function isPart(item: unknown): item is ContentPart {
  if (!isFields(item) || Object.keys(item).length !== 2) return false;
  const { content_type, content, text } = item;
  if (content_type === "text") return typeof text === "string";
  if (content_type === "resource") return isTextFile(content);
  if (!isMedia(content_type) || !isFields(content)) return false;
  return (
    (content.type === "url" || content.type === "base64") &&
    typeof content.data === "string" &&
    Object.entries(content).every(
      ([key, value]) => sourceKeys.includes(key) && typeof value === "string",
    ) &&
    (content_type === "document" || content.title === undefined)
  );
}
