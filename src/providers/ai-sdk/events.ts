/** The events of `doStream`: how each changes the result so far, and which ones stream a result. */
import type { Json } from "../../core/data/index.ts";
import {
  chosen,
  type EventTexts,
  expectString,
  fieldOf,
  type GrowingAnswer,
  isJsonObject,
  type JsonObject,
  objectIn,
  objectsIn,
  type PieceTable,
  parseArguments,
  pathOf,
  type StreamTable,
  sameJson,
  streamFault,
  stringIn,
} from "../rewrite/index.ts";
import { copyCompletionEvent, partOf } from "./documents.ts";
import { hostCopy, isList } from "./host-values.ts";

const isOf = (type: string) => (block: JsonObject) => block.type === type;
const textTypes: readonly unknown[] = ["text", "reasoning"];

const pieces: PieceTable = {
  "text-delta": { fits: isOf("text"), text: ["delta", "text"] },
  "reasoning-delta": { fits: isOf("reasoning"), text: ["delta", "text"] },
};

/** The type is part of the key, because text and reasoning can have the same id. */
function keyOf(type: string, event: object): string {
  return `${type} ${stringAt(event, "id")}`;
}

function stringAt(event: object, name: string): string {
  return expectString(fieldOf(event, name), name);
}

function begun(answer: GrowingAnswer): GrowingAnswer {
  if (!answer.isBegun) answer.begin({ content: [], warnings: [] });
  answer.expectOpen();
  return answer;
}

/** The index of the open text or reasoning that an event belongs to. Several may grow at once. */
function openBlock(answer: GrowingAnswer, key: string): number {
  const index = begun(answer).state.get(key);
  if (typeof index !== "number") throw streamFault("id", "the id of an open block");
  return index;
}

/** Later values replace earlier ones: a signature arrives with the last piece. */
function setFields(
  answer: GrowingAnswer,
  index: number,
  event: object,
  names: readonly string[],
): void {
  for (const name of names) {
    const value = fieldOf(event, name) ?? undefined;
    if (value !== undefined) answer.setFields(index, { [name]: hostCopy(value) as Json });
  }
}

function fieldsAtEnd(type: "text" | "reasoning"): readonly string[] {
  return type === "text" ? ["providerMetadata", "citations"] : ["providerMetadata"];
}

/** The events that start, extend and end a text or reasoning with an id. */
function textEvents(type: "text" | "reasoning"): StreamTable["events"] {
  const atEnd = fieldsAtEnd(type);
  return {
    [`${type}-start`]: {
      apply(answer, event) {
        const key = keyOf(type, event);
        const { type: _, id, ...settings } = hostCopy(event) as JsonObject;
        const { state, blockCount } = begun(answer);
        if (state.has(key)) throw streamFault("id", "an id that no open block has");
        state.set(key, blockCount);
        answer.beginBlock(blockCount, { type, text: "", ...settings });
      },
    },
    [`${type}-delta`]: {
      fields: ["id", "delta", "providerMetadata"],
      apply(answer, event) {
        const index = openBlock(answer, keyOf(type, event));
        answer.addPiece(index, { type: `${type}-delta`, delta: fieldOf(event, "delta") });
        setFields(answer, index, event, ["providerMetadata"]);
      },
    },
    [`${type}-end`]: {
      fields: ["id", ...atEnd],
      apply(answer, event) {
        const key = keyOf(type, event);
        const index = openBlock(answer, key);
        setFields(answer, index, event, atEnd);
        answer.endBlock(index);
        answer.state.delete(key);
      },
    },
  };
}

/** The open input that `event` belongs to. Only the call that follows it is executed. */
function inputOf(
  answer: GrowingAnswer,
  event: object,
): { readonly key: string; readonly input: JsonObject } {
  const key = keyOf("input", event);
  const input = begun(answer).state.get(key);
  if (!isJsonObject(input)) throw streamFault("id", "an input that has begun");
  if (input.isOver === true) throw streamFault("id", "an input that has not ended");
  return { key, input };
}

const inputEvents: StreamTable["events"] = {
  "tool-input-start": {
    fields: ["id", "toolName", "inputEncoding", "providerMetadata", "providerExecuted", "dynamic"],
    apply(answer, event) {
      const key = keyOf("input", event);
      const { state } = begun(answer);
      if (state.has(key)) throw streamFault("id", "an input that has not begun");
      const count = Number(state.get("inputs") ?? 0);
      state.set("inputs", count + 1);
      const isHeld = fieldOf(event, "providerExecuted") === true;
      state.set(key, { toolName: stringAt(event, "toolName"), text: "", isHeld, at: count });
      const reason = "The input of a call arrived, but not the call itself.";
      answer.note(key, { path: pathOf("toolInputs", count), kind: "content", reason });
    },
  },
  "tool-input-delta": {
    fields: ["id", "delta", "providerMetadata"],
    apply(answer, event) {
      const { key, input } = inputOf(answer, event);
      const delta = stringAt(event, "delta");
      answer.countText(delta);
      answer.state.set(key, { ...input, text: `${input.text}${delta}` });
    },
  },
  "tool-input-end": {
    fields: ["id", "providerMetadata"],
    apply(answer, event) {
      const { key, input } = inputOf(answer, event);
      answer.state.set(key, { ...input, isOver: true });
    },
  },
};

/** Ends the input of a call when the call itself arrives. */
function endInput(answer: GrowingAnswer, call: JsonObject): void {
  const key = `input ${stringIn(call, "toolCallId")}`;
  const found = answer.state.get(key);
  if (found === undefined) return;
  const input = objectIn(found);
  if (input.toolName !== call.toolName) throw streamFault("toolName", "the name it began with");
  answer.state.delete(key);
  // Plugins see only the text of the call, which some providers write anew.
  const isSeen = input.isHeld || saysOnly(stringIn(input, "text"), call.input);
  const reason = "The streamed input of a call differs from the input of the call itself.";
  const path = pathOf("toolInputs", Number(input.at));
  answer.note(key, isSeen ? undefined : { path, kind: "content", reason });
}

/** Whether whoever knows the text of a call knows all that the text of its input says. */
function saysOnly(text: string, known: unknown): boolean {
  if (text === known || typeof known !== "string") return text === known;
  const ours = parseArguments(text);
  const theirs = parseArguments(known);
  const isSeen = ours.isWhole && !ours.isAmbiguous && ours.isClose && theirs.isWhole;
  return isSeen && sameJson(ours.arguments, theirs.arguments);
}

export const stream: StreamTable = {
  empty: { content: [], warnings: [] },
  content: "content",
  pieces,
  nameOf(event) {
    const type = stringAt(event, "type");
    return Object.hasOwn(stream.events, type) ? type : "part";
  },
  events: {
    ping: { fields: [], apply: () => {} },
    "stream-start": {
      fields: ["warnings"],
      apply(answer, event) {
        const warnings = (hostCopy(fieldOf(event, "warnings")) ?? []) as Json;
        begun(answer).merge({ warnings });
      },
    },
    "response-metadata": {
      apply(answer, event) {
        begun(answer).mergeInto(
          "response",
          copyCompletionEvent(event, (response) => ({ response })),
        );
      },
    },
    ...textEvents("text"),
    ...textEvents("reasoning"),
    ...inputEvents,
    part: {
      apply(answer, event) {
        const [part, json] = partOf(event);
        answer.countText(JSON.stringify(json));
        if (part.type === "tool-call") endInput(begun(answer), part);
        if (part.type !== "tool-result") {
          begun(answer).putBlock(part);
          return;
        }
        // A preliminary result is replaced by the next result of the same call.
        const key = keyOf("result", { id: part.toolCallId });
        const before = begun(answer).state.get(key) as number | undefined;
        const at = answer.putBlock(part, before);
        if (part.preliminary === true) answer.state.set(key, at);
        else answer.state.delete(key);
      },
    },
    raw: {
      fields: ["rawValue"],
      apply(answer) {
        const reason = "Raw provider data is not shown in messages.";
        answer.note("raw", { path: "raw", kind: "setting", reason });
      },
    },
    error: {
      fields: ["error"],
      apply: (answer, event) => answer.append("errors", hostCopy(fieldOf(event, "error")) as Json),
    },
    finish: {
      apply(answer, event) {
        begun(answer).merge(copyCompletionEvent(event, (finish) => finish));
        answer.end("finish");
      },
    },
  },
};

/** The events that stream a result. */
export function events(answer: JsonObject): readonly object[] {
  const { content, warnings = [], response, errors, finishReason, usage } = answer;
  const about = chosen(objectIn(response), ["id", "timestamp", "modelId"]);
  const isAny = Object.keys(about).length > 0;
  const isOver = finishReason !== undefined || usage !== undefined;
  const own = chosen(answer, ["providerMetadata"]);
  const list: readonly object[] = [
    { type: "stream-start", warnings },
    ...(isAny ? [{ type: "response-metadata", ...about }] : []),
    ...objectsIn(content).flatMap((part, index) => eventsOf(part, String(index))),
    ...(isList(errors) ? errors : []).map((error) => ({ type: "error", error })),
    ...(isOver ? [{ type: "finish", finishReason, usage, ...own }] : []),
  ];
  return Object.freeze(list.map((event) => Object.freeze(event)));
}

function eventsOf(part: JsonObject, id: string): readonly object[] {
  const { type, text, ...settings } = part;
  if (!textTypes.includes(type)) return [part];
  // Known only at the end: a signature comes last, and the beginning may already have left.
  const atEnd = fieldsAtEnd(type === "text" ? "text" : "reasoning");
  const late = chosen(settings, atEnd);
  const early = Object.entries(settings).filter(([name]) => !(name in late));
  return [
    { ...Object.fromEntries(early), type: `${type}-start`, id },
    { type: `${type}-delta`, id, delta: text },
    { type: `${type}-end`, id, ...late },
  ];
}

/** The deltas of texts and of reasoning. */
export const eventTexts: EventTexts = {
  // Response metadata can come at any time, so its place among the other events does not matter.
  answerOf: (event) => (typeOf(event) === "response-metadata" ? "metadata" : 0),
  textOf(event) {
    const type = typeOf(event);
    if (!Object.hasOwn(pieces, type)) return undefined;
    const { id, delta } = event as JsonObject;
    return { of: `${type} ${String(id)}`, text: String(delta) };
  },
  withText: (event, text) => ({ ...event, delta: text }),
  // All texts of one item that the provider stored lose its id if one of them changes.
  endsVary: true,
};

function typeOf(event: object): string {
  return String((event as JsonObject).type);
}
