/** Converts the texts of embeddings requests to messages, and back. An answer is only numbers. */

import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import { kindOf } from "../../core/data/index.ts";
import { GlassineError, type Problem } from "../../core/errors/index.ts";
import {
  type AnswersTable,
  defineProvider,
  type ModelFacts,
  type Path,
  pathOf,
  type Reading,
  sameList,
  streamFault,
  type TableProvider,
  type TurnTable,
} from "../rewrite/index.ts";
import { plain, roles } from "./blocks.ts";
import { settingsAt } from "./dialects.ts";
import { denied } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { formats, reader } from "./read.ts";

const schema = z.looseObject({
  model: z.nullish(z.string()),
  input: z.union([z.string(), z.array(z.unknown())]),
});

/** Whether the input is a single text or its tokens, not a list of inputs. */
function isAlone({ input }: JsonObject): boolean {
  return !Array.isArray(input) || (input.length > 0 && areNumbers(input));
}

function areNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

function inputsOf(request: JsonObject): readonly Json[] {
  const { input = "" } = request;
  return Array.isArray(input) && !isAlone(request) ? input : [input];
}

const pathIn = ({ at }: JsonObject): Path => (typeof at === "number" ? ["input", at] : ["input"]);

/** Each input that is a text is a message. */
const inputs: TurnTable = {
  turns: "input",
  place: "input",
  roles,
  sections: {
    read(request) {
      const isOnly = isAlone(request);
      return inputsOf(request).map((item, at) => (isOnly ? { item } : { item, at }));
    },
    pathsOf: (input) => [pathIn(input)],
    write(sections, old) {
      const items = sections.map(({ item = "" }) => item);
      const list = sameList(old === undefined ? [] : inputsOf(old), items);
      const [first, ...others] = list;
      const isOne = others.length === 0 && (old === undefined || isAlone(old));
      return { input: isOne && first !== undefined ? first : list };
    },
  },
  content: {
    roleOf: ({ item }) => (typeof item === "string" ? "user" : undefined),
    blocksOf: (input) =>
      typeof input.item === "string"
        ? [{ block: { field: "text", item: input.item }, path: pathIn(input) }]
        : [],
    report(input, _at, { left }) {
      const { item } = input;
      if (typeof item === "string") return;
      const reason = areNumbers(item)
        ? "A list of tokens, which plugins cannot read."
        : "An input that is neither text nor tokens.";
      left.add({ path: pathOf(...pathIn(input)), kind: "content", reason });
    },
    write: (blocks) =>
      blocks.length === 0 ? [] : [{ item: blocks.map(({ item }) => item).join("\n") }],
  },
};

const known = ["object", "data", "model", "usage"];
const knownOfItem = ["object", "index", "embedding"];

/** Reports whatever is not part of a vector. */
function reportAnswer(answer: JsonObject, { left }: Reading): readonly string[] {
  const report = (...path: Path) =>
    left.add({ path: pathOf(...path), kind: "content", reason: "Not part of a vector." });
  for (const key of Object.keys(answer)) if (!known.includes(key)) report(key);
  for (const [name, count] of Object.entries(isJsonObject(answer.usage) ? answer.usage : {})) {
    if (typeof count !== "number") report("usage", name);
  }
  for (const [at, item] of (Array.isArray(answer.data) ? answer.data : []).entries()) {
    if (!isJsonObject(item) || !isVector(item.embedding)) report("data", at);
    else
      for (const key of Object.keys(item)) if (!knownOfItem.includes(key)) report("data", at, key);
  }
  return Object.keys(answer);
}

/** Whether a value is a list of numbers, or base64 of them. */
function isVector(value: unknown): boolean {
  return typeof value === "string" ? /^[A-Za-z0-9+/]*={0,2}$/.test(value) : areNumbers(value);
}

/** Checks an answer without copying its vectors: there may be millions of numbers. */
function checkAnswer(document: unknown): JsonObject {
  if (isJsonObject(document) && Array.isArray(document.data)) return document;
  const code = "document_invalid";
  const text = "The embeddings answer is not readable. It has no array data.";
  const received = kindOf(isJsonObject(document) ? document.data : document);
  const problem: Problem = { path: ["data"], code, expected: "an array", received };
  throw new GlassineError(code, text, { problems: [problem] });
}

/** An answer has no messages, and none are written. */
const answers: AnswersTable = {
  choices: {
    turns: "data",
    roles: {},
    sections: { read: () => [], pathsOf: () => [], write: () => ({}) },
    content: { roleOf: () => undefined, blocksOf: () => [], report: () => {}, write: () => [] },
  },
  freshAnswer: () => ({ object: "list", data: [] }),
};

/** An answer sets no slots. */
type EmbeddingsTables = TableProvider<
  "openai",
  JsonObject,
  JsonObject,
  JsonObject,
  ModelFacts<"openai">,
  object
>;

/** Embeddings, for `guardFetch`. */
export const embeddings: EmbeddingsTables = /* @__PURE__ */ defineProvider({
  vendor: "openai",
  guard: { name: "openai.embeddings", requests: ["POST /embeddings"], denied },
  calls: {
    readRequest: "fromEmbeddingsRequest",
    writeRequest: "toEmbeddingsRequest",
    readAnswer: "readAnswer",
    writeAnswer: "writeAnswer",
    stream: "stream",
    toEvents: "toEvents",
  },
  blocks: {
    kinds: { plain },
    places: { input: { name: "input", writes: ["plain"] } },
  },
  request: {
    ...inputs,
    check: reader(schema, formats.embeddingsRequest),
    settings: ["dimensions", "encoding_format", "user", ...settingsAt("request")],
    model: "model",
  },
  answer: {
    ...answers,
    check: checkAnswer,
    settings: [],
    report: reportAnswer,
  },
  stream() {
    throw streamFault("event", "no event, because embeddings are not streamed");
  },
  events: () => Object.freeze([]),
});

/**
 * Reads the body of an embeddings request: a user message for each text of its `input`, and the
 * model for the `llm` slot. Lists of tokens, which plugins cannot read, and inputs of other forms
 * are `content` in `left`.
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
export const fromEmbeddingsRequest = embeddings.readRequest;

/**
 * Writes messages as the body of an embeddings request, an input for each: its text, or its texts
 * joined by a line feed.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not an embeddings request
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:embeddings-written`
 */
export const toEmbeddingsRequest = embeddings.writeRequest;
