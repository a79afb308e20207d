/** The contents of Responses items and the parts that they map to. */
import {
  type BlockTable,
  type Collector,
  type FieldReporter,
  type FieldRule,
  type JsonObject,
  type Lost,
  mediaFromUrl,
  objectIn,
  type Path,
  pathOf,
  reportUnshown,
  textFileKind,
  under,
  unwritable,
  urlMedia,
  urlOfTextFile,
  withFields,
} from "../rewrite/index.ts";
import {
  blockSettings,
  fileOfMedia,
  hasOnlyFields,
  isStored,
  keptById,
  listKinds,
  mediaOfFile,
  roleNamed,
  textFileIn,
  textKind,
} from "./blocks.ts";
import { given, isNone, stringAt } from "./json.ts";
import { itemKind } from "./shapes.ts";
import { itemSettings, toolKinds } from "./tool-items.ts";

/** The id that a new item of a response gets. */
export const itemId = (index: number) => `item_${index}`;

/** If a file has both bytes and a link, the bytes are shown and the link is reported. */
const filePlaces: FieldRule = {
  shows: ["file_data", "file_url"],
  read(_value, path, { left }, item) {
    if (stringAt(item, "file_data") !== undefined && stringAt(item, "file_url") !== undefined) {
      const reason = "Messages show the bytes of the file, not its link.";
      left.add({ path: pathOf(...path, "file_url"), kind: "content", reason });
    }
    return undefined;
  },
};

/** A field of a file that is bytes or a link. */
const fileAt = (field: "type" | "media_type" | "data"): FieldRule => ({
  at: "",
  read(value) {
    const item = objectIn(value);
    const data = stringAt(item, "file_data");
    const url = stringAt(item, "file_url");
    if (data !== undefined) return mediaOfFile(data)[field];
    return mediaFromUrl(url ?? "")[field];
  },
  write: (_value, _old, path, { content, lost }, block) =>
    withFile(block, path, lost, fileOfMedia(content), String(content.data)),
});

/** Returns the item with a file: its bytes, or a link if there are none. */
function withFile(
  block: JsonObject,
  path: Path,
  lost: Collector<Lost>,
  file_data: string | undefined,
  link: string,
): JsonObject {
  const item = objectIn(block.item);
  if (given(item, "file_data") !== undefined && given(item, "file_url") !== undefined) {
    const reason = "file_url belongs to the old content and is dropped.";
    lost.add({ path: pathOf(...path.slice(0, -2)), reason });
  }
  return withFields(item, { file_data, file_url: file_data === undefined ? link : undefined });
}

const ofText = textFileKind({
  at: "",
  fileIn: textFileIn,
  write: (_value, _old, path, { content, lost }, block) =>
    withFile(block, path, lost, urlOfTextFile(content), ""),
});

const generated: FieldRule = {
  at: "result",
  read: (value) => value,
  write(value, old, path, { lost }) {
    const isKept = old !== undefined && given(old.block, "id") !== undefined;
    if (isKept) lost.add({ path: pathOf(...path.slice(0, 3)), ...keptById });
    return value ?? unwritable;
  },
};

const auto = { detail: "auto" };

const hasText = (field: string) => (block: JsonObject) => stringAt(block, field) !== undefined;

const inputFile = {
  turnField: "content",
  matches: { type: "input_file" },
  settings: ["detail", ...blockSettings],
  resetOnEdit: { file_id: undefined },
} as const;

/** What an item says of an image that is generated. */
const imageSettings = [
  ...itemSettings,
  "action",
  "background",
  "output_format",
  "quality",
  "size",
  "svg_usage",
];

/** Whether an error says nothing but its message: the rest must be a few words, not sentences. */
function isBrief({ code, param, type, moderation_details }: JsonObject): boolean {
  const { categories, moderation_stage } = objectIn(moderation_details);
  const listed = Array.isArray(categories) ? categories : [categories];
  const isWord = (value: unknown) =>
    isNone(value) || (typeof value === "string" && /^[\w./[\]-]{1,64}$/.test(value));
  return listed.length <= 16 && [code, param, type, moderation_stage, ...listed].every(isWord);
}

const kinds: BlockTable["kinds"] = {
  ...listKinds,
  output_text: {
    ...textKind("text", "output_text"),
    fresh: { assistant: { annotations: [] }, answer: { annotations: [] } },
  },
  summary_text: textKind("thinking", "summary_text"),
  reasoning_text: textKind("thinking", "reasoning_text"),
  input_image: {
    part: "image",
    turnField: "content",
    matches: { type: "input_image" },
    condition: hasText("image_url"),
    fields: urlMedia("image_url"),
    settings: ["detail", ...blockSettings],
    defaults: auto,
    fresh: { system: auto, user: auto, result: auto },
    resetOnEdit: { file_id: undefined },
  },
  inputTextFile: {
    ...inputFile,
    ...ofText,
    fields: { ...ofText.fields, name: "filename", places: filePlaces },
  },
  input_file: {
    ...inputFile,
    part: "document",
    condition: (block) => hasText("file_data")(block) || hasText("file_url")(block),
    fields: {
      type: fileAt("type"),
      media_type: fileAt("media_type"),
      data: fileAt("data"),
      title: "filename",
      places: filePlaces,
    },
  },
  ...toolKinds,
  image_generation_call: {
    part: "image",
    turnField: "item",
    matches: { type: "image_generation_call" },
    condition: hasText("result"),
    fields: { data: generated },
    fixedFields: { type: "base64" },
    canHold: ({ type }) => type === "base64",
    settings: imageSettings,
    reason: "A generated image must be given as bytes.",
    note: "A generated image.",
  },
  // It changes settings of the answers that follow. A model reads the rest of its format.
  configuration_update: {
    turnField: "item",
    matches: { type: "configuration_update" },
    fields: {},
    settings: ["id", "reasoning.effort", ...under("text.format", ["type", "name", "strict"])],
  },
  // A message or reasoning without blocks. `report` in items.ts covers it.
  empty: {
    turnField: "item",
    condition: (item) => ["message", "reasoning"].includes(itemKind(item)) && hasNoBlocks(item),
    fields: {},
    showsAll: true,
  },
};

/** Whether an item of known form has no blocks. */
function hasNoBlocks({ role, content, summary }: JsonObject): boolean {
  const isKnown = role === undefined || roleNamed(role) !== undefined;
  return (
    isKnown && [content, summary].every((list) => (Array.isArray(list) ? list.length === 0 : !list))
  );
}

const files = ["input_image", "input_file", "inputTextFile"];
const asked = ["plain", "inputAudio", ...files];
const called = ["custom_tool_call", "function_call"];
const answered = ["custom_tool_call_output", "function_call_output"];
function unshown({ item = null }: JsonObject): "reference" | "tools" | undefined {
  const block = objectIn(item);
  const isListing = itemKind(block) === "mcp_list_tools";
  if (isListing && hasOnlyFields(block, ["type", "id", "server_label", "tools"])) return "tools";
  const isNamed = itemKind(block) === "item_reference" && typeof block.id === "string";
  const isReference = isNamed && hasOnlyFields(block, ["type", "id"]);
  return isReference || isStored(block) ? "reference" : undefined;
}

/** Does not report fields that have the values with which a new item of a response is written. */
const reportUnusual: FieldReporter = (left, path, value, isSetting) => {
  const [list, index, field, ...below] = path;
  const isItems = list === "output" && typeof index === "number" && below.length === 0;
  if (isItems && field === "status" && value === "completed") return;
  if (isItems && field === "id" && value === itemId(index)) return;
  reportUnshown(left, path, value, isSetting);
};

export const requestBlocks: BlockTable = {
  unshown,
  kinds,
  newCall: "function_call",
  places: {
    system: { name: "system message", writes: asked },
    user: { name: "user message", writes: asked },
    assistant: {
      name: "assistant message",
      writes: ["output_text", "summary_text", ...called],
    },
    tool: { name: "tool message", writes: answered },
    result: { name: "tool result", writes: ["input_text", ...files] },
  },
};

export const answerBlocks: BlockTable = {
  ...requestBlocks,
  kinds: {
    ...kinds,
    // Only in an answer: in a request, OpenAI may use an image that it stored by this id.
    explainedImage: {
      part: "text",
      turnField: "item",
      matches: { type: "image_generation_call", status: "failed" },
      condition: (item) =>
        given(item, "result") === undefined &&
        stringAt(objectIn(item.error), "message") !== undefined &&
        isBrief(objectIn(item.error)),
      fields: { text: "error.message" },
      settings: [
        ...imageSettings,
        ...under("error", ["code", "param", "type"]),
        ...under("error.moderation_details", ["categories", "moderation_stage"]),
      ],
      note: "Why no image was generated.",
    },
    failedImage: {
      turnField: "item",
      matches: { type: "image_generation_call", status: "failed" },
      condition: (item) => given(item, "result") === undefined,
      fields: {},
      settings: imageSettings,
    },
  },
  reportField: reportUnusual,
  places: {
    ...requestBlocks.places,
    answer: { name: "response", writes: ["output_text", "summary_text", ...called, ...answered] },
  },
};
