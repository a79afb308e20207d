/** Responses of Chat Completions: a message for each choice. */

import { createMessage, type Message } from "../../core/messages/index.ts";
import {
  collector,
  givenMessages,
  type Left,
  type Lost,
  pairMessages,
  pathOf,
  type Read,
  readerWithLimits,
  removedReporter,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { messageAsRead } from "./arguments-as-read.ts";
import { readFields } from "./chat-message.ts";
import { reportMessage } from "./chat-messages.ts";
import {
  instantOf,
  type ModelExtensions,
  reportUsage,
  responseExtensions,
  secondsOf,
} from "./extensions.ts";
import {
  compact,
  given,
  isSameJsonText,
  type JsonObject,
  numberAt,
  objectIn,
  objectsIn,
  textAt,
  withFields,
} from "./json.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { chatResponse, read } from "./read.ts";
import {
  ignoreLeft,
  isEmpty,
  type LossReporter,
  type ReportLeft,
  reportFields,
  reportUnless,
  staleKeys,
  under,
} from "./report-fields.ts";
import { type Placed, rewrite, type Source } from "./rewrite.ts";
import { responseSettings } from "./settings.ts";
import { chatResponseSchema } from "./shapes.ts";
import { finishReasonOf, stopReasonOf } from "./stop-reasons.ts";
import { overBeside, writeFields } from "./write-chat-message.ts";

const format = "openai.chat";
const shownFields = ["id", "created", "model", "choices", "usage"];
const shownCounts = ["prompt_tokens", "completion_tokens", "total_tokens"];
const kinds = { media: false, calls: true };

/**
 * Reads the body of a chat completion: an assistant message for each choice. Model, usage, time
 * and the stop reason of the first choice are for the `completion` slot.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:chat-response`, `openai:stop-reason`
 */
export const fromChatResponse = readerWithLimits(
  "fromChatResponse",
  (document: unknown): Read<ModelExtensions> => {
    const left = collector<Left>();
    const response = read(chatResponseSchema, document, chatResponse);
    const choices = objectsIn(response.choices);
    const sources = readChoices(choices, left.add);
    const isUsual = given(response, "object") === "chat.completion";
    reportFields(
      response,
      "",
      [...shownFields, ...(isUsual ? ["object"] : [])],
      responseSettings,
      left.add,
    );
    reportUsage(response, shownCounts, left.add);
    const created = numberAt(response, "created");
    if (created !== undefined && secondsOf(instantOf(created)) !== created) {
      left.add({ path: "created", kind: "setting", reason: "The time is out of range." });
    }
    const finish = choices[0] && textAt(choices[0], "finish_reason");
    return Object.freeze({
      messages: Object.freeze(sources.flatMap(({ parts }) => parts)),
      extensions: responseExtensions(response, {
        rawFormat: format,
        stopReason: finish === undefined ? undefined : stopReasonOf(finish),
        created,
      }),
      left: left.list(),
    });
  },
);

function readChoices(
  choices: readonly JsonObject[],
  left: ReportLeft,
): readonly Source<JsonObject, Message>[] {
  return choices.map((choice, index) => {
    const path = under("choices", index);
    const message = objectIn(choice.message);
    const where = under(path, "message");
    const known = ["role", "content", "refusal", "audio", "tool_calls", "function_call"];
    const usual = isEmpty(message.annotations) ? ["annotations"] : [];
    reportFields(message, where, [...known, ...usual], ["parsed"], left);
    if ((given(message, "role") ?? "assistant") !== "assistant") {
      const reason = "A choice with another role, shown as the assistant's.";
      left({ path: under(where, "role"), kind: "content", reason });
    }
    reportFields(choice, path, ["message", "finish_reason", "index", "logprobs"], [], left);
    reportUnless(
      choice.index === index,
      under(path, "index"),
      "The position is not the usual one.",
      left,
    );
    reportUnless(isEmpty(choice.logprobs), under(path, "logprobs"), "probabilities", left);
    const content = readFields(message, where, new Map(), left).flatMap(({ parts }) => parts);
    const read = createMessage({ role: "assistant", content });
    reportFinish(choice, index, read, path, left);
    return { item: choice, parts: [read], path };
  });
}

/** The first choice's reason is in the `completion` slot; the others' mostly follow from calls. */
function reportFinish(
  choice: JsonObject,
  index: number,
  message: Message,
  path: string,
  left: ReportLeft,
): void {
  const finish = textAt(choice, "finish_reason");
  if (finish === undefined) return;
  const reason = index === 0 ? stopReasonOf(finish) : undefined;
  const isUsual = finishReasonOf(reason, callsIn(message)) === finish;
  reportUnless(isUsual, under(path, "finish_reason"), "No stop reason expresses it.", left);
}

function callsIn({ content }: Message): "none" | "tool_calls" | "function_call" {
  const calls = content.filter(({ content_type }) => content_type === "tool_call");
  const [first] = calls;
  if (first === undefined) return "none";
  const isLegacy = calls.length === 1 && first.content_type === "tool_call";
  return isLegacy && first.content.tool_call_id === "" ? "function_call" : "tool_calls";
}

/**
 * Writes assistant messages as the body of a chat completion, a choice for each.
 *
 * Where something of a choice changed, its probabilities and what was parsed of it go; where a text
 * changed, so do its citations.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a chat completion
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:stale`
 */
export const toChatResponse = withLimits(
  "toChatResponse",
  <Document extends object = JsonObject>(
    messages: readonly Message[],
    options: WriteOptions<Document> = {},
  ): Written<Document> => {
    const lost = collector<Lost>();
    const { onto, extensions = {} } = writeOptions(options, "toChatResponse");
    const old = onto && read(chatResponseSchema, onto, chatResponse);
    const before = objectsIn(old?.choices).map((choice, index) => {
      const path = under("choices", index, "message");
      return withFields(choice, {
        message: messageAsRead(objectIn(choice.message), path, lost.add),
      });
    });
    const left = collector<Left>();
    const sources = readChoices(before, left.add);
    const reporter: LossReporter = {
      lost: lost.add,
      removed: removedReporter(left.list(), lost.add),
    };
    const choices = rewrite<JsonObject, Message>(
      sources,
      givenMessages(messages, "toChatResponse"),
      {
        pair: pairMessages,
        over: (source, [now]) => now && overChoice(source, now, reporter),
        fresh: (placed) => freshChoice(placed, extensions, reporter),
        removed: ({ path }) => reporter.removed(path),
      },
    );
    const numbered = numberedChoices(choices, before);
    const document = old
      ? withFields(old, { choices: numbered })
      : freshResponse(numbered, extensions);
    return Object.freeze({
      document: read<Document>(chatResponseSchema, document, chatResponse),
      lost: lost.list(),
    });
  },
);

function freshResponse(choices: readonly JsonObject[], extensions: ModelExtensions): JsonObject {
  const { completion, llm, provenance } = extensions;
  const { tokens } = completion ?? {};
  const usage = tokens && {
    prompt_tokens: tokens.input_tokens,
    completion_tokens: tokens.output_tokens,
    total_tokens: tokens.total_tokens,
  };
  return compact([
    ["id", provenance?.message_id ?? ""],
    ["object", "chat.completion"],
    ["created", secondsOf(completion?.created_at)],
    ["model", completion?.model ?? llm?.model_id ?? ""],
    ["choices", choices],
    ["usage", usage],
  ]);
}

/**
 * As many choices as before have the numbers of before, in their order. Of fewer or more each keeps
 * its own, and a new one gets one that nobody has.
 */
function numberedChoices(
  choices: readonly JsonObject[],
  before: readonly JsonObject[],
): readonly JsonObject[] {
  if (choices.length === before.length) {
    return choices.map((choice, at) => {
      const index = before[at]?.index;
      return choice.index === index ? choice : withFields({ index: 0, ...choice }, { index });
    });
  }
  const taken = new Set(choices.map(({ index }) => index));
  let free = 0;
  return choices.map((choice) => {
    if (choice.index !== undefined) return choice;
    while (taken.has(free)) free += 1;
    taken.add(free);
    return { index: free, ...choice };
  });
}

function overChoice(
  { item: choice, parts: [before], path: from }: Source<JsonObject, Message>,
  { part: message, index }: Placed<Message>,
  reporter: LossReporter,
): JsonObject {
  const path = pathOf(index);
  const { lost } = reporter;
  reportMessage(message, path, lost);
  const old = objectIn(choice.message);
  const sources = readFields(old, under(from, "message"), new Map(), ignoreLeft);
  const fields = writeFields(old, sources, message.content, path, kinds, reporter);
  // Probabilities are of all that was said, calls included.
  const isSame = isSameJsonText(before?.content, message.content);
  const where = under(path, "content");
  const stale = isSame ? [] : staleKeys(choice, ["logprobs"], where, lost);
  const finish = textAt(choice, "finish_reason");
  const [had, has] = [before ? callsIn(before) : "none", callsIn(message)];
  const isOutdated = had !== has && finish === finishReasonOf(undefined, had);
  return withFields(choice, {
    ...Object.fromEntries(stale.map((key) => [key, null])),
    message: withFields(old, { ...overBeside(old, before, message, path, lost), ...fields }),
    ...(isOutdated && { finish_reason: finishReasonOf(undefined, has) }),
  });
}

function freshChoice(
  { part: message, index }: Placed<Message>,
  { completion }: ModelExtensions,
  reporter: LossReporter,
): readonly JsonObject[] {
  const path = pathOf(index);
  const { lost } = reporter;
  if (message.role !== "assistant") {
    lost({ path, reason: "A response holds only assistant messages." });
    return [];
  }
  reportMessage(message, path, lost);
  const fields = writeFields(undefined, [], message.content, path, kinds, reporter);
  const reason = index === 0 ? completion?.stop_reason : undefined;
  const { content = null, ...others } = fields;
  const entries = Object.entries({ role: "assistant", content, refusal: null });
  return [
    {
      message: compact([...entries, ...Object.entries(others)]),
      logprobs: null,
      finish_reason: finishReasonOf(reason, callsIn(message)),
    },
  ];
}
