/** Documents of every provider, split into pieces that each belong to one message or part. */
import type fc from "fast-check";
import * as aisdk from "glassine/ai-sdk";
import * as anthropic from "glassine/anthropic";
import type * as mcp from "glassine/mcp";
import type { Message } from "glassine/messages";
import * as openai from "glassine/openai";
import { blocks as anthropicBlocks } from "../../src/providers/anthropic/blocks.ts";
import { turns as anthropicTurns } from "../../src/providers/anthropic/tables.ts";
import { sectionsOf } from "../../src/providers/openai/items.ts";
import { compileBlocks } from "../../src/providers/rewrite/block-kinds.ts";
import { silentReading } from "../../src/providers/rewrite/reading.ts";
import { readTurns } from "../../src/providers/rewrite/turns.ts";
import * as ai from "./ai-sdk.ts";
import { requests, responses } from "./anthropic.ts";
import { isObject, type Level } from "./data.ts";
import { kinds } from "./mcp-documents.ts";
import { chatRequests, chatResponses } from "./openai-chat.ts";
import { responses as openaiResponses, responsesRequests } from "./openai-responses.ts";

interface Read {
  readonly messages: readonly Message[];
  readonly left: readonly { readonly path: string }[];
}
interface Written {
  readonly document: object;
  readonly lost: readonly { readonly path: string }[];
}

/** A piece of a document, and the index of the message or part that it belongs to. */
interface Piece {
  readonly of: number;
  readonly json: string;
}

export interface Case {
  readonly name: string;
  readonly holds: "messages" | "one message";
  readonly documents: fc.Arbitrary<object>;
  readonly from: (document: object) => Read;
  readonly over: (messages: readonly Message[], onto: object) => Written;
  readonly pieces: (document: object) => readonly Piece[];
}

const list = (document: object, key: string): readonly Level[] => {
  const value = (document as Level)[key];
  return Array.isArray(value) ? value : [];
};
const textOf = (value: unknown) => JSON.stringify(ai.normal(value));

/** The items of a list, each belonging to a message or part of its own. */
const each = (items: readonly object[]) => items.map((item, of) => ({ of, json: textOf(item) }));

/** The same, but parts with a common `itemId` are one item: changing one changes them all. */
function itemPieces(parts: readonly object[]): readonly Piece[] {
  const ids = parts.map(itemIdsIn);
  let owners = parts.map((_, at) => at);
  for (const [at, own] of ids.entries()) {
    for (let other = 0; other < at; other += 1) {
      if (!own.some((id) => ids[other]?.includes(id))) continue;
      owners = owners.map((owner) => (owner === owners[at] ? (owners[other] ?? owner) : owner));
    }
  }
  return parts.map((part, at) => ({ of: owners[at] ?? at, json: textOf(part) }));
}

function itemIdsIn(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "itemId" ? [inner] : itemIdsIn(inner),
  );
}

const anthropicKinds = compileBlocks(anthropicBlocks);

function turnPieces(document: object): readonly Piece[] {
  const segments = readTurns(anthropicKinds, anthropicTurns, document as never, silentReading());
  return segments.flatMap(({ shown }, of) =>
    shown.blocks.map((block) => ({ of, json: textOf(block) })),
  );
}

function inputPieces(document: object): readonly Piece[] {
  const { input } = document as Level;
  if (!Array.isArray(input)) return [];
  return sectionsOf(input as never).flatMap(({ items }, of) =>
    items.map((each) => ({ of, json: textOf(each) })),
  );
}

function outputPieces(document: object): readonly Piece[] {
  return each(
    list(document, "output").flatMap((item) => {
      const blocks = [...list(item, "content"), ...list(item, "summary")];
      return ["message", "reasoning"].includes(String(item.type)) ? blocks : [item];
    }),
  );
}

const kindOf = (name: string) => {
  const found = kinds.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`No kind "${name}" in ${kinds.map((k) => k.name)}`);
  return found;
};
const ofMcp = (
  name: string,
  pieces: Case["pieces"],
  read: (read: mcp.Read) => readonly Message[] = ({ messages }) => messages,
  write: (messages: readonly Message[], read: mcp.Read) => readonly Message[] = (all) => all,
): Case => {
  const { documents, from, over } = kindOf(name);
  return {
    name,
    holds: name === "the result of resources/read" ? "one message" : "messages",
    documents: documents as fc.Arbitrary<object>,
    pieces,
    from: (document) => {
      const found = from(document);
      return { left: found.left, messages: read(found) };
    },
    over: (messages, onto) => {
      const { document, lost } = over(write(messages, from(onto)), onto);
      return { document, lost: lost.map(({ path }) => ({ path: path.replace(inPrompt, "") })) };
    },
  };
};

const inPrompt = /^\[0\]\.content\[0\]\.content\.messages/;

/** The messages in a prompt's result, which its only part holds. */
function insidePrompt({ messages }: mcp.Read): readonly Message[] {
  const [part] = messages[0]?.content ?? [];
  return part?.content_type === "prompt_result" ? part.content.messages : [];
}

function withInside(messages: readonly Message[], { messages: [whole] }: mcp.Read) {
  const [part] = whole?.content ?? [];
  if (part?.content_type !== "prompt_result") return [];
  return [{ ...whole, content: [{ ...part, content: { ...part.content, messages } }] } as Message];
}

const rich = { rich: true };

export const cases: readonly Case[] = [
  {
    name: "a chat request",
    holds: "messages",
    documents: chatRequests(rich),
    from: openai.fromChatRequest,
    over: (messages, onto) => openai.toChatRequest(messages, { onto }),
    pieces: (document) => each(list(document, "messages")),
  },
  {
    name: "a chat completion",
    holds: "messages",
    documents: chatResponses(rich),
    from: openai.fromChatResponse,
    over: (messages, onto) => openai.toChatResponse(messages, { onto }),
    // Without its `index`, which is its position.
    pieces: (document) => each(list(document, "choices").map(({ index: _, ...choice }) => choice)),
  },
  {
    name: "a request of Responses",
    holds: "messages",
    documents: responsesRequests(rich),
    from: openai.fromResponsesRequest,
    over: (messages, onto) => openai.toResponsesRequest(messages, { onto }),
    pieces: inputPieces,
  },
  {
    name: "a response",
    holds: "one message",
    documents: openaiResponses(rich),
    from: openai.fromResponsesResponse,
    over: (messages, onto) => openai.toResponsesResponse(messages, { onto }),
    pieces: outputPieces,
  },
  {
    name: "a request of Anthropic",
    holds: "messages",
    documents: requests,
    from: anthropic.fromMessagesRequest,
    over: (messages, onto) => anthropic.toMessagesRequest(messages, { onto }),
    pieces: turnPieces,
  },
  {
    name: "a response of Anthropic",
    holds: "one message",
    documents: responses,
    from: anthropic.fromMessagesResponse,
    over: (messages, onto) => anthropic.toMessagesResponse(messages, { onto }),
    pieces: (document) => each(list(document, "content")),
  },
  {
    name: "a prompt of the AI SDK",
    holds: "messages",
    documents: ai.prompts as fc.Arbitrary<object>,
    from: (document) => aisdk.fromPrompt(document as aisdk.PromptLike),
    over: (messages, onto) => aisdk.toPrompt(messages, { onto: onto as aisdk.PromptLike }),
    pieces: (document) => itemPieces(document as readonly object[]),
  },
  {
    name: "messages of the AI SDK",
    holds: "messages",
    documents: ai.modelMessages as fc.Arbitrary<object>,
    from: (document) => aisdk.fromModelMessages(document as aisdk.PromptLike),
    over: (messages, onto) => aisdk.toModelMessages(messages, { onto: onto as aisdk.PromptLike }),
    pieces: (document) => itemPieces(document as readonly object[]),
  },
  {
    name: "a result of the AI SDK",
    holds: "one message",
    documents: ai.results as fc.Arbitrary<object>,
    from: (document) => aisdk.fromContent(document as aisdk.ResultLike),
    over: (messages, onto) => aisdk.toContent(messages, { onto: onto as aisdk.ResultLike }),
    pieces: (document) => itemPieces(list(document, "content")),
  },
  ofMcp(
    "the result of prompts/get",
    (document) => each(list(document, "messages")),
    insidePrompt,
    withInside,
  ),
  ofMcp("the params of sampling/createMessage", (document) => each(list(document, "messages"))),
  ofMcp("the result of resources/read", (document) => each(list(document, "contents"))),
];

function isPlain(value: unknown): value is object {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Replaces each string at or below a path in `left` with a mark; `marks` has the path of each. */
export function markLeft(
  document: object,
  left: Read["left"],
  pathOf: (...keys: readonly (string | number)[]) => string,
): { readonly marked: object; readonly marks: ReadonlyMap<string, string> } {
  const paths = new Set(left.map(({ path }) => path));
  const marks = new Map<string, string>();
  const copy = (value: unknown, keys: readonly (string | number)[], isLeft: boolean): unknown => {
    const here = isLeft || (keys.length > 0 && paths.has(pathOf(...keys)));
    if (typeof value === "string" && here && keys.at(-1) !== "type") {
      const mark = `§${marks.size}§`;
      marks.set(mark, pathOf(...keys));
      return mark;
    }
    if (Array.isArray(value)) return value.map((item, i) => copy(item, [...keys, i], here));
    if (!isPlain(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, copy(item, [...keys, key], here)]),
    );
  };
  return { marked: copy(document, [], false) as object, marks };
}
