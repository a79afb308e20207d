/** The parts of prompts, `ModelMessage` and results, and the message parts that they map to. */
// Source: the types of @ai-sdk/provider 2, 3 and 4, and of `ModelMessage`.

import type { Json } from "../../core/data/index.ts";
import { isRecord } from "../../core/data/index.ts";
import {
  type BlockKind,
  type BlockTable,
  type FieldRule,
  fileFields,
  flag,
  type JsonObject,
  objectArguments,
  type PartFields,
  stringAt,
  textArguments,
  valuedKeys,
} from "../rewrite/index.ts";
import { jsonOf } from "./host-values.ts";
import { mediaKinds, mediaParts, partOfType, settings } from "./media.ts";
import { isCustomSetting, isSetting, providerFields, reportField } from "./settings.ts";
import { isFailed, toolOutput } from "./tool-output.ts";
import type { SpecificationVersion } from "./types.ts";

const text: BlockKind = {
  part: "text",
  matches: { type: "text" },
  fields: { text: "text" },
  settings,
};
const reasoning: BlockKind = {
  part: "thinking",
  matches: { type: "reasoning" },
  fields: { text: "text" },
  settings,
};

const textInput = textArguments("input");
const objectInput = objectArguments("input");
const textOfObject = textArguments("input", undefined, (values) => values);

/** The input of a call in a prompt: an object, or the JSON text of one. */
const promptInput: FieldRule = {
  ...objectInput,
  read: (value, ...at) =>
    typeof value === "string"
      ? textOfObject.read(value, ...at)
      : objectInput.read(jsonOf(value) as Json, ...at),
};

const ids = { tool_call_id: "toolCallId", tool_name: "toolName" };

const callKinds = (input: FieldRule): { readonly [name: string]: BlockKind } => {
  const call = {
    part: "tool_call",
    fields: { tool_call_id: "toolCallId", name: "toolName", arguments: input },
    settings,
  } as const;
  return {
    ranCall: {
      ...call,
      matches: { providerExecuted: true, type: "tool-call" },
      isRunByProvider: true,
      note: "The provider runs this call itself; messages show it as a call.",
    },
    call: { ...call, matches: { type: "tool-call" } },
  };
};

/** A file that is given as text. A resource has a field for everything in it. */
const textFile: BlockKind = {
  part: "resource",
  matches: { type: "file", "data.type": "text" },
  fields: { content: "data.text", mime_type: "mediaType", name: "filename" },
  fixedFields: fileFields,
  needs: ["content", "mime_type"],
  settings,
};

const source = {
  matches: { type: "source" },
  settings: ["filename", "mediaType", "url", ...settings],
};
const sourceKinds: { readonly [name: string]: BlockKind } = {
  sourceUrl: {
    ...source,
    part: "resource_ref",
    matches: { type: "source", sourceType: "url" },
    identifiedBy: ["url"],
    fields: { resource_request_id: "id", uri: "url", name: "title" },
    fixedFields: { resource_type: "uri" },
    needs: ["uri"],
  },
  sourceDocument: {
    ...source,
    part: "resource",
    matches: { type: "source", sourceType: "document" },
    fields: {
      resource_request_id: "id",
      uri: {
        at: "filename",
        read: (value) => value ?? "",
        write: (value) => (value === "" ? undefined : value),
      },
      name: "title",
      mime_type: "mediaType",
    },
    fixedFields: { resource_type: "file" },
    needs: ["name", "mime_type"],
  },
};

/** For what a model wrote, which a provider may have signed, quoted or stored. */
const ofModel = {
  resetOnEdit: { providerOptions: undefined, providerMetadata: undefined, citations: undefined },
  copied: { result: "The provider ran this tool and may use the result that it stored." },
  stored: { idsIn: storedIds, fieldsIn: storedFields },
};

/** The ids under which a provider stored a part. Several parts can be one stored item. */
function storedIds(block: JsonObject): readonly string[] {
  return storedFields(block)
    .flatMap((name) => Object.values(Object(block[name])))
    .flatMap((options) => stringAt(options, "itemId") ?? []);
}

function storedFields(block: JsonObject): readonly string[] {
  return Object.keys(block).filter((name) => providerFields.has(name) && isRecord(block[name]));
}

/** The provider fields of a message that may stand for what the assistant said, or sign it. */
export function providerFieldsIn(message: JsonObject): { readonly [name: string]: undefined } {
  if (message.role !== "assistant") return {};
  const names = valuedKeys(message).filter(
    (name) => providerFields.has(name) && !isSetting(name, message[name]),
  );
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/** Whether a part asks for approval of a call and holds only ids. The call itself is shown. */
export function isApprovalRequest(block: JsonObject): boolean {
  const ids: readonly string[] = ["type", "approvalId", "toolCallId"];
  return (
    block.type === "tool-approval-request" &&
    valuedKeys(block).every((name) => {
      const value = block[name];
      if (ids.includes(name)) return typeof value === "string";
      return name === "isAutomatic" ? typeof value === "boolean" : isSetting(name, value);
    })
  );
}

const reports = {
  reportField,
  formOf: jsonOf,
  unshown: (block: JsonObject) =>
    isApprovalRequest(block) || isCustomSetting(block) ? "setting" : undefined,
} as const;

/** The parts of a prompt, or of `ModelMessage`, which has its own form of images. */
export function promptBlocks(version: SpecificationVersion, isModelMessages: boolean): BlockTable {
  const links = isModelMessages ? "string" : "original";
  const made = { at: "data", holds: "either", links, version } as const;
  const file = { ...made, isNamed: true } as const;
  const isBare = ({ media_type: type }: PartFields) =>
    type === undefined || partOfType(String(type)) !== "image";
  const bytes = { at: "data", holds: "base64", version } as const;
  const url = { at: "url", holds: "url", version } as const;
  const isAt = (type: "url" | "base64") => (content: PartFields) => content.type === type;
  const asBytes = (part: string) =>
    part === "text"
      ? {}
      : { isDefaultFor: isAt("base64"), canBecome: ["image-url.image", `file-url.${part}`] };
  // Kinds that a version does not have are not written for it, even over a part of that kind.
  const readOnly = version === "v2" ? { readOnlyIn: ["output"] } : {};
  const files = mediaParts.map((part) => `file.${part}`);
  const outputFiles = mediaParts.flatMap((part) => [`file-data.${part}`, `file-url.${part}`]);
  const texts = version === "v4" ? ["textFile"] : ["file.text"];
  const writes = {
    v2: [...mediaParts.map((part) => `media.${part}`), "media.text"],
    v3: ["image-data.image", "image-url.image", ...outputFiles, "file-data.text"],
    v4: [...files, ...texts],
  };
  return {
    ...reports,
    kinds: {
      text,
      reasoning,
      textFile,
      ...mediaKinds(
        "image",
        { ...file, at: "image", part: "image", isNamed: false, isTyped: false },
        () => ({ isDefaultFor: isBare, canBecome: ["file.image"] }),
      ),
      ...mediaKinds("file", file, (part) =>
        isModelMessages && part === "image"
          ? { isDefaultFor: (content) => !isBare(content), canBecome: ["image.image"] }
          : {},
      ),
      ...mediaKinds("reasoning-file", made),
      ...callKinds(promptInput),
      result: {
        part: "tool_result",
        matches: { type: "tool-result" },
        fields: { ...ids, content: toolOutput, is_error: { read: isFailed } },
        settings,
      },
      ...mediaKinds("media", bytes),
      ...mediaKinds("image-data", bytes, asBytes),
      ...mediaKinds("file-data", { ...bytes, isNamed: true }, asBytes),
      ...mediaKinds("image-url", { ...url, part: "image", isTyped: false }, () => ({
        ...readOnly,
        canBecome: ["image-data.image", "file-url.image"],
        isDefaultFor: ({ type, media_type }) => type === "url" && media_type === undefined,
      })),
      ...mediaKinds("file-url", url, (part) => ({
        ...readOnly,
        isDefaultFor: isAt("url"),
        canBecome: ["image-data.image", `file-data.${part}`],
      })),
    },
    places: {
      system: { name: "system message", writes: ["text"], isClosed: true },
      user: {
        name: "user message",
        writes: ["text", ...(isModelMessages ? ["image.image"] : []), ...files, ...texts],
      },
      assistant: {
        name: "assistant message",
        writes: ["text", "reasoning", ...files, "call", "result", ...texts],
        ...ofModel,
      },
      tool: { name: "tool message", writes: ["result"] },
      output: { name: "tool's output", writes: ["text", ...writes[version]] },
    },
  };
}

export function resultBlocks(version: SpecificationVersion): BlockTable {
  const files = { at: "data", holds: "base64", version } as const;
  return {
    ...reports,
    // These fields may hold the old text, too: in token probabilities, or in raw bodies.
    resetOnEdit: {
      providerMetadata: undefined,
      structuredOutputText: undefined,
      "request.body": undefined,
      "response.body": undefined,
    },
    kinds: {
      text,
      reasoning,
      textFile,
      ...mediaKinds("file", files),
      ...mediaKinds("reasoning-file", files),
      ...sourceKinds,
      ...callKinds(textInput),
      result: {
        part: "tool_result",
        matches: { type: "tool-result" },
        fields: {
          ...ids,
          content: {
            at: "result",
            showsNothing: true,
            read: (value) => (jsonOf(value) as Json | undefined) ?? undefined,
            write: (value) => value ?? null,
          },
          is_error: flag("isError"),
        },
        settings,
      },
    },
    places: {
      answer: {
        name: "result",
        writes: [
          "text",
          "reasoning",
          "call",
          "result",
          "sourceUrl",
          "file.text",
          "sourceDocument",
          ...mediaParts.map((part) => `file.${part}`),
        ],
        ...ofModel,
      },
    },
  };
}
