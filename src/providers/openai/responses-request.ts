/** Requests of Responses. */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
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
import { itemsAsRead } from "./arguments-as-read.ts";
import { settingsAt } from "./dialects.ts";
import { type ModelExtensions, requestExtensions } from "./extensions.ts";
import { compact, given, type JsonObject, objectsIn, textAt, withFields } from "./json.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { read, responsesRequest } from "./read.ts";
import { type Reading, type Run, readInput } from "./read-items.ts";
import { type ReportLeft, type ReportLost, reportFields } from "./report-fields.ts";
import { reportNames } from "./report-messages.ts";
import { rewrite, type Source } from "./rewrite.ts";
import { reportFormats, requestSettings } from "./settings.ts";
import { responsesRequestSchema } from "./shapes.ts";
import { knownCalls } from "./tool-items.ts";
import { beginPlain, type Writing, writeItems } from "./write-items.ts";

/**
 * Reads the body of a request of Responses: `instructions` as a system message, then `input`.
 * Items of the assistant in a row are one message; each result of a tool is one of role `tool`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:responses-request`, `openai:left`
 * @example
 * ```ts
 * import { fromResponsesRequest } from "glassine/openai";
 *
 * const { messages } = fromResponsesRequest({ instructions: "Be brief", input: "Ahoy" });
 * console.log(messages.map(({ role }) => role)); // [ 'system', 'user' ]
 * ```
 */
export const fromResponsesRequest = readerWithLimits(
  "fromResponsesRequest",
  (document: unknown): Read<ModelExtensions> => {
    const left = collector<Left>();
    const request = read(responsesRequestSchema, document, responsesRequest);
    const runs = readRuns(request, left.add);
    const settings = [...requestSettings, ...settingsAt("request")];
    reportFields(request, "", ["model", "instructions", "input"], settings, left.add);
    reportFormats(request, left.add);
    if (textAt(request, "instructions") !== undefined) {
      const reason = "Shown as a system message.";
      left.add({ path: "instructions", kind: "setting", reason });
    }
    return Object.freeze({
      messages: Object.freeze(runs.flatMap(({ parts }) => parts)),
      extensions: requestExtensions(request),
      left: left.list(),
    });
  },
);

function readRuns(request: JsonObject, left: ReportLeft): readonly Source<Run, Message>[] {
  const reading: Reading = { names: new Map(), left, inResponse: false };
  const instructions = textAt(request, "instructions");
  const input = given(request, "input") ?? [];
  const items = typeof input === "string" ? [textItem("user", input)] : input;
  const runs = readInput(objectsIn(items), reading);
  return [
    ...(instructions === undefined
      ? []
      : readInput([textItem("system", instructions)], reading).map(as("instructions"))),
    ...(typeof input === "string" ? runs.map(as("input")) : runs),
  ];
}

function textItem(role: string, content: string): JsonObject {
  return { type: "message", role, content };
}

const as =
  (form: "instructions" | "input") =>
  ({ item, parts }: Source<Run, Message>): Source<Run, Message> => ({
    // One text: nothing is beside it.
    item: { ...item, form, paths: [] },
    parts,
    path: form,
  });

/**
 * Writes messages as the body of a request of Responses.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not such a request
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:lost`
 */
export const toResponsesRequest = withLimits(
  "toResponsesRequest",
  <Document extends object = JsonObject>(
    messages: readonly Message[],
    options: WriteOptions<Document> = {},
  ): Written<Document> => {
    const lost = collector<Lost>();
    const { onto, extensions } = writeOptions(options, "toResponsesRequest");
    const found = onto && read(responsesRequestSchema, onto, responsesRequest);
    const old = found && itemsAsRead(found, "input", lost.add);
    const now = givenMessages(messages, "toResponsesRequest");
    reportNames(now, lost.add);
    reportNeighbours(now, lost.add);
    const left = collector<Left>();
    const before = old ? readRuns(old, left.add) : [];
    const writing: Writing = {
      lost: lost.add,
      removed: removedReporter(left.list(), lost.add),
      known: knownCalls(before.flatMap(({ item }) => item.items)),
      begin: beginPlain,
      inResponse: false,
    };
    const runs = rewrite<Run, Message>(before, now, {
      pair: pairMessages,
      over: ({ item, parts }, [placed]) =>
        placed && runOf(writeItems(item, parts[0], placed, writing), item.form),
      fresh: (placed) => [runOf(writeItems(undefined, undefined, placed, writing), undefined)],
      removed: ({ item }) => {
        for (const path of item.paths) writing.removed(path);
      },
    });
    const document = old
      ? withFields(old, changesOf(old, runs))
      : compact([
          ["model", extensions?.llm?.model_id],
          ["input", runs.flatMap(({ items }) => items)],
        ]);
    return Object.freeze({
      document: read<Document>(responsesRequestSchema, document, responsesRequest),
      lost: lost.list(),
    });
  },
);

/** A text that stood for itself does so as long as it is one text. */
function runOf(items: readonly JsonObject[], form: Run["form"]): Run {
  const [item] = items;
  const isText = items.length === 1 && typeof item?.content === "string";
  return { items, pieces: [], paths: [], ...(form !== undefined && isText && { form }) };
}

function changesOf(
  old: JsonObject,
  runs: readonly Run[],
): { readonly [key: string]: Json | undefined } {
  // With others before it, it is no longer the first thing that the model reads.
  const [first] = runs;
  const isFirst = first?.form === "instructions";
  const instructions = isFirst ? first.items[0]?.content : undefined;
  const others = isFirst ? runs.slice(1) : runs;
  const [only] = others;
  const isText = others.length === 1 && only?.form === "input";
  const input = isText ? only.items[0]?.content : others.flatMap(({ items }) => items);
  return {
    ...(Object.hasOwn(old, "instructions") && { instructions: instructions ?? null }),
    ...((Object.hasOwn(old, "input") || others.length > 0) && {
      input: others.length === 0 ? emptied(old.input) : input,
    }),
  };
}

/** Null where it was null. */
function emptied(input: Json | undefined): Json {
  return input === null ? null : [];
}

function reportNeighbours(messages: readonly Message[], lost: ReportLost): void {
  for (const [index, { role }] of messages.entries()) {
    if (role === "assistant" && messages[index - 1]?.role === "assistant") {
      lost({ path: pathOf(index), reason: "It reads back as one with the message before it." });
    }
  }
}
