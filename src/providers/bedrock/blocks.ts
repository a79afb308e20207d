/** Converse's content blocks and the parts that they map to. A block's only field is its kind. */
// Source: the types of @aws-sdk/client-bedrock-runtime, dist-types/models/models_0.d.ts.
import type { Json } from "../../core/data/index.ts";
import {
  type BlockKind,
  type BlockTable,
  base64OfText,
  bytesField,
  type FieldRule,
  fileFields,
  flag,
  formatField,
  joinedTexts,
  objectArguments,
  objectIn,
  resultContent,
  textFile,
  textFileKind,
  typeOfFormat,
  unwritable,
} from "../rewrite/index.ts";

/** The namespace of tools that the provider runs itself. */
const namespace = "bedrock";

/** The location of stored media, which must be in S3. */
const location = (at: string): FieldRule => ({
  at,
  read: (value) => value,
  write: (value) => (String(value).startsWith("s3://") ? value : unwritable),
});

/** A document always has a name. */
const documentName: FieldRule = {
  at: "document.name",
  read: (value) => value,
  write: (value) => value ?? "document",
};

/** Two block kinds: a medium as bytes, and one that is stored elsewhere. */
function medium(part: "image" | "audio" | "video" | "document", at: string = part) {
  const isDocument = part === "document";
  const bytes = `${at}.source.bytes`;
  const uri = `${at}.source.s3Location.uri`;
  const fields = {
    media_type: formatField(`${at}.format`, isDocument ? "application" : part),
    ...(isDocument ? { title: documentName } : {}),
  };
  const common = {
    part,
    needs: isDocument ? [] : ["media_type"],
    reason: "The media type is missing or not supported, or the data is neither base64 nor in S3.",
    settings: [`${at}.source.s3Location.bucketOwner`, `${at}.citations`],
  };
  return {
    [at]: {
      ...common,
      identifiedBy: [bytes],
      fixedFields: { type: "base64" },
      fields: { ...fields, data: bytesField(bytes) },
    },
    [`${at}Location`]: {
      ...common,
      identifiedBy: [uri],
      fixedFields: { type: "url" },
      fields: { ...fields, data: location(uri) },
    },
  } satisfies { readonly [name: string]: BlockKind };
}

const media = {
  ...medium("image"),
  ...medium("audio"),
  ...medium("video"),
  ...medium("document"),
};

/** A document that is text. */
const textDocument = {
  part: "resource",
  fixedFields: fileFields,
  needs: ["content"],
  settings: ["document.citations"],
  reason: "A resource without text.",
} as const;
const described = {
  mime_type: formatField("document.format", "application"),
  name: documentName,
  description: "document.context",
};

/** A document that is text and comes as bytes. */
const ofText = textFileKind({
  at: "document.source.bytes",
  fileIn: ({ document }) => {
    const { format, source } = objectIn(document);
    const { $bytes } = objectIn(objectIn(source).bytes);
    return textFile(String($bytes), String(typeOfFormat(format, "application")));
  },
  write: (text) => ({ $bytes: base64OfText(String(text)) }),
});

/** Shows data that stands among other blocks as JSON text. */
const jsonText: FieldRule = {
  at: "json",
  read: (value) => JSON.stringify(value),
  write(value) {
    try {
      return JSON.parse(String(value)) as Json;
    } catch {
      return unwritable;
    }
  },
};

const isFailed = flag("toolResult.status", "error", "success");

/** Whether a call failed. Any other word is reported. */
const status: FieldRule = {
  ...isFailed,
  read(value, path, reading, block) {
    if (value !== undefined && value !== "error" && value !== "success")
      reading.reportField(reading.left, path, value, false);
    return isFailed.read(value, path, reading, block);
  },
};

const call = {
  part: "tool_call",
  identifiedBy: ["toolUse"],
  fields: {
    tool_call_id: "toolUse.toolUseId",
    name: "toolUse.name",
    arguments: objectArguments("toolUse.input"),
  },
} satisfies BlockKind;
const result = {
  part: "tool_result",
  identifiedBy: ["toolResult"],
  fields: {
    tool_call_id: "toolResult.toolUseId",
    content: resultContent(
      "toolResult.content",
      ["text", "resource", "image", "audio", "video", "document"],
      "json",
    ),
    is_error: status,
  },
} satisfies BlockKind;
const ran = {
  note: "The provider runs this itself; messages show it as a call or its result.",
  reason: "Calls and results of the provider's own tools cannot be added.",
};

const signature = "reasoningContent.reasoningText.signature";
const written = ["text", "searchResult", "documentText", ...Object.keys(media)];

export const blocks: BlockTable = {
  namespace,
  unshown: (block) => (Object.keys(block).join() === "cachePoint" ? "setting" : undefined),
  kinds: {
    text: { part: "text", identifiedBy: ["text"], fields: { text: "text" } },
    citationsContent: {
      part: "text",
      identifiedBy: ["citationsContent"],
      fields: { text: joinedTexts("citationsContent.content") },
      resetOnEdit: { "citationsContent.citations": undefined },
      quotes: true,
    },
    guardContent: {
      part: "text",
      identifiedBy: ["guardContent.text"],
      fields: { text: "guardContent.text.text" },
      settings: ["guardContent.text.qualifiers"],
    },
    ...medium("image", "guardContent.image"),
    json: {
      part: "text",
      identifiedBy: ["json"],
      fields: { text: jsonText },
      reason: "It is not JSON.",
    },
    thinking: {
      part: "thinking",
      identifiedBy: ["reasoningContent.reasoningText"],
      fields: { text: "reasoningContent.reasoningText.text" },
      settings: [signature],
      resetOnEdit: { [signature]: undefined },
    },
    ranToolUse: {
      ...call,
      ...ran,
      isRunByProvider: true,
      identifiedBy: ["toolUse.type"],
      fixedFields: { namespace },
      settings: ["toolUse.type"],
    },
    ranToolResult: {
      ...result,
      ...ran,
      identifiedBy: ["toolResult.type"],
      settings: ["toolResult.type"],
    },
    toolUse: call,
    toolResult: result,
    // First among the resources: one that no longer fits its own kind is written as this one.
    documentText: {
      ...textDocument,
      identifiedBy: ["document.source.text"],
      fields: { ...described, content: "document.source.text" },
      isDefaultFor: () => true,
    },
    documentTextBytes: {
      ...textDocument,
      ...ofText,
      identifiedBy: ["document.source.bytes"],
      fields: { ...ofText.fields, ...described },
    },
    ...media,
    searchResult: {
      ...textDocument,
      identifiedBy: ["searchResult"],
      fields: {
        uri: "searchResult.source",
        name: "searchResult.title",
        content: joinedTexts("searchResult.content"),
      },
      fixedFields: { resource_request_id: "", resource_type: "uri" },
      settings: ["searchResult.citations"],
      isDefaultFor: ({ resource_type, uri, name }) => resource_type === "uri" && !!uri && !!name,
    },
    documentContent: {
      ...textDocument,
      identifiedBy: ["document.source.content"],
      fields: { ...described, content: joinedTexts("document.source.content") },
    },
  },
  places: {
    turn: { name: "message", writes: [...written, "thinking", "toolUse", "toolResult"] },
    system: { name: "system prompt", writes: ["text"] },
    result: { name: "tool result", writes: written },
    texts: { name: "document", writes: ["text"], isClosed: true },
    answer: { name: "response", writes: ["text", "thinking", "toolUse", "image"] },
  },
};
