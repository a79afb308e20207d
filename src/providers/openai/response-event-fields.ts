/**
 * The known events of a streamed response, and the fields of each. Any other event or field is reported.
 *
 * Source: the types of OpenAI's SDK. Sound and images that come before they are whole are not
 * here: no message shows them.
 */
import type { JsonObject } from "./json.ts";
import { endings, partLists, streamedTexts } from "./response-event-kinds.ts";

/** These are in the document as they came. */
const whole = ["response", "item", "part", "annotation", "error", "message", "param"];
const numbers = [
  "sequence_number",
  "output_index",
  "content_index",
  "summary_index",
  "annotation_index",
];

const ofAll = ["type", "sequence_number", "obfuscation"];
const ofItem = ["item_id", "output_index"];

/** The steps of events that only report the progress of an item. */
const progress: { readonly [name: string]: readonly string[] } = {
  web_search_call: ["in_progress", "searching", "completed"],
  file_search_call: ["in_progress", "searching", "completed"],
  code_interpreter_call: ["in_progress", "interpreting", "completed"],
  image_generation_call: ["in_progress", "generating", "completed"],
  mcp_call: ["in_progress", "completed", "failed"],
  mcp_list_tools: ["in_progress", "completed", "failed"],
};

const beginnings = ["response.created", "response.in_progress", "response.queued"];

const fieldsOf: readonly (readonly [type: string, fields: readonly string[]])[] = [
  ...[...beginnings, ...Object.keys(endings)].map((type) => [type, ["response"]] as const),
  ["response.output_item.added", ["output_index", "item"]],
  ["response.output_item.done", ["output_index", "item"]],
  ...streamedTexts.flatMap(({ name, list, key }) => {
    // The name is compared with the item's.
    const where = [...ofItem, list === undefined ? "name" : partLists[list].index];
    const all = name === "output_text" ? [...where, "logprobs"] : where;
    return [
      [`response.${name}.delta`, [...all, "delta"]],
      [`response.${name}.done`, [...all, key]],
    ] as const;
  }),
  ...Object.values(partLists).flatMap(({ event, index }) => {
    const fields = [...ofItem, index, "part"];
    return [
      [`response.${event}.added`, fields],
      [`response.${event}.done`, event === "content_part" ? fields : [...fields, "status"]],
    ] as const;
  }),
  [
    "response.output_text.annotation.added",
    [...ofItem, "content_index", "annotation_index", "annotation"],
  ],
  ...Object.entries(progress).flatMap(([name, steps]) =>
    steps.map((step) => [`response.${name}.${step}`, ofItem] as const),
  ),
];
const known: ReadonlyMap<string, readonly string[]> = new Map(fieldsOf);

/** The details of an error are in a separate object, or in these fields. */
const ofError = ["code", "message", "param"];

/** The fields of a known event that is ignored; `undefined` for an unknown event. */
export function unknownFields(type: string, event: JsonObject): readonly string[] | undefined {
  const own = type === "error" ? errorFields(event) : known.get(type);
  if (own === undefined) return undefined;
  return Object.entries(event).flatMap(([field, value]) => {
    const isSilent = value === null || value === undefined;
    const isKnown = ofAll.includes(field) || own.includes(field);
    return isSilent || (isKnown && fits(field, value)) ? [] : [field];
  });
}

function errorFields({ error }: JsonObject): readonly string[] {
  return error === null || error === undefined ? ofError : ["error"];
}

/** Whether a field holds what it should. Anything else in it is as unknown as another field. */
function fits(field: string, value: unknown): boolean {
  if (whole.includes(field)) return true;
  if (field === "logprobs") return Array.isArray(value);
  return typeof value === (numbers.includes(field) ? "number" : "string");
}
