/** The tables of messages and choices in Chat Completions, and reports of what is not shown. */
import {
  type AnswerFacts,
  type AnswersTable,
  areObjects,
  type GivenFacts,
  knownFields,
  type OldDocument,
  pathOf,
  type Reading,
  reportFields,
  sameList,
  type TurnTable,
} from "../rewrite/index.ts";
import { roleNamed, roles } from "./blocks.ts";
import {
  blocksOf,
  blocksOfChoice,
  callKindOfChoice,
  finishReasonOf,
  stopReasonOf,
  writeChoice,
  writeMessages,
} from "./chat-messages.ts";
import { reportNested, settingsAt } from "./dialects.ts";
import { isInstant, reportUsage, responseExtensions, secondsOf } from "./extensions.ts";
import {
  isEmpty,
  isJsonObject,
  type JsonObject,
  numberAt,
  objectIn,
  objectsIn,
  stringAt,
  withFields,
} from "./json.ts";
import { reportRepeated } from "./repeated.ts";

const ofMessage = ["parsed", ...settingsAt("message")];
const plain = knownFields(["role", "content"], ofMessage);
const ofAssistant = ["role", "content", "refusal", "audio", "tool_calls", "function_call"];
const assistant = knownFields(ofAssistant, ofMessage);

/** The fields of an assistant's message that hold thoughts, which its blocks show. */
function thoughtsIn(message: JsonObject): readonly string[] {
  return [
    ...["reasoning_content", "reasoning"].filter((field) => typeof message[field] === "string"),
    ...["reasoning_details", "thinking_blocks"].filter((field) => areObjects(message[field])),
  ];
}

/** The fields of an assistant's message that its blocks show, or that say nothing. */
function shownIn(message: JsonObject): readonly string[] {
  const silent = isEmpty(message.annotations) ? ["annotations"] : [];
  return [...thoughtsIn(message), ...silent, ...silentIn(message)];
}

/** What LiteLLM adds to messages and choices even if there is nothing to say, as a null refusal. */
function silentIn(json: JsonObject): readonly string[] {
  const name = "provider_specific_fields";
  const fields = json[name];
  return isJsonObject(fields) && Object.values(fields).every(isEmpty) ? [name] : [];
}

/** What LiteLLM adds may repeat a message, such as its thoughts, and is dropped if that changes. */
function copiesIn(json: JsonObject, within = "") {
  const name = `${within}provider_specific_fields`;
  return silentIn(json).length === 0 ? { [name]: undefined } : {};
}

function reportMessage(message: JsonObject, at: number, reading: Reading): void {
  const { role } = message;
  // The block of a result is the whole message and reports its fields.
  if (role === "tool" || role === "function") return;
  const path = ["messages", at];
  if (role !== "assistant") reportFields(reading, message, path, plain);
  else reportFields(reading, message, path, assistant, shownIn(message));
}

export const messages: TurnTable = {
  turns: "messages",
  roles,
  content: {
    roleOf: ({ role }) => (role === "function" ? "tool" : roleNamed(role)),
    blocksOf,
    report: reportMessage,
    write: writeMessages,
  },
  resetOnEdit: (message, hasNewText) => ({
    ...(hasNewText && { annotations: undefined }),
    parsed: undefined,
    ...copiesIn(message),
  }),
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
  const message = objectIn(choice.message);
  reportFields(reading, message, ["choices", at, "message"], inChoiceMessage, shownIn(message));
  if ((message.role ?? "assistant") !== "assistant") {
    const reason = "A choice with another role, shown as the assistant's.";
    left.add({ path: pathOf("choices", at, "message", "role"), kind: "content", reason });
  }
  const nested = reportNested(choice, ["choices", at], reading);
  reportFields(reading, choice, ["choices", at], inChoice, [...nested, ...silentIn(choice)]);
  if (choice.index !== at) setting("index", "The index is not the position in the list.");
  if (!isEmpty(choice.logprobs)) setting("logprobs", "Token probabilities.");
  const finish = stringAt(choice, "finish_reason");
  // The reason of the first choice is in the `completion` slot.
  const known = at === 0 ? stopReasonOf(finish) : undefined;
  if (finish !== undefined && finishReasonOf(known, callKindOfChoice(choice)) !== finish)
    setting("finish_reason", "The completion slot does not show it.");
}

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
    // Probabilities and tokens cover the whole message, calls included.
    resetOnEdit: (choice, hasNewText) => ({
      logprobs: null,
      token_ids: null,
      ...(hasNewText && { "message.annotations": undefined }),
      "message.parsed": undefined,
      ...copiesIn(choice),
      ...copiesIn(objectIn(choice.message), "message."),
    }),
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
};

/** Sets the stop reason of a new first choice, and the indexes of choices. */
export function finishChoices(
  answer: JsonObject,
  old: OldDocument | undefined,
  _lost: unknown,
  { completion }: GivenFacts,
): JsonObject {
  const [first, ...others] = objectsIn(answer.choices);
  const reason = completion?.stop_reason;
  const isFresh = first !== undefined && first.index === undefined && reason !== undefined;
  const finish_reason = isFresh && finishReasonOf(reason, callKindOfChoice(first));
  const list = isFresh
    ? [withFields(first, { finish_reason }), ...others]
    : objectsIn(answer.choices);
  const before = objectsIn(old?.document.choices);
  return withFields(answer, { choices: sameList(before, numbered(list, before)) });
}

/**
 * Sets the indexes of choices. If there are as many as before, they get the old indexes in order.
 * Otherwise each keeps its own, and a new one gets a free index.
 */
function numbered(
  list: readonly JsonObject[],
  before: readonly JsonObject[],
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

/** Reports fields of an answer that need rules of their own. Returns the fields it dealt with. */
export function reportAnswer(answer: JsonObject, reading: Reading): readonly string[] {
  const { left } = reading;
  const nested = [...reportNested(answer, [], reading), ...reportRepeated(answer, left)];
  reportUsage(answer, shownCounts, left);
  const created = numberAt(answer, "created");
  if (created !== undefined && !isInstant(created)) {
    left.add({ path: "created", kind: "setting", reason: "The time is out of range." });
  }
  const isUsual = answer.object === "chat.completion";
  return [...nested, "usage", ...(isUsual ? ["object"] : [])];
}

/** Reads model, usage, time, and the stop reason of the first choice. */
export function answerExtensions(answer: JsonObject): AnswerFacts<"openai"> {
  const [first] = objectsIn(answer.choices);
  const stopReason = stopReasonOf(first?.finish_reason);
  return responseExtensions(answer, "openai.chat", stopReason, numberAt(answer, "created"));
}
