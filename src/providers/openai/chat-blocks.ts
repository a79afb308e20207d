/** The fields of Chat Completions messages and the parts that they map to. */
import {
  areObjects,
  type BlockKind,
  type BlockTable,
  type FieldRule,
  isJsonObject,
  type JsonObject,
  objectsIn,
  pathOf,
  stringIn,
  textArguments,
} from "../rewrite/index.ts";
import {
  base64,
  customInput,
  hasOnlyFields,
  isStored,
  keptById,
  listKinds,
  repeatedNames,
  toolOutput,
} from "./blocks.ts";
import { callType } from "./shapes.ts";

const reasoning = { part: "thinking", fields: { text: "" } } as const;

/** The sound of a spoken answer or its transcript, which are stored under one id. */
const spoken = (at: string): FieldRule => ({
  at,
  read: (value) => value,
  write(value, old, path, { lost }) {
    const isStored = (old?.block.id ?? undefined) !== undefined;
    if (isStored) lost.add({ path: pathOf(...path.slice(0, 3)), ...keptById });
    return value;
  },
});

const callId: FieldRule = {
  at: "id",
  read(value, path, { left }) {
    if (value === "") left.add({ path: pathOf(...path), kind: "setting", reason: "An empty id." });
    return value;
  },
  write: (value) => value,
};

/** Stands for the thoughts that led to a call. Source: https://ai.google.dev/gemini-api/docs/openai */
const thoughtSignature = "extra_content.google.thought_signature";

/** A call. What the SDK parsed from its arguments, or a server signed, is dropped with the old ones. */
function callKind(type: "function" | "custom", rule: FieldRule): BlockKind {
  return {
    part: "tool_call",
    turnField: "tool_calls",
    matches: { type },
    fields: { tool_call_id: callId, name: `${type}.name`, arguments: rule },
    // DeepSeek numbers the calls of an answer that is not streamed, too.
    settings: [`${type}.parsed_arguments`, "index", thoughtSignature],
    resetOnEdit: { [`${type}.parsed_arguments`]: undefined, [thoughtSignature]: undefined },
  };
}

const ofFunction = callKind("function", textArguments("function.arguments", "parsed_arguments"));

function isUntyped(call: JsonObject): boolean {
  return (call.type ?? undefined) === undefined && callType(call) === "function";
}

const result = { part: "tool_result", fields: { content: toolOutput("content") } } as const;

/** By list and type of a thought, the field that holds its text. */
const thoughts: { readonly [list: string]: { readonly [type: string]: string } } = {
  // Source: https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure
  reasoning_details: {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    thinking: "thinking",
  },
  // Source: https://docs.litellm.ai/docs/reasoning_content
  thinking_blocks: { thinking: "thinking" },
};
const settings = ["format", "id", "index", "signature"];
const sealed = { fields: {}, settings: [...settings, "data"], standsFor: "thinking" } as const;

/** The field of a thought in a list that holds its text, if its type has one. */
export function textKey({ type }: JsonObject): string | undefined {
  if (typeof type !== "string") return undefined;
  return Object.values(thoughts).find((types) => Object.hasOwn(types, type))?.[type];
}

/** The kinds of a thought in a list: with text, signed or not, and without text. */
function thought(list: string, type: string, key: string): { readonly [name: string]: BlockKind } {
  const isShown = (block: JsonObject) => typeof block[key] === "string";
  const isSigned = (block: JsonObject) => (block.signature ?? "") !== "";
  const common = { turnField: list, matches: { type }, settings };
  const shown: BlockKind = {
    ...common,
    part: "thinking",
    fields: { text: key },
    resetOnEdit: { signature: undefined },
  };
  const isHidden = (block: JsonObject) => (block[key] ?? undefined) === undefined;
  return {
    [`${list} ${type} signed`]: {
      ...shown,
      condition: (block) => isShown(block) && isSigned(block),
      readOnlyIn: ["assistant"],
      reason: "The reasoning no longer matches its signature.",
    },
    [`${list} ${type}`]: { ...shown, condition: isShown },
    [`${list} ${type} signature`]: {
      ...common,
      ...sealed,
      condition: (block) => isHidden(block) && (block.signature ?? undefined) !== undefined,
    },
    [`${list} ${type} empty`]: { ...common, fields: {}, condition: isHidden },
  };
}

function isPlainText(block: JsonObject): boolean {
  return block.type === "text" && typeof block.text === "string" && Object.keys(block).length === 2;
}

/** A list of texts, which are shown as one. */
const texts: FieldRule = {
  at: "thinking",
  read(value, path, { left }) {
    const shown = objectsIn(value).map((block, i) => {
      if (isPlainText(block)) return stringIn(block, "text");
      const reason = "Messages have no part for this block.";
      left.add({ path: pathOf(...path, i), kind: "content", reason });
      return "";
    });
    return shown.join("");
  },
  write(text, old) {
    const others = objectsIn(old?.value).filter((block) => !isPlainText(block));
    return [{ type: "text", text: text ?? "" }, ...others];
  },
};

export const blocks: BlockTable = {
  unshown,
  kinds: {
    reasoning_content: { ...reasoning, turnField: "reasoning_content" },
    reasoning: { ...reasoning, turnField: "reasoning" },
    ...Object.fromEntries(
      Object.entries(thoughts).flatMap(([list, types]) =>
        Object.entries(types).flatMap(([type, key]) => Object.entries(thought(list, type, key))),
      ),
    ),
    encrypted: {
      ...sealed,
      turnField: "reasoning_details",
      matches: { type: "reasoning.encrypted" },
    },
    redacted: { ...sealed, turnField: "thinking_blocks", matches: { type: "redacted_thinking" } },
    // Source: ThinkChunk of Mistral's OpenAPI document, https://docs.mistral.ai/api
    thinking: {
      part: "thinking",
      turnField: "content",
      matches: { type: "thinking" },
      condition: ({ thinking }) => areObjects(thinking),
      fields: { text: texts },
      settings: ["closed"],
    },
    ...listKinds,
    refusal: {
      part: "text",
      turnField: "refusal",
      fields: { text: "" },
      note: "A refusal, shown as text.",
    },
    audio: {
      part: "audio",
      turnField: "audio",
      condition: (audio) => typeof audio.data === "string",
      fields: { type: base64("data"), data: spoken("data") },
      settings: ["id", "expires_at"],
      reason: "A spoken answer needs its audio.",
    },
    transcript: {
      part: "text",
      turnField: "transcript",
      fields: { text: { ...spoken("text"), shows: ["id"] } },
    },
    functionCall: {
      part: "tool_call",
      turnField: "function_call",
      fields: {
        // Legacy calls have no ids.
        tool_call_id: { read: () => "" },
        name: "name",
        arguments: textArguments("arguments", "parsed_arguments"),
      },
      isDefaultFor: ({ tool_call_id }) => tool_call_id === "",
      settings: ["parsed_arguments"],
      resetOnEdit: { parsed_arguments: undefined },
    },
    toolCall: ofFunction,
    untypedCall: { ...ofFunction, matches: {}, condition: (call) => isUntyped(call) },
    customCall: {
      ...callKind("custom", customInput("custom.input")),
      note: "Text, shown as the argument input.",
    },
    function: {
      ...result,
      turnField: "function",
      fields: {
        tool_call_id: { read: () => "", shows: ["role"] },
        tool_name: "name",
        ...result.fields,
      },
      isDefaultFor: ({ tool_call_id }) => tool_call_id === "",
    },
    tool: {
      ...result,
      turnField: "tool",
      fields: {
        tool_call_id: { ...callId, at: "tool_call_id", shows: ["role"] },
        ...result.fields,
        // Mistral's SDKs and LangChain say it again.
        repeatedNames: repeatedNames("tool_call_id", ["name"]),
      },
      resetOnEdit: { name: undefined },
    },
  },
  places: {
    system: { name: "system message", writes: ["plain"] },
    user: { name: "user message", writes: ["plain", "image", "inputAudio", "file", "textFile"] },
    assistant: {
      name: "assistant message",
      writes: ["plain", "functionCall", "toolCall"],
    },
    tool: { name: "tool message", writes: ["function", "tool"] },
    result: { name: "tool result", writes: ["text"] },
    answer: { name: "choice", writes: ["plain", "functionCall", "toolCall"] },
  },
};

/** Returns `reference` for a block that only references a stored file or sound. */
function unshown({ field, item = null }: JsonObject): "reference" | undefined {
  if (!isJsonObject(item)) return undefined;
  const isSound = typeof item.id === "string" && hasOnlyFields(item, ["id", "expires_at"]);
  return (field === "audio" ? isSound : isStored(item)) ? "reference" : undefined;
}
