/** The blocks of MCP as tables: those of prompts and of sampling, and the contents of resources. */
// Source: schema.ts of MCP 2025-11-25 and 2026-07-28, ContentBlock and SamplingMessageContentBlock.
import type { Json } from "../../core/data/index.ts";
import {
  areObjects,
  type BlockKind,
  type CompiledBlocks,
  compileBlocks,
  type FieldRule,
  flag,
  isJsonObject,
  type JsonObject,
  objectArguments,
  type PartFields,
  unwritable,
} from "../rewrite/index.ts";
import { isGiven, without } from "./json.ts";
import { lostReports, reportForm } from "./report.ts";
import { reportNoBlocks, writeResult } from "./result-content.ts";
import { isText } from "./token-kinds.ts";

const settings = ["_meta", "annotations"];

const text: BlockKind = {
  part: "text",
  matches: { type: "text" },
  condition: (block) => isText(block.text),
  fields: { text: "text" },
  settings,
};

function medium(type: "image" | "audio"): BlockKind {
  const bytes: FieldRule = {
    at: "type",
    read: () => "base64",
    write: (value) => (value === "base64" ? type : unwritable),
  };
  return {
    part: type,
    matches: { type },
    condition: ({ data }) => isText(data),
    fields: { type: bytes, data: "data", media_type: "mimeType" },
    settings,
    reason: "MCP has no media by URL.",
  };
}

/** The call determines the id of a resource, and MCP identifies resources by URI. */
const identity: { readonly [name: string]: FieldRule } = {
  resource_request_id: { read: (_value, _path, { given }) => given.id },
  resource_type: { read: () => "uri" },
};

const unlessEmpty = (value: Json | undefined) =>
  isJsonObject(value) && Object.keys(value).length > 0 ? value : undefined;

/** Empty annotations are not shown: a part without annotations has an empty object. */
const annotations: FieldRule = { at: "annotations", read: unlessEmpty, write: unlessEmpty };

const size: FieldRule = {
  at: "size",
  read: (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined),
  write: (value) => value,
};

/** A link needs a name: a part without one gets its URI as name. */
const linkName: FieldRule = {
  at: "name",
  reportsLoss: true,
  read: (value) => (typeof value === "string" ? value : undefined),
  write(value, _old, path, { lost }, { uri }) {
    if (value !== undefined) return value;
    lostReports(lost).add(path, "A resource link in MCP needs a name; its URI is used.");
    return uri;
  },
};

/** The fields of a resource's contents. MCP's schema has no `name` there, but servers send one. */
const contentsFields = (at: string) => ({
  uri: `${at}uri`,
  name: `${at}name`,
  mime_type: `${at}mimeType`,
  content: `${at}text`,
  blob: `${at}blob`,
});

const contentsSettings = ["_meta", "annotations", "icons", "size", "title"];

/** Whether an item has a URI, and each of the fields `names` is a string or is not given. */
function isReadable(item: JsonObject, names: readonly string[]): boolean {
  return isText(item.uri) && names.every((name) => !isGiven(item[name]) || isText(item[name]));
}

/** Contents have either text or a blob; a link has neither. */
const isContents = ({ content, blob }: PartFields) =>
  (content === undefined) !== (blob === undefined);
const isLink = ({ content, blob }: PartFields) => content === undefined && blob === undefined;

const resource: BlockKind = {
  part: "resource",
  matches: { type: "resource" },
  condition: ({ resource: item }) =>
    isJsonObject(item) &&
    isReadable(item, ["name", "mimeType", "text", "blob"]) &&
    isText(item.text) !== isText(item.blob),
  canHold: isContents,
  fields: { ...identity, ...contentsFields("resource."), annotations },
  settings: [...settings, ...contentsSettings.map((name) => `resource.${name}`)],
};

const link: BlockKind = {
  part: "resource",
  matches: { type: "resource_link" },
  condition: (block) =>
    isReadable(block, ["name", "description", "mimeType"]) &&
    !(isGiven(block.text) && isGiven(block.blob)),
  canHold: isLink,
  fields: {
    ...identity,
    uri: "uri",
    name: linkName,
    description: "description",
    mime_type: "mimeType",
    size_bytes: size,
    annotations,
  },
  settings: contentsSettings,
};

const toolUse: BlockKind = {
  part: "tool_call",
  matches: { type: "tool_use" },
  condition: ({ id, name, input }) => isText(id) && isText(name) && isJsonObject(input),
  fields: { tool_call_id: "id", name: "name", arguments: objectArguments("input") },
  settings: ["_meta"],
};

/** Fields of a `tool_result` block that are not the result itself. */
const hidden = ["type", "toolUseId", "isError", "_meta"];

const toolResult: BlockKind = {
  part: "tool_result",
  matches: { type: "tool_result" },
  condition: ({ toolUseId, content, isError }) =>
    isText(toolUseId) &&
    (isError === undefined || typeof isError === "boolean") &&
    (content === undefined || areObjects(content)),
  fields: {
    content: {
      at: "",
      reportsLoss: true,
      read(_value, path, reading, block) {
        reportNoBlocks(reading, block, hidden, path);
        return without(block, hidden) as Json;
      },
      write: (value, _old, path, { lost }, block) =>
        writeResult(block, value, hidden, lostReports(lost), path) as Json,
    },
    tool_call_id: "toolUseId",
    is_error: flag("isError"),
  },
  showsAll: true,
  settings: ["_meta"],
};

/** Any other block: shown as JSON text, so that nothing passes unseen. */
const unknown: BlockKind = {
  part: "text",
  canHold: () => false,
  fields: {
    text: {
      at: "",
      read(_value, path, reading, block) {
        reportForm(reading, path, "A block of an unknown kind, shown as JSON text.");
        return JSON.stringify(block);
      },
    },
  },
  showsAll: true,
  reason: "The block was of an unknown kind; it becomes text.",
};

const common = { text, image: medium("image"), audio: medium("audio"), resource, link };

function blocksOf(kinds: { readonly [name: string]: BlockKind }): CompiledBlocks {
  const places = { turn: { name: "MCP message", writes: Object.keys(kinds) } };
  return compileBlocks({ kinds: { ...kinds, unknown }, places });
}

export const promptBlocks: CompiledBlocks = /* @__PURE__ */ blocksOf(common);
export const samplingBlocks: CompiledBlocks = /* @__PURE__ */ blocksOf({
  ...common,
  toolUse,
  toolResult,
});

/** `TextResourceContents` and `BlobResourceContents`, which have no type. */
export const contentsBlocks: CompiledBlocks = /* @__PURE__ */ compileBlocks({
  kinds: {
    contents: {
      part: "resource",
      canHold: isContents,
      fields: { ...identity, ...contentsFields("") },
      settings: contentsSettings,
    },
  },
  places: { contents: { name: "MCP result", writes: ["contents"] } },
});
