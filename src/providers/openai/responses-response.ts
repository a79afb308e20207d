/** Responses: all that was put out is one message of the assistant. */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  collector,
  contentKind,
  givenMessages,
  type Left,
  type Lost,
  pairMessages,
  pathOf,
  type Read,
  type ReportRemoved,
  readerWithLimits,
  removedReporter,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { itemsAsRead } from "./arguments-as-read.ts";
import { reportNested, settingsAt } from "./dialects.ts";
import {
  instantOf,
  type ModelExtensions,
  reportUsage,
  responseExtensions,
  type StopReason,
  secondsOf,
} from "./extensions.ts";
import {
  compact,
  given,
  isSameJsonText,
  type JsonObject,
  numberAt,
  objectsIn,
  textAt,
  withFields,
} from "./json.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { read, responsesResponse } from "./read.ts";
import { itemId, type Reading, type Run, readOutput } from "./read-items.ts";
import { type ReportLeft, under } from "./report-fields.ts";
import { reportNames } from "./report-messages.ts";
import { type Placed, rewrite, type Source } from "./rewrite.ts";
import { responseSettings } from "./settings.ts";
import { itemKind, responsesResponseSchema } from "./shapes.ts";
import { callKinds, kindIn, knownCalls, resultKinds } from "./tool-items.ts";
import { type Writing, writeItems } from "./write-items.ts";

const format = "openai.responses";
const shownCounts = ["input_tokens", "output_tokens", "total_tokens"];

/** The defaults of a response. */
const usualFields: JsonObject = {
  object: "response",
  status: "completed",
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
};

/**
 * Reads a response: one assistant message with all that was put out. Model, usage, time and stop
 * reason are for the `completion` slot.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:responses-response`, `openai:stop-reason`
 */
export const fromResponsesResponse = readerWithLimits(
  "fromResponsesResponse",
  (document: unknown): Read<ModelExtensions> => {
    const left = collector<Left>();
    const response = read(responsesResponseSchema, document, responsesResponse);
    const { parts } = readRun(response, left.add);
    reportResponse(response, "", left.add);
    reportUsage(response, shownCounts, left.add);
    return Object.freeze({
      messages: Object.freeze([...parts]),
      extensions: responseExtensions(response, {
        rawFormat: format,
        stopReason: stopReasonOf(response),
        created: numberAt(response, "created_at"),
      }),
      left: left.list(),
    });
  },
);

function readRun(response: JsonObject, left: ReportLeft): Source<Run, Message> {
  const reading: Reading = { names: new Map(), left, inResponse: true };
  return readOutput(objectsIn(response.output), reading);
}

/** Complete, and nobody has to act: the end. */
function stopReasonOf(response: JsonObject): StopReason | undefined {
  const status = textAt(response, "status");
  if (status === "incomplete") return isTooLong(response) ? "max_tokens" : undefined;
  if (status !== "completed") return undefined;
  const items = objectsIn(response.output);
  const answered = new Set(
    items.flatMap((item) => {
      const kind = kindIn(resultKinds, itemKind(item));
      return kind === undefined ? [] : [textAt(item, kind.id)];
    }),
  );
  const waits = items.some((item) => {
    const kind = kindIn(callKinds, itemKind(item));
    return kind?.waits && !answered.has(textAt(item, kind.id));
  });
  return waits ? "call" : "end";
}

const tooLong: JsonObject = { reason: "max_output_tokens" };

function isTooLong(response: JsonObject): boolean {
  return isSameJsonText(given(response, "incomplete_details"), tooLong);
}

/** The fields of a response that are not shown. What was put out is read by itself. */
export function reportResponse(response: JsonObject, path: string, left: ReportLeft): void {
  const settings = [...responseSettings, ...settingsAt("answer")];
  const nested = reportNested(response, path, left);
  for (const [key, value] of Object.entries(response)) {
    if (nested.includes(key) || isShown(response, key, value)) continue;
    const isSetting = value === null || (settings.includes(key) && key !== "error");
    const reason = isSetting
      ? "A setting, or a copy of the request."
      : "Messages have no such field.";
    left({ path: under(path, key), kind: isSetting ? "setting" : contentKind(key, true), reason });
  }
}

function isShown(response: JsonObject, key: string, value: Json): boolean {
  if (["id", "model", "output", "usage"].includes(key)) return true;
  if (key === "created_at") return secondsOf(instantOf(Number(value))) === value;
  if (key === "output_text") return value === outputText(objectsIn(response.output));
  const isCut = response.status === "incomplete" && isTooLong(response);
  if (isCut && (key === "status" || key === "incomplete_details")) return true;
  return Object.hasOwn(usualFields, key) && isSameJsonText(usualFields[key], value);
}

/** What the SDK adds to a response: all texts in one. */
function outputText(items: readonly JsonObject[]): string {
  const blocks = items.flatMap((item) => (item.type === "message" ? objectsIn(item.content) : []));
  return blocks
    .map((block) => (block.type === "output_text" ? textAt(block, "text") : ""))
    .join("");
}

/**
 * Writes an assistant message as a response.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a response
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:stale`
 */
export const toResponsesResponse = withLimits(
  "toResponsesResponse",
  <Document extends object = JsonObject>(
    messages: readonly Message[],
    options: WriteOptions<Document> = {},
  ): Written<Document> => {
    const lost = collector<Lost>();
    const { onto, extensions = {} } = writeOptions(options, "toResponsesResponse");
    const found = onto && read(responsesResponseSchema, onto, responsesResponse);
    const old = found && itemsAsRead(found, "output", lost.add);
    const answers = givenMessages(messages, "toResponsesResponse");
    const index = answers.findIndex(({ role }) => role === "assistant");
    const now = answers.filter((_, place) => place === index);
    for (const other of answers.keys()) {
      const reason = "A response is one assistant message.";
      if (other !== index) lost.add({ path: pathOf(other), reason });
    }
    reportNames(answers, lost.add);
    let count = old === undefined ? 0 : objectsIn(old.output).length;
    const left = collector<Left>();
    const before = old ? [readRun(old, left.add)] : [];
    if (old) reportResponse(old, "", left.add);
    const writing: Writing = {
      lost: lost.add,
      removed: removedReporter(left.list(), lost.add),
      known: knownCalls(before.flatMap(({ item }) => item.items)),
      inResponse: true,
      begin: (type) => {
        count += 1;
        const id = itemId(count - 1);
        return type === "reasoning" ? { id } : { id, status: "completed" };
      },
    };
    const written = (placed: Placed<Message>, run?: Source<Run, Message>): Run => {
      const items = writeItems(run?.item, run?.parts[0], { ...placed, index }, writing);
      return { items, pieces: [], paths: [] };
    };
    const runs = rewrite<Run, Message>(before, now, {
      pair: pairMessages,
      over: (run, [placed]) => placed && written(placed, run),
      fresh: (placed) => [written(placed)],
      removed: ({ item }) => {
        for (const path of item.paths) writing.removed(path);
      },
    });
    const output = runs.flatMap(({ items }) => items);
    const document = old
      ? overResponse(old, output, writing.removed)
      : freshResponse(output, extensions);
    return Object.freeze({
      document: read<Document>(responsesResponseSchema, document, responsesResponse),
      lost: lost.list(),
    });
  },
);

/** Texts that the SDK repeats elsewhere in a response follow, and what it parsed of them goes. */
function overResponse(
  old: JsonObject,
  output: readonly JsonObject[],
  removed: ReportRemoved,
): JsonObject {
  if (isSameJsonText(old.output, output)) return old;
  for (const key of ["output_text", "output_parsed"]) {
    if (given(old, key) !== undefined) removed(key);
  }
  return withFields(old, {
    output,
    ...(Object.hasOwn(old, "output_text") && { output_text: outputText(output) }),
    output_parsed: undefined,
  });
}

function freshResponse(
  output: readonly JsonObject[],
  { completion, llm, provenance }: ModelExtensions,
): JsonObject {
  const isCut = completion?.stop_reason === "max_tokens";
  return compact([
    ["id", provenance?.message_id ?? ""],
    ["created_at", secondsOf(completion?.created_at)],
    ["model", completion?.model ?? llm?.model_id ?? ""],
    ...Object.entries(usualFields),
    ...(isCut ? [["status", "incomplete"] as const, ["incomplete_details", tooLong] as const] : []),
    ["output", output],
    ["usage", completion?.tokens as JsonObject | undefined],
  ]);
}
