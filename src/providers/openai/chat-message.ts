/**
 * One message of Chat Completions, in a request or as a choice.
 *
 * Its content, its refusal, its spoken answer and its calls are fields of their own. Here they are
 * one row of items, in the order in which a message shows them.
 */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import { readBlock } from "./blocks.ts";
import { type CallNames, nameCall, readArguments, type ToolCall } from "./calls.ts";
import { given, isObject, type JsonObject, objectIn, objectsIn, textAt } from "./json.ts";
import { type ReportLeft, reportFields, under } from "./report-fields.ts";
import type { Source } from "./rewrite.ts";

export const fields = ["content", "refusal", "audio", "tool_calls", "function_call"] as const;
export type Field = (typeof fields)[number];

/** A block, a call, or the whole of a field that is not a list. */
export interface Item {
  readonly field: Field;
  readonly json: Json;
}
export type Sources = readonly Source<Item, ContentPart>[];

/** What a message shows, part by part. */
export function readFields(
  message: JsonObject,
  path: string,
  names: CallNames,
  left: ReportLeft,
): Sources {
  const calls = objectsIn(given(message, "tool_calls"));
  const legacy = given(message, "function_call");
  return [
    ...readContent(given(message, "content"), under(path, "content"), left),
    ...readRefusal(textAt(message, "refusal"), under(path, "refusal"), left),
    ...readAudio(given(message, "audio"), under(path, "audio"), left),
    ...calls.map((json, index): Source<Item, ContentPart> => {
      const at = under(path, "tool_calls", index);
      const part = readCall(json, at, names, left);
      return {
        item: { field: "tool_calls", json },
        parts: part === undefined ? [] : [part],
        path: at,
      };
    }),
    ...(legacy === undefined
      ? []
      : [readLegacyCall(objectIn(legacy), under(path, "function_call"), left)]),
  ];
}

function readContent(content: Json | undefined, path: string, left: ReportLeft): Sources {
  if (typeof content === "string") {
    const part: ContentPart = { content_type: "text", text: content };
    return [{ item: { field: "content", json: content }, parts: [part], path }];
  }
  const blocks = objectsIn(content);
  return blocks.map((json, index) => {
    const at = under(path, index);
    const part = readBlock(json, at, left);
    return { item: { field: "content", json }, parts: part === undefined ? [] : [part], path: at };
  });
}

function readRefusal(refusal: string | undefined, path: string, left: ReportLeft): Sources {
  if (refusal === undefined) return [];
  left({ path, kind: "setting", reason: "A refusal, shown as text." });
  const part: ContentPart = { content_type: "text", text: refusal };
  return [{ item: { field: "refusal", json: refusal }, parts: [part], path }];
}

/** A spoken answer: what it says, and the sound. */
function readAudio(audio: Json | undefined, path: string, left: ReportLeft): Sources {
  if (!isObject(audio)) return [];
  const item: Item = { field: "audio", json: audio };
  const data = textAt(audio, "data");
  if (data === undefined) {
    left({ path, kind: "content", reason: "The audio is stored elsewhere." });
    return [{ item, parts: [], path }];
  }
  reportFields(audio, path, ["data", "transcript"], ["id", "expires_at"], left);
  const sound: ContentPart = { content_type: "audio", content: { type: "base64", data } };
  const transcript = textAt(audio, "transcript");
  if (transcript === undefined) return [{ item, parts: [sound], path }];
  return [{ item, parts: [sound, { content_type: "text", text: transcript }], path }];
}

function readCall(
  call: JsonObject,
  path: string,
  names: CallNames,
  left: ReportLeft,
): ContentPart | undefined {
  const { type } = call;
  if (type !== "function" && type !== "custom") {
    left({ path, kind: "content", reason: "A call of an unknown kind." });
    return undefined;
  }
  const id = textAt(call, "id") ?? "";
  const inner = objectIn(call[type]);
  const text = type === "custom" ? "input" : "arguments";
  const settings = ["parsed_arguments"];
  reportFields(call, path, ["id", "type", type], [], left);
  reportFields(inner, under(path, type), ["name", text], settings, left);
  if (id === "") left({ path: under(path, "id"), kind: "setting", reason: "An empty id." });
  if (type === "custom") {
    left({
      path: under(path, "type"),
      kind: "setting",
      reason: "Text, shown as the argument input.",
    });
  }
  const name = textAt(inner, "name") ?? "";
  nameCall(id, name, names, under(path, "id"), left);
  const value = textAt(inner, text) ?? "";
  const where = under(path, "function", "arguments");
  return {
    content_type: "tool_call",
    content: {
      tool_call_id: id,
      name,
      arguments: type === "custom" ? { input: value } : readArguments(value, where, left),
    },
  };
}

/** Calls had no ids once. */
function readLegacyCall(
  call: JsonObject,
  path: string,
  left: ReportLeft,
): Source<Item, ContentPart> {
  reportFields(call, path, ["name", "arguments"], ["parsed_arguments"], left);
  const content: ToolCall = {
    tool_call_id: "",
    name: textAt(call, "name") ?? "",
    arguments: readArguments(textAt(call, "arguments") ?? "", under(path, "arguments"), left),
  };
  const item: Item = { field: "function_call", json: call };
  return { item, parts: [{ content_type: "tool_call", content }], path };
}
