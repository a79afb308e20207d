/** The chunks that stream a chat completion. */

import type { Json } from "../../core/data/index.ts";
import { chosen, type EventTexts, isJsonObject, textsAt, under } from "../rewrite/index.ts";
import { type JsonObject, objectIn, objectsIn, stringAt, withFields } from "./json.ts";

/** The fields that each chunk repeats. All others, such as an error, are in the last chunk only. */
const repeated = ["id", "created", "model", "service_tier", "system_fingerprint"];

/**
 * Usage in front of the choices leaves with the last of them, as `ChatStream` found it: a client of
 * Mistral expects a choice in each chunk. OpenAI sends it in a chunk of its own.
 */
export function chatEvents(answer: JsonObject): readonly JsonObject[] {
  const { choices, usage, ...others } = answer;
  const names = Object.keys(answer);
  const isApart = names.indexOf("usage") > names.indexOf("choices");
  const facts = isApart ? others : withFields(others, { usage });
  const head: JsonObject = { ...chosen(facts, repeated), object: "chat.completion.chunk" };
  const chunk = (list: readonly Json[]) => withFields(head, { choices: list });
  const chunks = objectsIn(choices).flatMap((choice, place) =>
    choiceDeltas(choice, place).map((delta) => chunk([delta])),
  );
  const last = isApart ? [withFields(chunk([]), { usage })] : [];
  const all = [...chunks, ...last];
  // Without choices there can still be something to send, such as an error.
  const said = all.length === 0 ? [chunk([])] : all;
  said.push(withFields(facts, objectIn(said.pop())));
  return said;
}

/** The fields of a message that are streamed as texts in pieces. */
export const textFields: readonly string[] = [
  "content",
  "refusal",
  "reasoning_content",
  "reasoning",
];
const texts: EventTexts = /* @__PURE__ */ textsAt(
  "choices.0.index",
  under("choices.0.delta", textFields),
);

/** Where chunks have text that can be forwarded in pieces. */
export const chatTexts: EventTexts = {
  ...texts,
  answerOf(event) {
    const index = objectsIn((event as JsonObject).choices)[0]?.index;
    return typeof index === "number" ? index : "none";
  },
  answerAt(answer, place) {
    const index = objectsIn((answer as JsonObject).choices)[place]?.index;
    return typeof index === "number" ? index : place;
  },
  // An event of `toChatEvents` has at most one text, but a choice's first has all, still empty.
  textOf(event) {
    const found = texts.textOf(event);
    return found?.text === "" ? undefined : found;
  },
};

function choiceDeltas(choice: JsonObject, place: number): readonly JsonObject[] {
  const { index = place, message, logprobs = null, finish_reason = null, ...others } = choice;
  const deltas = messageDeltas(objectIn(message));
  const probable = deltas.findIndex(
    (delta) => stringAt(delta, "content") || stringAt(delta, "refusal"),
  );
  const at = probable === -1 ? 0 : probable;
  return [
    ...deltas.map((delta, each) => ({
      index,
      delta,
      logprobs: each === at ? logprobs : null,
      finish_reason: null,
    })),
    withFields(others, { index, delta: {}, logprobs: null, finish_reason }),
  ];
}

/** First the role, then each field in order: a call's name comes before its arguments. */
function messageDeltas(message: JsonObject): readonly JsonObject[] {
  const entries = Object.entries(message);
  const first = entries.flatMap(([key, value]): [string, Json][] => {
    if (typeof value !== "string") return value === null ? [[key, value]] : [];
    return [[key, key === "role" ? value : ""]];
  });
  return [
    { role: "assistant", ...Object.fromEntries(first) },
    ...entries.flatMap(([key, value]) => fieldDeltas(key, value)),
  ];
}

function fieldDeltas(key: string, value: Json): readonly JsonObject[] {
  switch (key) {
    case "role":
      return [];
    case "tool_calls":
      return objectsIn(value).flatMap((call, index) =>
        callDeltas(call, index).map((each) => ({ tool_calls: [each] })),
      );
    case "function_call":
      if (!isJsonObject(value)) return [];
      return callDeltas({ function: value }, 0).map((each) => ({ [key]: each.function ?? null }));
    case "audio":
      return isJsonObject(value) ? [{ audio: value }] : [];
    default:
      return value === null || value === "" ? [] : [{ [key]: value }];
  }
}

function callDeltas(call: JsonObject, index: number): readonly JsonObject[] {
  const kind = isJsonObject(call.custom) ? "custom" : "function";
  const text = kind === "custom" ? "input" : "arguments";
  const inner = call[kind];
  if (!isJsonObject(inner)) return [withFields(call, { index })];
  return [
    withFields(call, { index, [kind]: withFields(inner, { [text]: "" }) }),
    { index, [kind]: { [text]: stringAt(inner, text) ?? "" } },
  ];
}
