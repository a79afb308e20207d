/** Parts of the SDK as parts of a message. */
import * as z from "zod/mini";
import { isGlassineError } from "../../core/errors/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import { objectIn, parseArguments, partsAsJson, readDocument, stringIn } from "../rewrite/index.ts";
import type { Answer } from "./answer.ts";
import { readFileData } from "./file-data.ts";
import { type Fields, isFields } from "./host-values.ts";
import { hrefOf, looksLikeUrl, readMedia } from "./media.ts";
import type { Notes } from "./notes.ts";
import { type Format, fieldsOf, type PartJson, partIn, partsIn } from "./part-kinds.ts";

/** What messages show of a part; `undefined` for one that they cannot show. */
export function readPart(json: PartJson, format: Format, notes: Notes): ContentPart | undefined {
  if (fieldsOf(format, json.type) === undefined) {
    notes.reportLeft("content", "Messages have no part of this kind.");
    return undefined;
  }
  const text = stringIn(json, "text");
  switch (json.type) {
    case "text":
      return { content_type: "text", text };
    case "reasoning":
      return { content_type: "thinking", text };
    case "tool-call":
      return readCall(json, notes);
    case "tool-result":
      return readResult(json, notes);
    case "source":
      return readSource(json, notes);
    default:
      return readFile(json, format, notes);
  }
}

/** The fields that are read of what a part shows, and that it has no place for. */
export function unshownFields({ content_type: kind }: ContentPart): readonly string[] {
  if (kind === "image" || kind === "audio" || kind === "video") return ["filename"];
  if (kind === "resource_ref") return ["mediaType", "filename"];
  return kind === "resource" ? ["url"] : [];
}

function readCall(json: PartJson, notes: Notes): ContentPart {
  const { input } = json;
  const values = typeof input === "string" ? parsedInput(input, notes) : input;
  if (!isFields(values)) {
    notes.reportLeft(
      "content",
      "The input is not a JSON object, so the call shows no arguments.",
      "input",
    );
  }
  return {
    content_type: "tool_call",
    content: {
      tool_call_id: stringIn(json, "toolCallId"),
      name: stringIn(json, "toolName"),
      arguments: objectIn(values),
    },
  };
}

const anyObject = z.looseObject({});

/** Parses an input in text; returns none if messages cannot contain it, as with lone surrogates. */
function parsedInput(text: string, notes: Notes): Fields | undefined {
  const parsed = parseArguments(text);
  if (parsed.isAmbiguous) notes.reportLeft("content", "It has a duplicate key.", "input");
  else if (!parsed.isExact)
    notes.reportLeft("content", "It has a number that cannot be represented exactly.", "input");
  if (!parsed.isWhole) return undefined;
  try {
    return readDocument(anyObject, parsed.arguments, "input of a call");
  } catch (error) {
    if (isGlassineError(error)) return undefined;
    throw error;
  }
}

function readResult(json: PartJson, notes: Notes): ContentPart {
  const { content, is_error } = Object.hasOwn(json, "output")
    ? readOutput(partIn(json.output), notes.under("output"))
    : { content: json.result, is_error: json.isError === true };
  return {
    content_type: "tool_result",
    content: {
      tool_call_id: stringIn(json, "toolCallId"),
      tool_name: stringIn(json, "toolName"),
      ...(content === undefined || content === null ? {} : { content }),
      is_error,
    },
  };
}

function readOutput(output: PartJson, notes: Notes): Answer {
  const is_error = output.type.startsWith("error-");
  switch (output.type) {
    case "text":
    case "json":
    case "error-text":
    case "error-json":
      return { content: output.value, is_error };
    case "execution-denied":
      notes.reportLeft("content", "A call that a person denied is shown as an error.");
      return { content: output.reason, is_error: true };
    case "content": {
      const items = partsIn(output.value);
      const parts = items.flatMap((item, index) => {
        return readPart(item, "output", notes.under("value", index)) ?? [];
      });
      return { content: partsAsJson(parts), is_error };
    }
    default:
      notes.reportLeft("content", "Messages cannot show an output of this kind.");
      return { is_error: false };
  }
}

function readSource(json: PartJson, notes: Notes): ContentPart | undefined {
  const { sourceType, url, title, mediaType } = json;
  const resource_request_id = stringIn(json, "id");
  const name = typeof title === "string" ? { name: title } : {};
  if (sourceType === "url" && typeof url === "string") {
    return {
      content_type: "resource_ref",
      content: { resource_request_id, uri: url, ...name, resource_type: "uri" },
    };
  }
  if (sourceType === "document") {
    return {
      content_type: "resource",
      content: {
        resource_request_id,
        uri: stringIn(json, "filename"),
        ...name,
        resource_type: "file",
        ...(typeof mediaType === "string" ? { mime_type: mediaType } : {}),
        annotations: {},
      },
    };
  }
  notes.reportLeft("content", "Messages have no part for a source of this kind.");
  return undefined;
}

/** A file, wherever its bytes are. */
function readFile(json: PartJson, format: Format, notes: Notes): ContentPart | undefined {
  const { type, filename, originalUrl, url, image } = json;
  const mediaType = Object.hasOwn(json, "mediaType") ? stringIn(json, "mediaType") : undefined;
  if (isFields(json.data)) {
    return readFileData(json.data, { mediaType: mediaType ?? "", filename }, notes);
  }
  if (isFields(image)) return readFileData({}, { mediaType: "" }, notes);
  if (typeof url === "string") {
    return readMedia({ type: "url", data: url }, mediaType, type === "image-url" ? anImage : {});
  }
  if (typeof image === "string") return readMedia(sourceOf(image), mediaType, anImage);
  const source = sourceOf(stringIn(json, "data"));
  // In a prompt and in messages a string may be a URL as well; elsewhere it is base64.
  if (source.type === "base64" || format === "result" || format === "output") {
    return readMedia({ type: "base64", data: source.data }, mediaType, { filename });
  }
  const isOriginal = typeof originalUrl === "string" && hrefOf(originalUrl) === source.data;
  return readMedia(isOriginal ? sourceOf(originalUrl) : source, mediaType, { filename });
}

const anImage = { kind: "image" } as const;

function sourceOf(data: string): { readonly type: "url" | "base64"; readonly data: string } {
  return { type: looksLikeUrl(data) ? "url" : "base64", data };
}
