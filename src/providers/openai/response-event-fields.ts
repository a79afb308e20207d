/**
 * The known events of a streamed response: the fields of each, and what it does. Any other event or
 * field is reported.
 *
 * Source: the types of OpenAI's SDK. Events with incomplete sound and images are not among them,
 * because no message shows those.
 */
import type { Path } from "../rewrite/index.ts";
import { isNone, type JsonObject } from "./json.ts";
import type { StreamedItem } from "./streamed-item.ts";
import { endings, type ListName, partLists, streamedTexts } from "./streamed-texts.ts";

/** The fields whose values are checked where they are used. */
const whole = [
  "response",
  "item",
  "part",
  "annotation",
  "delta",
  "output",
  "error",
  "message",
  "param",
];
const numbers = [
  "sequence_number",
  "output_index",
  "content_index",
  "summary_index",
  "annotation_index",
  "command_index",
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
  compaction: ["compacting"],
};

/** The fields of an event about one command of a shell. */
const ofCommand = [...ofItem, "command_index"];

/** The events of parts, by the list that the part is in. */
const ofParts: readonly (readonly [event: string, list: ListName])[] = [
  [partLists.summary.event, "summary"],
  [partLists.content.event, "content"],
  // What vLLM calls a part of reasoning: vllm/entrypoints/openai/responses/protocol.py
  ["reasoning_part", "content"],
];

const beginnings = ["response.created", "response.in_progress", "response.queued"];

/** The item that an event is about, or the part of it. */
function targetOf(response: StreamedItem, event: JsonObject, list?: ListName): StreamedItem {
  const item = response.part("output", event.output_index);
  item.check(event);
  return list === undefined ? item : item.part(list, event[partLists[list].index]);
}

/** What an event does. `from` is its path. */
type Apply = (response: StreamedItem, event: JsonObject, from: Path) => void;

const begin: Apply = (response, event, from) =>
  response.begin(event.response, [...from, "response"]);

/** The known events with their own fields. Without `apply`, an event only reports progress. */
const kinds: readonly (readonly [type: string, fields: readonly string[], apply?: Apply])[] = [
  ...beginnings.map((type) => [type, ["response"], begin] as const),
  ...Object.entries(endings).map(([type, status]) => {
    const end: Apply = (response, event) => response.finish(event.response, status === "completed");
    return [type, ["response"], end] as const;
  }),
  // Their details are in an object, or in these fields.
  ["error", ["code", "message", "param", "error"], (response, event) => response.fail(event)],
  [
    "response.output_item.added",
    ["output_index", "item"],
    (response, event, from) =>
      response.addPart("output", event.output_index, event.item, [...from, "item"]),
  ],
  [
    "response.output_item.done",
    ["output_index", "item"],
    (response, event) => targetOf(response, event).finish(event.item),
  ],
  ...streamedTexts.flatMap(({ name, list, key }) => {
    // The name is compared with the item's.
    const where = [...ofItem, list === undefined ? "name" : partLists[list].index];
    const all = name === "output_text" ? [...where, "logprobs"] : where;
    const add: Apply = (response, event) =>
      targetOf(response, event, list).addText(key, event.delta);
    const finish: Apply = (response, event) =>
      targetOf(response, event, list).finishText(key, event[key]);
    return [
      [`response.${name}.delta`, [...all, "delta"], add],
      [`response.${name}.done`, [...all, key], finish],
    ] as const;
  }),
  ...ofParts.flatMap(([name, list]) => {
    const { index } = partLists[list];
    const fields = [...ofItem, index, "part"];
    const add: Apply = (response, event, from) =>
      targetOf(response, event).addPart(list, event[index], event.part, [...from, "part"]);
    const finish: Apply = (response, event) => targetOf(response, event, list).finish(event.part);
    return [
      [`response.${name}.added`, fields, add],
      [`response.${name}.done`, list === "content" ? fields : [...fields, "status"], finish],
    ] as const;
  }),
  [
    "response.output_text.annotation.added",
    [...ofItem, "content_index", "annotation_index", "annotation"],
    (response, event) => targetOf(response, event, "content").addAnnotation(event.annotation),
  ],
  [
    "response.shell_call_command.added",
    [...ofCommand, "command"],
    (response, event) => targetOf(response, event).addCommand(event.command_index, event.command),
  ],
  [
    "response.shell_call_command.delta",
    [...ofCommand, "delta"],
    (response, event) => targetOf(response, event).growCommand(event.command_index, event.delta),
  ],
  [
    "response.shell_call_command.done",
    [...ofCommand, "command"],
    (response, event) =>
      targetOf(response, event).finishCommand(event.command_index, event.command),
  ],
  // Not in the types of OpenAI's SDK. Source: the events that its AI SDK provider reads.
  [
    "response.apply_patch_call_operation_diff.delta",
    [...ofItem, "delta"],
    (response, event) => targetOf(response, event).growDiff(event.delta),
  ],
  [
    "response.apply_patch_call_operation_diff.done",
    [...ofItem, "diff"],
    (response, event) => targetOf(response, event).finishDiff(event.diff),
  ],
  [
    "response.shell_call_output_content.delta",
    [...ofCommand, "delta"],
    (response, event) => targetOf(response, event).printed.grow(event.command_index, event.delta),
  ],
  [
    "response.shell_call_output_content.done",
    [...ofCommand, "output"],
    (response, event) =>
      targetOf(response, event).printed.finish(event.command_index, event.output),
  ],
  ...Object.entries(progress).flatMap(([name, steps]) =>
    steps.map((step) => [`response.${name}.${step}`, ofItem] as const),
  ),
  // Sent while nothing else comes. Source: https://github.com/openai/openai-node/issues/1964
  ["keepalive", []],
];
const known = new Map(kinds.map(([type, ...kind]) => [type, kind]));

export function applyEvent(type: string, ...given: Parameters<Apply>): void {
  known.get(type)?.[1]?.(...given);
}

/** The unknown fields of a known event; `undefined` for an unknown event. */
export function unknownFields(type: string, event: JsonObject): readonly string[] | undefined {
  const [own] = known.get(type) ?? [];
  if (own === undefined) return undefined;
  const isInObject = type === "error" && !isNone(event.error);
  return Object.entries(event).flatMap(([field, value]) => {
    const isKnown = ofAll.includes(field) || (isInObject ? field === "error" : own.includes(field));
    return isNone(value) || (isKnown && fits(field, value)) ? [] : [field];
  });
}

/** Whether a field has a value of its type. If not, it counts as an unknown field. */
function fits(field: string, value: unknown): boolean {
  if (whole.includes(field)) return true;
  if (field === "logprobs") return Array.isArray(value);
  return typeof value === (numbers.includes(field) ? "number" : "string");
}
