/** Requests of Embeddings. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import { createMessage, type Message } from "../../core/messages/index.ts";
import {
  type Collector,
  collector,
  givenMessages,
  type Left,
  type Lost,
  pairMessages,
  pathOf,
  type Read,
  readerWithLimits,
  removedReporter,
  reportForm,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { settingsAt } from "./dialects.ts";
import { type ModelExtensions, requestExtensions } from "./extensions.ts";
import { compact, type JsonObject, withFields } from "./json.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { read } from "./read.ts";
import { type ReportLeft, reportFields, under } from "./report-fields.ts";
import { type Placed, rewrite, type Source } from "./rewrite.ts";

const format = {
  what: "embeddings request",
  field: "input",
  functions: "fromEmbeddingsRequest and toEmbeddingsRequest",
};
const schema = z.looseObject({
  model: z.nullish(z.string()),
  input: z.union([z.string(), z.array(z.unknown())]),
});
const settings = ["dimensions", "encoding_format", "user", ...settingsAt("request")];

/**
 * Reads the body of an embeddings request: a user message for each text of its `input`, and the model
 * for the `llm` slot. Tokens, which nobody can read, and inputs of other forms are `content` in `left`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:embeddings-request`
 * @example
 * ```ts
 * import { fromEmbeddingsRequest } from "glassine/openai";
 *
 * const { messages, left } = fromEmbeddingsRequest({
 *   model: "text-embedding-3-small",
 *   input: ["Ahoy", [9906, 1917]],
 * });
 * console.log(messages.length, left[0]?.path); // 1 input[1]
 * ```
 */
export const fromEmbeddingsRequest = readerWithLimits(
  "fromEmbeddingsRequest",
  (document: unknown): Read<ModelExtensions> => {
    const left = collector<Left>();
    const request = read(schema, document, format);
    const sources = readInputs(request.input, left.add);
    reportFields(request, "", ["model", "input"], settings, left.add);
    return Object.freeze({
      messages: Object.freeze(sources.flatMap(({ parts }) => parts)),
      extensions: requestExtensions(request),
      left: left.list(),
    });
  },
);

/**
 * Writes messages as the body of an embeddings request, an input for each: the text of its only part.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not an embeddings request
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:embeddings-written`
 */
export const toEmbeddingsRequest = withLimits(
  "toEmbeddingsRequest",
  <Document extends object = JsonObject>(
    messages: readonly Message[],
    options: WriteOptions<Document> = {},
  ): Written<Document> => {
    const lost = collector<Lost>();
    const { onto, extensions } = writeOptions(options, "toEmbeddingsRequest");
    const given = givenMessages(messages, "toEmbeddingsRequest");
    const old = onto && read(schema, onto, format);
    const left = collector<Left>();
    const sources = old === undefined ? [] : readInputs(old.input, left.add);
    const removed = removedReporter(left.list(), lost.add);
    const items = rewrite<Json, Message>(sources, given, {
      pair: pairMessages,
      over: (_, [now]) => now && textOf(now, lost),
      fresh: (placed) => [textOf(placed, lost)].filter((text) => text !== undefined),
      removed: ({ path }) => removed(path),
    });
    const isSingle = old === undefined || inputsIn(old.input).isSingle;
    const input = isSingle && items.length === 1 ? (items[0] as Json) : items;
    const document = old
      ? withFields(old, { input })
      : compact([
          ["model", extensions?.llm?.model_id],
          ["input", input],
        ]);
    return Object.freeze({
      document: read<Document>(schema, document, format),
      lost: lost.list(),
    });
  },
);

/** The inputs: a text alone, tokens alone, or a list of either. */
function inputsIn(input: Json | undefined): { list: readonly Json[]; isSingle: boolean } {
  const isSingle = !Array.isArray(input) || (input.length > 0 && isTokens(input));
  return isSingle ? { list: [input ?? ""], isSingle } : { list: input, isSingle };
}

function isTokens(value: Json): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

function readInputs(input: Json | undefined, left: ReportLeft): readonly Source<Json, Message>[] {
  const { list, isSingle } = inputsIn(input);
  return list.map((item, index) => {
    const path = isSingle ? "input" : under("input", index);
    if (typeof item === "string") {
      const content = [{ content_type: "text" as const, text: item }];
      return { item, parts: [createMessage({ role: "user", content })], path };
    }
    const reason = isTokens(item) ? "Tokens, which nobody can read." : "An input of another form.";
    left({ path, kind: "content", reason });
    return { item, parts: [], path };
  });
}

/** The text of a message, which is all that an input holds. */
function textOf(
  { part: message, index }: Placed<Message>,
  lost: Collector<Lost>,
): string | undefined {
  const path = pathOf(index);
  reportForm(message, index, lost);
  if (message.role !== "user")
    lost.add({ path: under(path, "role"), reason: "An input has no role." });
  const texts = message.content.flatMap((part, at) => {
    if (part.content_type === "text") return [part.text];
    lost.add({ path: under(path, "content", at), reason: "An input is a text." });
    return [];
  });
  if (texts.length === 1) return texts[0];
  const reason = texts.length === 0 ? "It has no text." : "An input is one text; they were joined.";
  lost.add({ path: under(path, "content"), reason });
  return texts.length === 0 ? undefined : texts.join("\n");
}
