/** Laws of Responses: what goes into messages comes out of them again. */
import fc from "fast-check";
import {
  fromResponsesRequest,
  fromResponsesResponse,
  responsesStream,
  toResponsesEvents,
  toResponsesRequest,
  toResponsesResponse,
} from "glassine/openai";
import { expect, it } from "vitest";
import { jsonCopy } from "./support/data.ts";
import { draws } from "./support/openai-chat-stream.ts";
import { responses, responsesRequests } from "./support/openai-responses.ts";
import { eventsOf } from "./support/openai-responses-stream.ts";

const rich = { rich: true };
const plain = { rich: false };

it("onto the document it came from, every request of Responses comes back as it was", () => {
  fc.assert(
    fc.property(responsesRequests(rich), (request) => {
      const { messages } = fromResponsesRequest(request);
      const written = toResponsesRequest(messages, { onto: request });
      expect(jsonCopy(written.document)).toEqual(jsonCopy(request));
    }),
  );
});

it("onto the document it came from, every response comes back as it was", () => {
  fc.assert(
    fc.property(responses(rich), (response) => {
      const { messages } = fromResponsesResponse(response);
      expect(messages).toHaveLength(1);
      const written = toResponsesResponse(messages, { onto: response });
      expect(written.lost).toEqual([]);
      expect(jsonCopy(written.document)).toEqual(jsonCopy(response));
    }),
  );
});

const tidy = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each) =>
    key === "arguments" && typeof each === "string" ? JSON.stringify(JSON.parse(each)) : each,
  );

it("a request of Responses of which nothing is left comes back from its messages alone", () => {
  let whole = 0;
  fc.assert(
    fc.property(responsesRequests(plain), (request) => {
      const { messages, extensions, left } = fromResponsesRequest(request);
      if (left.some(({ reason }) => !reason.startsWith("a result whose call"))) return;
      whole += 1;
      expect(tidy(toResponsesRequest(messages, { extensions }).document)).toEqual(tidy(request));
    }),
  );
  expect(whole).toBeGreaterThan(50);
});

it("a response of which nothing is left comes back from its message and extensions", () => {
  let whole = 0;
  fc.assert(
    fc.property(responses(plain), (response) => {
      const { messages, extensions, left } = fromResponsesResponse(response);
      if (left.length > 0) return;
      whole += 1;
      const written = toResponsesResponse(messages, { extensions });
      expect(tidy(written.document)).toEqual(tidy(response));
    }),
  );
  expect(whole).toBeGreaterThan(50);
});

it("streamed, and cut anywhere, a response gives the same message and document", () => {
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

it("the pieces of a response say before its end what it says in the end", () => {
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

it("the events of a response, put together again, are that response", () => {
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
