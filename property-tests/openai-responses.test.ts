/** Laws of Responses: documents survive a round trip through messages. */
import fc from "fast-check";
import {
  fromResponsesRequest,
  fromResponsesResponse,
  responses as responsesProvider,
  responsesStream,
  toResponsesEvents,
  toResponsesRequest,
  toResponsesResponse,
} from "glassine/openai";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { verifies } from "../test/support/verifies.ts";
import { jsonCopy } from "./support/data.ts";
import { asSentOn } from "./support/openai-chat.ts";
import { type Draw, draws } from "./support/openai-chat-stream.ts";
import { responses, responsesRequests } from "./support/openai-responses.ts";
import { eventsOf } from "./support/openai-responses-stream.ts";
import { casesOf, expectSome } from "./support/runs.ts";

const rich = { rich: true };
const plain = { rich: false };

it("every Responses request is unchanged when written over itself", () => {
  fc.assert(
    fc.property(responsesRequests(rich), (request) => {
      const { messages } = fromResponsesRequest(request);
      const written = toResponsesRequest(messages, { onto: request });
      expect(jsonCopy(written.document)).toEqual(asSentOn(request));
    }),
  );
});

it("every response is unchanged when written over itself", () => {
  fc.assert(
    fc.property(responses(rich), (response) => {
      const { messages } = fromResponsesResponse(response);
      expect(messages).toHaveLength(1);
      const written = toResponsesResponse(messages, { onto: response });
      expect(written.lost).toEqual([]);
      expect(jsonCopy(written.document)).toEqual(asSentOn(response));
    }),
  );
});

const tidy = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each) =>
    key === "arguments" && typeof each === "string" ? JSON.stringify(JSON.parse(each)) : each,
  );

it("a Responses request with nothing left over can be rebuilt from its messages alone", () => {
  let whole = 0;
  fc.assert(
    fc.property(responsesRequests(plain), (request) => {
      const { messages, extensions, left } = fromResponsesRequest(request);
      if (
        left.some(
          ({ reason }) => !/^(The call of this result|A call with another name)/.test(reason),
        )
      )
        return;
      whole += 1;
      expect(tidy(toResponsesRequest(messages, { extensions }).document)).toEqual(tidy(request));
    }),
  );
  expectSome(whole, 50);
});

it("a response with nothing left over can be rebuilt from its message and extensions", () => {
  let whole = 0;
  fc.assert(
    fc.property(responses(plain), (response) => {
      const { messages, extensions, left } = fromResponsesResponse(response);
      if (left.some(({ reason }) => !reason.startsWith("A call with another name"))) return;
      whole += 1;
      const written = toResponsesResponse(messages, { extensions });
      expect(tidy(written.document)).toEqual(tidy(response));
    }),
  );
  expectSome(whole, 50);
});

it("a response streamed and split anywhere has the same message and document", () => {
  fc.assert(
    fc.property(responses(rich), draws, (response, draw) => {
      const stream = responsesStream();
      for (const event of eventsOf(response, draw)) {
        expect(stream.done).toBe(false);
        stream.push(event);
        if (draw(8) > 0) continue;
        expect(stream.current.messages).toHaveLength(1);
      }
      expect(stream.done).toBe(true);
      expect(jsonCopy(stream.current)).toEqual(jsonCopy(fromResponsesResponse(response)));
      expect(jsonCopy(stream.document)).toEqual(jsonCopy(response));
    }),
  );
});

it("the events of a response contain before its end what it contains at the end", () => {
  fc.assert(
    fc.property(responses(rich), draws, (response, draw) => {
      const stream = responsesStream();
      for (const event of eventsOf(response, draw).slice(0, -1)) stream.push(event);
      expect(jsonCopy(stream.current.messages)).toEqual(
        jsonCopy(fromResponsesResponse(response).messages),
      );
    }),
  );
});

it("a final event that differs in messages from the items before it is refused", () => {
  let refused = 0;
  fc.assert(
    fc.property(responses(rich), draws, (response, draw) => {
      const other = { ...response, output: changed(response.output, draw) };
      const shown = [response, other].map((each) => jsonCopy(fromResponsesResponse(each).messages));
      if (JSON.stringify(shown[0]) === JSON.stringify(shown[1])) return;
      refused += 1;
      const stream = responsesStream();
      const events = eventsOf(response, draw);
      for (const event of events.slice(0, -1)) stream.push(event);
      const end = { ...events.at(-1), response: other };
      expect(() => stream.push(end)).toThrow("The stream is not readable");
      expect(stream.done).toBe(false);
      expect(() => stream.push(events.at(-1) as object)).toThrow("The stream is not readable");
    }),
  );
  expectSome(refused, 20);
});

/** A copy in which one string is longer. */
function changed<T>(value: T, draw: Draw): T {
  let count = 0;
  JSON.stringify(value, (_, each) => {
    if (typeof each === "string") count += 1;
    return each;
  });
  let left = count === 0 ? -1 : draw(count);
  return JSON.parse(JSON.stringify(value), (_, each) => {
    if (typeof each !== "string") return each;
    left -= 1;
    return left === -1 ? `${each}!` : each;
  });
}

it("the events of a response combine to that response", () => {
  fc.assert(
    fc.property(responses(rich), (response) => {
      const stream = responsesStream();
      const events = toResponsesEvents(response);
      for (const event of events) stream.push(event);
      expect(stream.done).toBe(true);
      expect(jsonCopy(stream.document)).toEqual(jsonCopy(response));
      expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
    }),
  );
});

describe("the provider", () => {
  /** What a policy has to find, and what could mislead it. */
  const hostile = {
    requests: [
      {
        model: "m",
        instructions: "a",
        input: [
          { role: "constructor", content: "a" },
          {
            role: "user",
            content: [{ type: "input_text", text: "a" }, { type: "items" }],
            at: "b",
          },
          { type: "__proto__", item: "a" },
          {
            type: "function_call_output",
            call_id: "",
            output: [{ type: "input_file", file_id: "f" }],
          },
          {
            type: "mcp_call",
            id: "",
            name: "",
            server_label: "",
            arguments: "{}",
            output: "a",
            error: "b",
          },
          { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "a" }] },
          { role: "assistant", content: "a", phase: "commentary" },
          { role: "assistant", content: "b", phase: "final_answer" },
          {
            type: "code_interpreter_call",
            id: "",
            code: "a",
            outputs: [{ type: "logs", logs: "b" }],
          },
          { id: "a" },
        ],
      },
    ],
    answers: [
      {
        object: "response",
        output_text: "b",
        output: [
          { type: "image_generation_call", id: "i", result: "AA==", item: "a" },
          {
            type: "message",
            role: "user",
            content: [{ type: "output_text", text: "a", annotations: [{ title: "b" }] }],
          },
          { type: "file_search_call", id: "f", queries: ["a"], results: [{ text: "b" }] },
          { type: "function_call", call_id: "f", name: "f", arguments: "[]" },
        ],
      },
    ],
  };
  const isSentOn = (document: object) =>
    JSON.stringify(asSentOn(document)) === JSON.stringify(document);
  const words = ["type", "role", "status", "phase", "object"];
  const laws = adapterLaws(responsesProvider, {
    requests: fc.oneof(
      fc.constantFrom<object>(...hostile.requests),
      responsesRequests(rich).filter(isSentOn),
    ),
    answers: fc.oneof(
      fc.constantFrom<object>(...hostile.answers),
      responses(rich).filter(isSentOn),
    ),
    words,
    pieceIn: (event) => ("delta" in event ? ["delta"] : undefined),
  });
  it.each(casesOf(laws))("%s: %s", async (_id, _text, check) => {
    verifies("openai:onto", "openai:left", "openai:stream-same", "openai:stream-events");
    await check();
  });
});
