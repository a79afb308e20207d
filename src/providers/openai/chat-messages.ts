/**
 * The messages of Chat Completions, in a request and as the choices of an answer. Their reasoning,
 * content, refusal, spoken answer and calls are separate fields, which are shown in this order.
 */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  type FieldBlock,
  isJsonObject,
  type JsonObject,
  objectIn,
  objectsIn,
  type Path,
  type PlacedBlock,
  type StopReason,
  type TurnReport,
  withFields,
} from "../rewrite/index.ts";
import { blockIn, keptById } from "./blocks.ts";
import { given } from "./json.ts";
import { callType } from "./shapes.ts";

type Role = Message["role"];

/** Fields that are one item each, and those that are lists. */
const single = ["reasoning_content", "reasoning", "refusal", "audio", "function_call"] as const;
const lists = ["reasoning_details", "thinking_blocks", "tool_calls"] as const;
/** The fields that must not be missing: an emptied one is null. */
const required: readonly string[] = ["refusal", "audio"];

function placed(field: string, item: Json, ...path: Path): PlacedBlock {
  return { block: { field, item }, path };
}

/** The blocks of a message. Only an assistant's has reasoning, refusals, sound and calls. */
export function blocksOf(message: JsonObject): readonly PlacedBlock[] {
  const { role } = message;
  if (role === "tool" || role === "function") return [placed(role, message)];
  return role === "assistant" ? blocksOfAssistant(message) : contentOf(message);
}

function blocksOfAssistant(message: JsonObject): readonly PlacedBlock[] {
  const text = (field: string) => {
    const value = message[field];
    return typeof value === "string" ? [placed(field, value, field)] : [];
  };
  const items = (field: string) =>
    objectsIn(message[field]).map((item, i) => placed(field, item, field, i));
  const legacy = given(message, "function_call");
  return [
    ...text("reasoning_content"),
    ...text("reasoning"),
    ...items("reasoning_details"),
    ...items("thinking_blocks"),
    ...contentOf(message),
    ...text("refusal"),
    ...audioOf(given(message, "audio")),
    ...items("tool_calls"),
    ...(legacy === undefined ? [] : [placed("function_call", legacy, "function_call")]),
  ];
}

function contentOf({ content }: JsonObject): readonly PlacedBlock[] {
  if (typeof content === "string") return [placed("text", content, "content")];
  return objectsIn(content).map((item, i) => placed("content", item, "content", i));
}

/** A sound and its transcript. */
function audioOf(audio: Json | undefined): readonly PlacedBlock[] {
  if (!isJsonObject(audio)) return [];
  const { transcript: text, ...sound } = audio;
  if (typeof sound.data !== "string" || typeof text !== "string")
    return [placed("audio", audio, "audio")];
  return [
    placed("audio", sound, "audio"),
    placed("transcript", withFields({ text }, { id: sound.id }), "audio", "transcript"),
  ];
}

/** Writes blocks as messages. The result of each call becomes a message of its own. */
export function writeMessages(
  blocks: readonly FieldBlock[],
  old: JsonObject | undefined,
  { role }: Message,
  { lost }: TurnReport,
): readonly JsonObject[] {
  if (role === "tool") {
    return blocks.map(({ field, item }) => {
      const message = objectIn(item);
      return message.role === undefined ? { role: field, ...message } : message;
    });
  }
  const message = withFields<JsonObject>(old ?? { role }, fieldsOf(blocks, old, role));
  if (isSpokenOnly(message) && !isSpokenOnly(old)) lost(keptById.reason, keptById.kind);
  return [message];
}

/** Whether a stored sound is without its transcript. */
function isSpokenOnly(message: JsonObject | undefined): boolean {
  const audio = objectIn(message?.audio);
  return given(audio, "id") !== undefined && given(audio, "transcript") === undefined;
}

/** The fields of a message with these blocks. An `undefined` field is removed. */
function fieldsOf(
  blocks: readonly FieldBlock[],
  old: JsonObject | undefined,
  role: Role,
): { readonly [field: string]: Json | undefined } {
  const items = new Map<string, Json[]>();
  const add = (field: string, item: Json) => {
    const list = items.get(field);
    if (list === undefined) items.set(field, [item]);
    else list.push(item);
  };
  const sound = blocks.find(({ field }) => field === "audio");
  const isHeard = isJsonObject(sound?.item) && typeof sound.item.data === "string";
  const content: FieldBlock[] = [];
  for (const block of blocks) {
    const { field, item } = block;
    if (field === "text" || field === "content") content.push(block);
    else if (field === "transcript") {
      const { text = "" } = objectIn(item);
      if (isHeard) items.set("audio", [{ ...objectIn(sound?.item), transcript: text }]);
      else content.push({ field: "text", item: text });
    }
    // A message can have only one such call. Others become tool calls, whose id may be empty.
    else if (field === "function_call" && items.has(field)) {
      const called = { id: "", type: "function", function: item };
      add("tool_calls", called);
    } else add(field, item);
  }
  const was = new Set(
    old === undefined ? [] : blocksOf({ ...old, role }).map(({ block }) => block.field),
  );
  const others = [...single, ...lists].map((field): readonly [string, Json | undefined] => {
    const found = items.get(field);
    if (found !== undefined)
      return [field, (lists as readonly string[]).includes(field) ? found : found[0]];
    if (!was.has(field)) return [field, old?.[field]];
    return [field, required.includes(field) ? null : undefined];
  });
  return Object.fromEntries([["content", writeContent(content, old, role)], ...others]);
}

function writeContent(
  blocks: readonly FieldBlock[],
  old: JsonObject | undefined,
  role: Role,
): Json | undefined {
  const before = old === undefined ? undefined : given(old, "content");
  const [first] = blocks;
  if (first === undefined) {
    if (old !== undefined && before === undefined) return old.content;
    return Array.isArray(before) || role !== "assistant" ? [] : null;
  }
  const only = blocks.length === 1 && !Array.isArray(before) ? blockIn(first) : undefined;
  const isPlain = only?.type === "text" && Object.keys(only).length === 2;
  return isPlain && only.text !== undefined ? only.text : blocks.map(blockIn);
}

/** Which kind of calls there are, as the `finish_reason` of an answer with them. */
type CallKind = "none" | "tool_calls" | "function_call";

function callKindIn(blocks: readonly FieldBlock[]): CallKind {
  const calls = blocks.filter(({ field, item }) => {
    const type = callType(objectIn(item));
    const isCall = field === "tool_calls" && (type === "function" || type === "custom");
    return isCall || field === "function_call";
  });
  if (calls.length === 0) return "none";
  return calls.every(({ field }) => field === "function_call") ? "function_call" : "tool_calls";
}

export function callKindOfChoice(choice: JsonObject): CallKind {
  return callKindIn(blocksOfChoice(choice).map(({ block }) => block));
}

export function blocksOfChoice({ message }: JsonObject): readonly PlacedBlock[] {
  return blocksOfAssistant(objectIn(message)).map(({ block, path }) => ({
    block,
    path: ["message", ...path],
  }));
}

export function writeChoice(
  blocks: readonly FieldBlock[],
  old: JsonObject | undefined,
): readonly JsonObject[] {
  const has = callKindIn(blocks);
  if (old === undefined) {
    const { content = null, ...others } = withFields<JsonObject>(
      {},
      fieldsOf(blocks, undefined, "assistant"),
    );
    const message = { role: "assistant", content, refusal: null, ...others };
    return [{ message, logprobs: null, finish_reason: finishReasonOf(undefined, has) }];
  }
  const before = objectIn(old.message);
  const had = callKindOfChoice(old);
  const isOutdated = had !== has && old.finish_reason === finishReasonOf(undefined, had);
  return [
    withFields(old, {
      message: withFields(before, fieldsOf(blocks, before, "assistant")),
      ...(isOutdated && { finish_reason: finishReasonOf(undefined, has) }),
    }),
  ];
}

const finishReasons: ReadonlyMap<unknown, StopReason> = new Map([
  ["stop", "end"],
  ["length", "max_tokens"],
  ["tool_calls", "call"],
  ["function_call", "call"],
]);

/** The stop reason; `undefined` if none expresses `finish`, as for `content_filter`. */
export function stopReasonOf(finish: Json | undefined): StopReason | undefined {
  return finishReasons.get(finish);
}

/** The `finish_reason` of a choice with these calls. */
export function finishReasonOf(reason: StopReason | undefined, calls: CallKind): string {
  if (calls !== "none" && (reason === undefined || reason === "call")) return calls;
  // A stop sequence and a return are written as `stop`, too.
  return reason === "max_tokens" ? "length" : reason === "call" ? "tool_calls" : "stop";
}
