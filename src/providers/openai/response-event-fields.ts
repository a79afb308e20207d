/**
 * The known events of a streamed response, and the fields of each. Any other event or field is reported.
 *
 * Source: the types of OpenAI's SDK. Sound and images that come before they are whole are not
 * here: no message shows them.
 */
import type { JsonObject } from "./json.ts";
import { endings, partEvents, textEvents } from "./response-event-kinds.ts";

type Holds = "number" | "string" | "list" | "anything";

/** What a field holds. Anything else in it is as unknown as another field would be. */
const fieldHolds: { readonly [field: string]: Holds } = {
  sequence_number: "number",
  output_index: "number",
  content_index: "number",
  summary_index: "number",
  annotation_index: "number",
  item_id: "string",
  name: "string",
  delta: "string",
  text: "string",
  refusal: "string",
  arguments: "string",
  input: "string",
  code: "string",
  status: "string",
  obfuscation: "string",
  logprobs: "list",
  // These are in the document as they came.
  response: "anything",
  item: "anything",
  part: "anything",
  annotation: "anything",
  error: "anything",
};

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
  ...Object.entries(textEvents).flatMap(([name, { index, key }]) => {
    // The name is compared with the item's.
    const where = [...ofItem, index ?? "name"];
    const all = name === "output_text" ? [...where, "logprobs"] : where;
    return [
      [`response.${name}.delta`, [...all, "delta"]],
      [`response.${name}.done`, [...all, key]],
    ] as const;
  }),
  ...Object.entries(partEvents).flatMap(([name, { index }]) => {
    const fields = [...ofItem, index, "part"];
    return [
      [`response.${name}.added`, fields],
      [`response.${name}.done`, name === "content_part" ? fields : [...fields, "status"]],
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

function fits(field: string, value: unknown): boolean {
  const holds = Object.hasOwn(fieldHolds, field) ? fieldHolds[field] : "anything";
  if (holds === "list") return Array.isArray(value);
  return holds === "anything" || typeof value === holds;
}
