/** Parts of a message as parts of the SDK, in JSON. */

import type { ContentPart } from "../../core/messages/index.ts";
import { writeArguments } from "../rewrite/index.ts";
import { type Answer, partsOf } from "./answer.ts";
import { isTextFile, writeTextFile } from "./file-data.ts";
import type { Fields } from "./host-values.ts";
import { itemPlace, type Place } from "./place.ts";
import { writeMedia } from "./write-media.ts";

type Of<Type extends ContentPart["content_type"]> = Extract<
  ContentPart,
  { readonly content_type: Type }
>;

const media = ["image", "audio", "video", "document"] as const;
const calls = ["tool_call", "tool_result"] as const;

/** What may stand in a message of each role. */
const writable: Readonly<Record<string, readonly ContentPart["content_type"][]>> = {
  user: ["text", ...media, "resource"],
  assistant: ["text", ...media, "thinking", ...calls, "resource", "resource_ref"],
  tool: ["tool_result"],
  output: ["text", ...media, "resource"],
};

/** The JSON of a new part; if it cannot be expressed, reports it and returns `undefined`. */
export function writePart(part: ContentPart, place: Place): Fields | undefined {
  const { format, role } = place;
  const allowed = writable[format === "output" ? "output" : role] ?? [];
  if (!allowed.includes(part.content_type)) return notWritable(part, place);
  switch (part.content_type) {
    case "text":
      return { type: "text", text: part.text };
    case "thinking":
      return { type: "reasoning", text: part.text };
    case "tool_call":
      return writeCall(part.content, place);
    case "tool_result":
      return writeResult(part.content, place);
    case "resource_ref":
      return writeReference(part, place);
    case "resource":
      return writeResource(part, place);
    case "image":
    case "audio":
    case "video":
    case "document":
      return writeMedia(part, place);
    default:
      return notWritable(part, place);
  }
}

function notWritable(part: ContentPart, { reportLost, format, role }: Place): undefined {
  const where = format === "output" ? "the output of a tool" : `a message with the role ${role}`;
  reportLost(`A part of type "${part.content_type}" cannot be written in ${where}.`);
  return undefined;
}

function writeCall(call: Of<"tool_call">["content"], { format, reportLost }: Place): Fields {
  if (call.namespace !== undefined) reportLost("A call has no namespace.", "content", "namespace");
  return {
    type: "tool-call",
    toolCallId: call.tool_call_id,
    toolName: call.name,
    input: format === "result" ? writeArguments(call.arguments) : call.arguments,
  };
}

function writeResult(result: Of<"tool_result">["content"], place: Place): Fields {
  const { tool_call_id, tool_name, content, is_error } = result;
  const json = { type: "tool-result", toolCallId: tool_call_id, toolName: tool_name };
  if (place.format !== "result") return { ...json, output: writeOutput(result, place) };
  if (content === undefined) {
    place.reportLost("A result of a provider's tool needs a value; null was written.", "content");
  }
  return { ...json, result: content ?? null, ...(is_error ? { isError: true } : {}) };
}

export function writeOutput(answer: Answer, place: Place): Fields {
  const { content, is_error } = answer;
  const parts = partsOf(answer);
  if (parts !== undefined) {
    const value = parts.flatMap((part, index) => writePart(part, itemPlace(place, index)) ?? []);
    return { type: "content", value };
  }
  const form = typeof content === "string" ? "text" : "json";
  return { type: is_error ? `error-${form}` : form, value: content ?? null };
}

function writeReference(part: Of<"resource_ref">, place: Place): Fields | undefined {
  const { resource_request_id, uri, name, resource_type, ...range } = part.content;
  const isWhole = Object.values(range).every((value) => value === undefined);
  if (place.format !== "result" || resource_type !== "uri" || !isWhole) {
    return notWritable(part, place);
  }
  return {
    type: "source",
    sourceType: "url",
    id: resource_request_id,
    url: uri,
    ...(name === undefined ? {} : { title: name }),
  };
}

function writeResource(part: Of<"resource">, place: Place): Fields | undefined {
  const isFile = place.version === "v4" && place.format !== "result";
  if (isFile && isTextFile(part.content)) return writeTextFile(part.content);
  const { resource_request_id, uri, name, mime_type, resource_type, annotations, ...more } =
    part.content;
  const isBare =
    Object.keys(annotations).length === 0 &&
    Object.values(more).every((value) => value === undefined);
  const isSource = resource_type === "file" && name !== undefined && mime_type !== undefined;
  if (place.format !== "result" || !isSource || !isBare) return notWritable(part, place);
  return {
    type: "source",
    sourceType: "document",
    id: resource_request_id,
    mediaType: mime_type,
    title: name,
    ...(uri === "" ? {} : { filename: uri }),
  };
}
