/**
 * The known events of a streamed response: the fields of each, and which texts they add to. Any
 * other event or field is reported.
 *
 * Source: the types of OpenAI's SDK. Events with incomplete sound and images are not among them,
 * because no message shows those.
 */
import type { JsonObject } from "./json.ts";

/** The lists of parts: the name in the events of a part, and the field that has its index. */
export const partLists = {
  summary: { event: "reasoning_summary_part", index: "summary_index" },
  content: { event: "content_part", index: "content_index" },
} as const;

export type ListName = keyof typeof partLists;

/** A text that comes in pieces. */
export interface StreamedText {
  /** The part of an event's type between `response.` and `.delta` or `.done`. */
  readonly name: string;
  /** The type of the part or item that has it, and its field there and in the last event. */
  readonly of: string;
  readonly key: string;
  /** The list that the part is in. Without one, the text is in the item itself. */
  readonly list?: ListName;
}

export const streamedTexts: readonly StreamedText[] = [
  { name: "output_text", of: "output_text", key: "text", list: "content" },
  { name: "refusal", of: "refusal", key: "refusal", list: "content" },
  { name: "reasoning_text", of: "reasoning_text", key: "text", list: "content" },
  { name: "reasoning_summary_text", of: "summary_text", key: "text", list: "summary" },
  { name: "function_call_arguments", of: "function_call", key: "arguments" },
  { name: "mcp_call_arguments", of: "mcp_call", key: "arguments" },
  { name: "custom_tool_call_input", of: "custom_tool_call", key: "input" },
  { name: "code_interpreter_call_code", of: "code_interpreter_call", key: "code" },
];

/** The text that an item or a part of this type has. */
export function textOf(what: "item" | "part", type: unknown): StreamedText | undefined {
  const isOne = ({ list }: StreamedText) => (list === undefined) === (what === "item");
  return streamedTexts.find((text) => text.of === type && isOne(text));
}

/** The events that end a response, each with the status that it stands for. */
export const endings: { readonly [type: string]: string } = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
};

/** The fields with values that are part of the document. */
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

/** The unknown fields of a known event; `undefined` for an unknown event. */
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

/** Whether a field has a value of its type. If not, it counts as an unknown field. */
function fits(field: string, value: unknown): boolean {
  if (whole.includes(field)) return true;
  if (field === "logprobs") return Array.isArray(value);
  return typeof value === (numbers.includes(field) ? "number" : "string");
}
