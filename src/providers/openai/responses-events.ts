/** The events that stream a response. */

import { type JsonObject, objectsIn, stringAt, withFields } from "./json.ts";
import { itemKind } from "./shapes.ts";
import { endings, partLists, type StreamedText, textOf } from "./streamed-texts.ts";

export function responsesEvents(response: JsonObject): readonly object[] {
  const output = objectsIn(response.output);
  const first = withFields(response, { status: "in_progress", output: [], usage: null });
  const ending = Object.keys(endings).find((type) => endings[type] === response.status);
  const list = [
    { type: "response.created", response: first },
    { type: "response.in_progress", response: first },
    ...output.flatMap((item, output_index) => itemEvents(item, output_index)),
    { type: ending ?? "response.completed", response },
  ];
  return list.map((event, sequence_number) => ({ ...event, sequence_number }));
}

const lists = ["summary", "content"] as const;

function itemEvents(item: JsonObject, output_index: number): readonly JsonObject[] {
  const text = textOf("item", itemKind(item));
  const whole = text && stringAt(item, text.key);
  const at = { output_index, item_id: stringAt(item, "id") ?? "" };
  const emptied = withFields(item, {
    ...(item.status === "completed" && { status: "in_progress" }),
    ...(text && whole !== undefined && { [text.key]: "" }),
    ...Object.fromEntries(
      lists.filter((list) => Array.isArray(item[list])).map((list) => [list, []]),
    ),
  });
  const name = stringAt(item, "name");
  return [
    { type: "response.output_item.added", output_index, item: emptied },
    ...lists.flatMap((list) => {
      const { event, index } = partLists[list];
      const atPlace = (place: number) => ({ ...at, [index]: place });
      return objectsIn(item[list]).flatMap((part, i) => partEvents(part, event, atPlace(i)));
    }),
    ...(text && whole !== undefined
      ? textEvents(text, whole, at, {}, name !== undefined ? { name } : {})
      : []),
    { type: "response.output_item.done", output_index, item },
  ];
}

function partEvents(part: JsonObject, event: string, at: JsonObject): readonly JsonObject[] {
  const text = textOf("part", part.type);
  const whole = text && stringAt(part, text.key);
  const { annotations } = part;
  const isCited = Array.isArray(annotations);
  const first = withFields(part, {
    ...(text && { [text.key]: "" }),
    ...(isCited && { annotations: [] }),
    ...(Object.hasOwn(part, "logprobs") && { logprobs: [] }),
  });
  const cited = (isCited ? annotations : []).map(
    (annotation, annotation_index): JsonObject => ({
      type: "response.output_text.annotation.added",
      ...at,
      annotation_index,
      annotation,
    }),
  );
  const logprobs = part.type === "output_text" ? { logprobs: part.logprobs ?? [] } : {};
  return [
    { type: `response.${event}.added`, ...at, part: first },
    ...(text && whole !== undefined ? textEvents(text, whole, at, logprobs) : []),
    ...cited,
    { type: `response.${event}.done`, ...at, part },
  ];
}

function textEvents(
  { name, key }: StreamedText,
  text: string,
  at: JsonObject,
  more: JsonObject,
  atEnd: JsonObject = {},
): readonly JsonObject[] {
  return [
    ...(text === "" ? [] : [{ type: `response.${name}.delta`, ...at, delta: text, ...more }]),
    { type: `response.${name}.done`, ...at, [key]: text, ...more, ...atEnd },
  ];
}
