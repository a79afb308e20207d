/** Laws of Chat Completions: documents survive a round trip through messages. */
import fc from "fast-check";
import {
  chatCompletions,
  chatStream,
  fromChatRequest,
  fromChatResponse,
  toChatEvents,
  toChatRequest,
  toChatResponse,
} from "glassine/openai";
import { adapterLaws } from "glassine/testing";
import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../test/support/verifies.ts";
import { jsonCopy } from "./support/data.ts";
import {
  argumentTexts,
  asSentOn,
  chatRequests,
  chatResponses,
  inexact,
} from "./support/openai-chat.ts";
import { chunksOf, draws } from "./support/openai-chat-stream.ts";
import { casesOf, share } from "./support/runs.ts";

const rich = { rich: true };
const plain = { rich: false };
const isFrozen = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isFrozen));

it("every chat request is unchanged when written over itself", () => {
  fc.assert(
    fc.property(chatRequests(rich), (request) => {
      const { messages } = fromChatRequest(request);
      const written = toChatRequest(messages, { onto: request });
      expect(jsonCopy(written.document)).toEqual(asSentOn(request));
      expect(isFrozen(written)).toBe(true);
    }),
  );
});

it("every chat completion is unchanged when written over itself", () => {
  fc.assert(
    fc.property(chatResponses(rich), (response) => {
      const { messages } = fromChatResponse(response);
      const written = toChatResponse(messages, { onto: response });
      expect(written.lost).toEqual([]);
      expect(jsonCopy(written.document)).toEqual(asSentOn(response));
    }),
  );
});

/** The content of a call without its argument text. */
const tidy = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each) =>
    key === "arguments" ? JSON.stringify(JSON.parse(each)) : each,
  );

it("a chat request with nothing left over can be rebuilt from its messages alone", () => {
  fc.assert(
    fc.property(chatRequests(plain), (request) => {
      const { messages, extensions, left } = fromChatRequest(request);
      // If a URL is not in its usual form, that form is reported as left.
      fc.pre(left.every(({ reason }) => reason !== "If rewritten, it would have another form."));
      const unexpected = left.filter(
        ({ reason }) => !/^(No earlier call|An earlier call)/.test(reason),
      );
      expect(unexpected).toEqual([]);
      expect(tidy(toChatRequest(messages, { extensions }).document)).toEqual(tidy(request));
    }),
  );
});

it("a chat completion with nothing left over can be rebuilt from its messages and extensions", () => {
  fc.assert(
    fc.property(chatResponses(plain), (response) => {
      const { messages, extensions, left } = fromChatResponse(response);
      expect(left.filter(({ reason }) => !reason.startsWith("An earlier call"))).toEqual([]);
      expect(tidy(toChatResponse(messages, { extensions }).document)).toEqual(tidy(response));
    }),
  );
});

it("arguments that are a JSON object are shown, and any others are reported", () => {
  fc.assert(
    fc.property(argumentTexts(rich), (text) => {
      const call = { id: "1", type: "function", function: { name: "f", arguments: text } };
      const message = { role: "assistant", content: null, tool_calls: [call] };
      const { messages, left } = fromChatRequest({ model: "m", messages: [message] });
      const [part] = messages[0]?.content ?? [];
      const shown = part?.content_type === "tool_call" ? part.content.arguments : undefined;
      const isWhole = left.every(({ reason }) => !reason.startsWith("The arguments are not"));
      expect(left.some(({ kind }) => kind === "content")).toBe(!isWhole || inexact.includes(text));
      expect(JSON.stringify(shown)).toBe(
        isWhole && text.trim() !== "" ? JSON.stringify(JSON.parse(text)) : "{}",
      );
    }),
  );
});

it("a chat completion streamed and split anywhere has the same messages and document", () => {
  fc.assert(
    fc.property(chatResponses(rich), draws, (response, draw) => {
      const stream = chatStream({ choices: response.choices.length });
      for (const chunk of chunksOf(response, draw)) {
        expect(stream.done && chunk.choices.length > 0).toBe(false);
        stream.push(chunk);
        // The content so far can always be read, even with a lone surrogate.
        if (draw(8) > 0) continue;
        expect(stream.current.messages.length).toBeLessThanOrEqual(response.choices.length);
      }
      expect(stream.done).toBe(true);
      expect(jsonCopy(stream.current)).toEqual(jsonCopy(fromChatResponse(response)));
      expect(jsonCopy(stream.document)).toEqual(jsonCopy(response));
    }),
    share(0.5),
  );
});

it("the chunks of a chat completion combine to that completion", () => {
  fc.assert(
    fc.property(chatResponses(rich), (response) => {
      const stream = chatStream({ choices: response.choices.length });
      for (const chunk of toChatEvents(response)) stream.push(chunk);
      expect(stream.done).toBe(true);
      expect(jsonCopy(stream.document)).toEqual(jsonCopy(response));
    }),
  );
});

describe("the provider", () => {
  /** What a policy has to find, and what could mislead it. */
  const hostile = {
    requests: [
      {
        model: "m",
        messages: [
          { role: "system", content: [{ type: "text", text: "a" }, { type: "tool_calls" }] },
          { role: "constructor", content: "a" },
          { role: "user", content: "a", tool_calls: [{ id: "c", type: "function" }], item: "b" },
          { role: "assistant", content: null, function_call: { name: "", arguments: "{}" } },
          { role: "function", name: "__proto__", content: [{ type: "text", text: "a" }] },
          { role: "tool", tool_call_id: "", content: [{ type: "file", file: { file_id: "f" } }] },
          { role: "assistant", tool_calls: [], audio: { id: "a" }, reasoning: ["a"], field: "c" },
        ],
      },
    ],
    answers: [
      {
        object: "chat.completion",
        choices: [
          {
            index: 1,
            message: {
              role: "assistant",
              content: [{ type: "text", text: "a", annotations: [{ title: "b" }] }],
              reasoning_details: [{ type: "reasoning.text", text: "a", signature: "s", index: 0 }],
              tool_calls: [{ id: "c", type: "__proto__", function: { name: "f" } }],
            },
            finish_reason: "content_filter",
          },
        ],
      },
    ],
  };
  const isSentOn = (document: object) =>
    JSON.stringify(asSentOn(document)) === JSON.stringify(document);
  /** An answer with its fields in the order in which a stream puts them together. */
  const streamed = (answer: { readonly choices: readonly object[] }): object => {
    const stream = chatStream({ choices: answer.choices.length });
    for (const chunk of toChatEvents(answer)) stream.push(chunk);
    return stream.document;
  };
  const single = ["content", "refusal", "reasoning", "reasoning_content"];
  const words = ["type", "role", "finish_reason", "object"];
  const laws = adapterLaws(chatCompletions, {
    requests: fc.oneof(
      fc.constantFrom<object>(...hostile.requests),
      chatRequests(rich).filter(isSentOn),
    ),
    answers: fc.oneof(
      fc.constantFrom<object>(...hostile.answers.map(streamed)),
      chatResponses(rich).filter(isSentOn).map(streamed),
    ),
    words,
    pieceIn(event) {
      const [choice] = (event as OpenAI.ChatCompletionChunk).choices;
      const delta: object = choice?.delta ?? {};
      const [key = "", ...more] = Object.keys(delta);
      // Probabilities come once, and not with each piece.
      if (choice?.logprobs || more.length > 0) return undefined;
      const path = ["choices", "0", "delta", key];
      if (single.includes(key)) return path;
      if (key === "function_call") return [...path, "arguments"];
      return undefined;
    },
  });
  it.each(casesOf(laws))("%s: %s", async (_id, _text, check) => {
    verifies("openai:onto", "openai:left", "openai:stream-same", "openai:stream-events");
    await check();
  });

  it("found: writes many calls of an unknown type in one go", async () => {
    const { requests } = hostile;
    const answers = hostile.answers.map(streamed);
    const growth = adapterLaws(chatCompletions, { requests, answers, words });
    await growth.find(({ id }) => id === "C5")?.check(share(1 / 7));
  });
});
