/** Laws of damaged streams: accepted events can be shown, and others are refused. */
import fc from "fast-check";
import { isGlassineError } from "glassine";
import { contentStream, toStreamParts } from "glassine/ai-sdk";
import { messagesStream } from "glassine/anthropic";
import { chatStream, responsesStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../test/support/verifies.ts";
import { normal, results } from "./support/ai-sdk.ts";
import { responses as anthropicResponses } from "./support/anthropic.ts";
import { cutEvents, cuts } from "./support/anthropic-streams.ts";
import { isObject } from "./support/data.ts";
import { chatResponses } from "./support/openai-chat.ts";
import { chunksOf, cut, type Draw, draws } from "./support/openai-chat-stream.ts";
import { responses as openaiResponses } from "./support/openai-responses.ts";
import { eventsOf } from "./support/openai-responses-stream.ts";
import { expectSome, share } from "./support/runs.ts";

interface Stream {
  push(event: never): void;
  readonly current: unknown;
  readonly document: unknown;
  readonly done: boolean;
}
interface Case {
  readonly name: string;
  readonly make: () => Stream;
  readonly events: fc.Arbitrary<readonly unknown[]>;
}

const rich = { rich: true };
const drawn = <Document>(
  documents: fc.Arbitrary<Document>,
  events: (document: Document, draw: Draw) => readonly unknown[],
) => fc.tuple(documents, draws).map(([document, draw]) => events(document, draw));

const cases: readonly Case[] = [
  { name: "a chat completion", make: chatStream, events: drawn(chatResponses(rich), chunksOf) },
  { name: "a response", make: responsesStream, events: drawn(openaiResponses(rich), eventsOf) },
  {
    name: "a response of Anthropic",
    make: messagesStream,
    events: fc.tuple(anthropicResponses, cuts).map(([response, plan]) => cutEvents(response, plan)),
  },
  {
    name: "a result of the AI SDK",
    make: contentStream,
    events: drawn(results, (result, draw) =>
      toStreamParts(normal(result) as never).flatMap((event) => {
        const { delta } = event as { delta?: string };
        return delta === undefined
          ? [event]
          : cut(delta, draw).map((each) => ({ ...event, delta: each }));
      }),
    ),
  },
];

const values: readonly unknown[] = [
  null,
  undefined,
  true,
  5,
  -1,
  1.5,
  1e300,
  Number.NaN,
  "",
  "x",
  "\ud800",
  "\udc00x",
  [],
  [1],
  {},
  { a: 1 },
];

/** The paths in an event, and a copy with another value at one. */
function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const below = isObject(value) ? Object.entries(value) : [];
  return [path, ...below.flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const inner = changed((value as Record<string, unknown>)[key], rest, to);
  if (Array.isArray(value)) return value.with(Number(key), inner);
  return Object.fromEntries(
    Object.entries(value as object).map(([name, each]) => [name, name === key ? inner : each]),
  );
}

/** The events with one left out, repeated, moved or changed. */
function broken(events: readonly unknown[], draw: Draw): readonly unknown[] {
  if (events.length === 0) return events;
  const at = draw(events.length);
  const event = events[at];
  switch (draw(5)) {
    case 0:
      return events.toSpliced(at, 1);
    case 1:
      return events.toSpliced(at, 0, event);
    case 2:
      return events.toSpliced(at, 1).toSpliced(draw(events.length), 0, event);
    default: {
      const paths = pathsIn(event);
      const path = paths[draw(paths.length)] as readonly string[];
      return events.with(at, changed(event, path, values[draw(values.length)]));
    }
  }
}

describe.each(cases)("$name", ({ make, events }) => {
  it("can be read after each accepted event, and refuses others with a listed code", () => {
    verifies("adapters:stream-shown");
    let refused = 0;
    let taken = 0;
    fc.assert(
      fc.property(events, draws, (list, draw) => {
        const stream = make();
        for (const event of broken(list, draw)) {
          try {
            stream.push(event as never);
          } catch (error) {
            refused += 1;
            expect(isGlassineError(error)).toBe(true);
            expect(["stream_invalid", "stream_limit"]).toContain((error as { code: string }).code);
            expect(stream.done).toBe(false);
            return;
          }
          taken += 1;
          expect(() => [stream.current, stream.document]).not.toThrow();
        }
      }),
      share(1 / 5),
    );
    expectSome(taken);
    expectSome(refused);
  });
});
