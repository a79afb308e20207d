/** The content blocks of the Messages API and the message parts that they map to. */
import type { BlockKind, BlockTable, FieldRule, JsonObject } from "../rewrite/index.ts";
import {
  fileFields,
  flag,
  joinedTexts,
  keptField,
  objectArguments,
  objectIn,
  resultContent,
} from "../rewrite/index.ts";
import { fallback } from "./schemas.ts";
import { isServerError, isServerResult, serverContent, serverTypes } from "./server-results.ts";

/** The namespace of tools that the provider runs itself. */
const namespace = "anthropic";

const image = {
  part: "image",
  settings: ["cache_control", "citations", "transformations"],
} as const;
const document = { ...image, part: "document" } as const;
const resource = { ...image, part: "resource", needs: ["content"] } as const;
const noBytes = { needs: ["media_type"], reason: "Bytes without a media type." };
const shownAsText = { reason: "A resource without text." };
const fileNames = { name: "title", description: "context" };

/** The API accepts only plain text. */
const plainText: FieldRule = {
  at: "source.media_type",
  read: (value) => value,
  write: () => "text/plain",
};

/** Reports the list at `source`, which in other documents holds a single text. */
const listOfTexts = joinedTexts("source.content", (path) => path.slice(0, -1));

const call = {
  part: "tool_call",
  settings: ["cache_control", "caller"],
  defaults: { caller: { type: "direct" } },
} as const;
const called = { tool_call_id: "id", name: "name", arguments: objectArguments("input") };
const ranCall = {
  ...call,
  isRunByProvider: true,
  note: "The provider runs this call itself; messages show it as a call.",
} as const;

/** An edit cannot move one of the caller's calls into the provider's namespace. */
const toolset: FieldRule = {
  at: "toolset_name",
  read: (value) => (typeof value === "string" ? value : undefined),
  write: (value, old) => (value === namespace ? old?.value : value),
};

const result: BlockKind = {
  part: "tool_result",
  matches: { type: "tool_result" },
  fields: {
    tool_call_id: "tool_use_id",
    content: resultContent("content", ["text", "image", "document", "resource"]),
    is_error: flag("is_error"),
  },
  settings: ["cache_control", "toolset_name"],
};

const serverResult = (type: string): BlockKind => ({
  part: "tool_result",
  matches: { type },
  condition: isServerResult,
  fields: {
    tool_call_id: "tool_use_id",
    content: serverContent,
    is_error: { read: (_value, _path, _reading, block) => isServerError(block) },
  },
  settings: ["cache_control", "caller"],
  note: "The provider ran the tool itself; messages show only the text of its result.",
  reason:
    "Texts in a result of the provider's own tool cannot be added or removed. A text that also came in encrypted form cannot be changed.",
});

/** Whether a block only references a stored file and has no other content that a model reads. */
function isReference(block: JsonObject): boolean {
  const source = objectIn(block.source);
  const isOnly = (fields: object, known: readonly string[]) =>
    Object.keys(fields).every((name) => known.includes(name));
  return (
    typeof source.file_id === "string" &&
    isOnly(source, ["type", "file_id"]) &&
    isOnly(block, ["type", "source", "cache_control"])
  );
}

export const blocks: BlockTable = {
  namespace,
  unshown: (block) =>
    isReference(block) ? "reference" : fallback.safeParse(block).success ? "setting" : undefined,
  kinds: {
    text: {
      part: "text",
      matches: { type: "text" },
      fields: { text: "text" },
      settings: ["cache_control"],
      resetOnEdit: { citations: null },
      quotes: true,
      fresh: { answer: { citations: null } },
    },
    thinking: {
      part: "thinking",
      matches: { type: "thinking" },
      fields: { text: "thinking" },
      settings: ["signature"],
      resetOnEdit: { signature: "" },
      fresh: { answer: { signature: "" } },
      readOnlyIn: ["turn"],
      reason:
        "The thinking has no signature that matches it. A request accepts only signed thinking.",
    },
    toolReference: {
      part: "text",
      matches: { type: "tool_reference" },
      fields: { text: "tool_name" },
      settings: ["cache_control"],
    },
    image: {
      ...image,
      ...noBytes,
      matches: { type: "image", "source.type": "base64" },
      fields: { media_type: "source.media_type", data: "source.data" },
      fixedFields: { type: "base64" },
    },
    imageUrl: {
      ...image,
      matches: { type: "image", "source.type": "url" },
      fields: { data: "source.url" },
      fixedFields: { type: "url" },
    },
    document: {
      ...document,
      ...noBytes,
      matches: { type: "document", "source.type": "base64" },
      fields: { media_type: "source.media_type", data: "source.data", title: "title" },
      fixedFields: { type: "base64" },
    },
    documentUrl: {
      ...document,
      matches: { type: "document", "source.type": "url" },
      fields: { data: "source.url", title: "title" },
      fixedFields: { type: "url" },
    },
    searchResult: {
      ...resource,
      ...shownAsText,
      matches: { type: "search_result" },
      fields: {
        uri: "source",
        name: { at: "title", read: (value) => value, write: (value) => value ?? "" },
        content: joinedTexts("content"),
      },
      fixedFields: { resource_request_id: "", resource_type: "uri" },
      isDefaultFor: ({ resource_type, uri, name }) =>
        resource_type === "uri" && uri !== "" && name !== undefined,
    },
    textDocument: {
      ...resource,
      ...shownAsText,
      matches: { type: "document", "source.type": "text" },
      fields: { mime_type: plainText, content: "source.data", ...fileNames },
      fixedFields: fileFields,
      isDefaultFor: () => true,
    },
    listDocument: {
      ...resource,
      ...shownAsText,
      matches: { type: "document", "source.type": "content" },
      fields: { content: listOfTexts, ...fileNames },
      fixedFields: fileFields,
    },
    toolUse: {
      ...call,
      matches: { type: "tool_use" },
      fields: { ...called, namespace: toolset },
      fresh: { answer: { caller: { type: "direct" } } },
    },
    mcpToolUse: {
      ...ranCall,
      matches: { type: "mcp_tool_use" },
      fields: { ...called, namespace: keptField("server_name") },
    },
    serverToolUse: {
      ...ranCall,
      matches: { type: "server_tool_use" },
      fields: called,
      fixedFields: { namespace },
    },
    toolResult: result,
    mcpToolResult: {
      ...result,
      matches: { type: "mcp_tool_result" },
      note: "The provider ran the tool itself; messages show its result.",
    },
    ...Object.fromEntries(serverTypes.map((type) => [type, serverResult(type)])),
  },
  // What the SDK parsed from an answer. Source: `parser` and `beta-parser` of @anthropic-ai/sdk
  // 1.11.0; `parsed` is the older name.
  resetOnEdit: { parsed_output: undefined, parsed: undefined },
  places: {
    turn: {
      name: "message",
      writes: [
        "text",
        "thinking",
        "image",
        "imageUrl",
        "document",
        "documentUrl",
        "searchResult",
        "textDocument",
        "toolUse",
        "toolResult",
      ],
    },
    system: { name: "system prompt", writes: ["text"], isClosed: true },
    result: {
      name: "tool result",
      writes: [
        "text",
        "image",
        "imageUrl",
        "document",
        "documentUrl",
        "searchResult",
        "textDocument",
        "listDocument",
        "toolReference",
      ],
      isClosed: true,
    },
    texts: { name: "document", writes: ["text"], isClosed: true },
    answer: { name: "response", writes: ["text", "thinking", "toolUse"] },
  },
};
