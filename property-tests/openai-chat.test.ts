/** Laws of Chat Completions: documents survive a round trip through messages. */
import fc from "fast-check";
import {
  chatStream,
  fromChatRequest,
  fromChatResponse,
  toChatEvents,
  toChatRequest,
  toChatResponse,
} from "glassine/openai";
import { expect, it } from "vitest";
import { jsonCopy } from "./support/data.ts";
import {
  argumentTexts,
  asSentOn,
  chatRequests,
  chatResponses,
  inexact,
} from "./support/openai-chat.ts";
import { chunksOf, draws } from "./support/openai-chat-stream.ts";

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
      const unexpected = left.filter(
        ({ reason }) => !/^(The call of this result|A call with another name)/.test(reason),
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
      expect(left.filter(({ reason }) => !reason.startsWith("A call with another name"))).toEqual(
        [],
      );
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
