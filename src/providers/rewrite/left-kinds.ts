/** The kinds of `left`, the same for every provider. */
import type { Json } from "../../core/data/index.ts";
import { isJsonObject, type Path } from "./json.ts";

/**
 * `content` is what a model or a person reads or what has an effect, unless it has a kind of its
 * own: definitions of `tools`; a `citation`, which quotes sources; a `reference` to a file or a
 * conversation that is stored elsewhere. `setting` is everything else, such as a temperature.
 */
export const leftKinds = ["content", "tools", "citation", "reference", "setting"] as const;
export type LeftKind = (typeof leftKinds)[number];

/** Fields of a request or an answer. In a message, the same name may mean anything. */
const ofDocument = new Map<string, LeftKind>([
  ["cachedContent", "reference"],
  ["continuationToken", "reference"],
  ["conversation", "reference"],
  ["functions", "tools"],
  ["previous_response_id", "reference"],
  ["thread.previous_message_id", "reference"],
  ["toolConfig", "tools"],
  ["tools", "tools"],
]);

const anywhere = new Map<string, LeftKind>([
  ["annotations", "citation"],
  ["citationMetadata", "citation"],
  ["citations", "citation"],
  ["file_id", "reference"],
  ["groundingMetadata", "citation"],
  ["urlContextMetadata", "citation"],
]);

/** Returns the kind of a field that is not a setting. */
export function contentKind(path: Path, value: Json): LeftKind {
  const kind = ofDocument.get(path.join(".")) ?? anywhere.get(String(path.at(-1))) ?? "content";
  return kind === "reference" && !isId(value) ? "content" : kind;
}

/** Whether a value only names something: a string, or an object with nothing but an id. */
function isId(value: Json): boolean {
  if (!isJsonObject(value)) return typeof value === "string";
  return typeof value.id === "string" && Object.keys(value).length === 1;
}
