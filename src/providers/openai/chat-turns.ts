/** Requests and answers of Chat Completions as lists of messages, and what those do not show. */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  type AnswersTable,
  type Collector,
  knownFields,
  type Left,
  type Lost,
  pathOf,
  type Reading,
  reportFields,
  sameList,
  type TurnTable,
} from "../rewrite/index.ts";
import { roles } from "./blocks.ts";
import { callAsRead } from "./call-as-read.ts";
import {
  blocksOf,
  blocksOfChoice,
  calledBy,
  finishReasonOf,
  stopReasonOf,
  writeChoice,
  writeMessages,
} from "./chat-messages.ts";
import { reportNested, settingsAt } from "./dialects.ts";
import {
  instantOf,
  type ModelExtensions,
  reportUsage,
  responseExtensions,
  secondsOf,
} from "./extensions.ts";
import {
  given,
  isEmpty,
  isObject,
  type JsonObject,
  numberAt,
  objectIn,
  objectsIn,
  textAt,
  withFields,
} from "./json.ts";

function roleOf({ role }: JsonObject): Message["role"] | undefined {
  if (role === "function") return "tool";
  return Object.values(roles).find((known) => known === role);
}

const ofMessage = ["parsed", ...settingsAt("message")];
const plain = knownFields(["role", "content"], ofMessage);
const ofAssistant = ["role", "content", "refusal", "audio", "tool_calls", "function_call"];
const assistant = knownFields(ofAssistant, ofMessage);

/** The fields of an assistant's message that its blocks do not show. */
function unshown(message: JsonObject): JsonObject {
  const isObjects = (value: Json) => Array.isArray(value) && value.every(isObject);
  const isThought = (field: string, value: Json) =>
    (["reasoning_content", "reasoning"].includes(field) && typeof value === "string") ||
    (["reasoning_details", "thinking_blocks"].includes(field) && isObjects(value));
  return Object.fromEntries(
    Object.entries(message).filter(([field, value]) => !isThought(field, value)),
  );
}

function reportMessage(message: JsonObject, at: number, reading: Reading): void {
  const { role } = message;
  // Of a result, its block is the whole message.
  if (role === "tool" || role === "function") return;
  const isAssistant = role === "assistant";
  const fields = isAssistant ? unshown(message) : message;
  reportFields(reading, fields, ["messages", at], isAssistant ? assistant : plain);
}

/** The messages of a request. */
export const messages: TurnTable = {
  turns: "messages",
  roles,
  content: { roleOf, blocksOf, report: reportMessage, write: writeMessages },
  bound: { annotations: undefined, parsed: undefined },
  boundToTexts: ["annotations"],
};

const inChoice = knownFields(
  ["message", "finish_reason", "index", "logprobs"],
  settingsAt("choice"),
);
const inChoiceMessage = knownFields(ofAssistant, ["parsed"]);

function reportChoice(choice: JsonObject, at: number, reading: Reading): void {
  const { left } = reading;
  const setting = (field: string, reason: string) =>
    left.add({ path: pathOf("choices", at, field), kind: "setting", reason });
  const { annotations, ...others } = unshown(objectIn(choice.message));
  const said = isEmpty(annotations) ? others : withFields(others, { annotations });
  reportFields(reading, said, ["choices", at, "message"], inChoiceMessage);
  if ((said.role ?? "assistant") !== "assistant") {
    const reason = "A choice with another role, shown as the assistant's.";
    left.add({ path: pathOf("choices", at, "message", "role"), kind: "content", reason });
  }
  const nested = reportNested(choice, ["choices", at], left);
  const rest = Object.entries(choice).filter(([name]) => !nested.includes(name));
  reportFields(reading, Object.fromEntries(rest), ["choices", at], inChoice);
  if (choice.index !== at) setting("index", "The position is not the usual one.");
  if (!isEmpty(choice.logprobs)) setting("logprobs", "probabilities");
  const finish = textAt(choice, "finish_reason");
  // The reason of the first is in the `completion` slot.
  const known = at === 0 ? stopReasonOf(finish) : undefined;
  if (finish !== undefined && finishReasonOf(known, calledBy(choice)) !== finish)
    setting("finish_reason", "No stop reason expresses it.");
}

/** The choices of an answer. */
export const answers: AnswersTable = {
  choices: {
    turns: "choices",
    place: "answer",
    roles: { assistant: "assistant" },
    content: {
      roleOf: () => "assistant",
      blocksOf: blocksOfChoice,
      report: reportChoice,
      write: writeChoice,
    },
    // Probabilities and tokens are of all that was said, calls included.
    bound: {
      logprobs: null,
      token_ids: null,
      "message.annotations": undefined,
      "message.parsed": undefined,
    },
    boundToTexts: ["message.annotations"],
  },
  freshAnswer({ llm, completion, provenance }) {
    const { tokens } = completion ?? {};
    const usage = tokens && {
      prompt_tokens: tokens.input_tokens,
      completion_tokens: tokens.output_tokens,
      total_tokens: tokens.total_tokens,
    };
    return withFields<JsonObject>(
      {
        id: provenance?.message_id ?? "",
        object: "chat.completion",
        created: secondsOf(completion?.created_at),
        model: completion?.model ?? llm?.model_id ?? "",
        choices: [],
      },
      { usage },
    );
  },
  finish(list, before, { completion }) {
    const [first, ...others] = list;
    const reason = completion?.stop_reason;
    const isFresh = first !== undefined && first.index === undefined && reason !== undefined;
    const finish_reason = isFresh && finishReasonOf(reason, calledBy(first));
    return numbered(isFresh ? [withFields(first, { finish_reason }), ...others] : list, before);
  },
};

/**
 * As many choices as before have the numbers of before, in their order. Of fewer or more each keeps
 * its own, and a new one gets one that nobody has.
 */
function numbered(
  list: readonly JsonObject[],
  before: readonly JsonObject[] = [],
): readonly JsonObject[] {
  if (list.length === before.length) {
    return list.map((choice, at) => {
      const index = before[at]?.index;
      return choice.index === index ? choice : withFields({ index: 0, ...choice }, { index });
    });
  }
  const taken = new Set(list.map(({ index }) => index));
  let free = 0;
  return list.map((choice) => {
    if (choice.index !== undefined) return choice;
    while (taken.has(free)) free += 1;
    taken.add(free);
    return { index: free, ...choice };
  });
}

const shownCounts = ["prompt_tokens", "completion_tokens", "total_tokens"];

/** Reports fields of an answer in ways of its own. */
export function reportAnswer(answer: JsonObject, left: Collector<Left>): readonly string[] {
  const nested = reportNested(answer, [], left);
  reportUsage(answer, shownCounts, left);
  const created = numberAt(answer, "created");
  if (created !== undefined && secondsOf(instantOf(created)) !== created) {
    left.add({ path: "created", kind: "setting", reason: "The time is out of range." });
  }
  const isUsual = answer.object === "chat.completion";
  return [...nested, "usage", ...(isUsual ? ["object"] : [])];
}

/** Model, usage, time, and the stop reason of the first choice. */
export function answerExtensions(answer: JsonObject): ModelExtensions {
  const [first] = objectsIn(answer.choices);
  return responseExtensions(answer, {
    rawFormat: "openai.chat",
    stopReason: stopReasonOf(first?.finish_reason),
    created: numberAt(answer, "created"),
  });
}

/** A document with the arguments of its calls as they were read. */
export function asRead(list: "messages" | "choices") {
  return (document: JsonObject, { add }: Collector<Lost>): JsonObject => {
    const before = objectsIn(document[list]);
    const turns = before.map((turn, i) => {
      if (list === "choices") {
        const path = pathOf(list, i, "message");
        return withFields(turn, { message: messageAsRead(objectIn(turn.message), path, add) });
      }
      return turn.role === "assistant" ? messageAsRead(turn, pathOf(list, i), add) : turn;
    });
    return withFields(document, { [list]: sameList(before, turns) });
  };
}

type ReportLost = Collector<Lost>["add"];

function messageAsRead(message: JsonObject, path: string, lost: ReportLost): JsonObject {
  const legacy = given(message, "function_call");
  const before = objectsIn(given(message, "tool_calls"));
  const calls = before.map((call, i) => {
    const inner = `${path}.tool_calls[${i}].function`;
    if (call.type !== "function") return call;
    return withFields(call, { function: callAsRead(objectIn(call.function), inner, lost) });
  });
  return withFields(message, {
    ...(before.length > 0 && { tool_calls: sameList(before, calls) }),
    ...(legacy !== undefined && {
      function_call: callAsRead(objectIn(legacy), `${path}.function_call`, lost),
    }),
  });
}
