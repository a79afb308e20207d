/** Reads and writes the server-sent events of model providers. */
import { createParser } from "eventsource-parser";
import { Refused, refusalOf } from "../model/index.ts";
import type { ModelProvider } from "../rewrite/index.ts";
import { chunksOf, decoded, jsonIn } from "./read-text.ts";

/** How much of a streamed answer is read. */
interface EventLimits {
  readonly answerBytes: number;
  readonly eventUnits: number;
}

/**
 * Yields the events of a body, parsed from JSON. If the body ends in the middle of an event, that
 * event is dropped, as the format demands, and the accumulator finds that the answer has no end.
 * Throws `Refused` for anything but an event.
 */
export async function* eventsIn(
  body: ReadableStream<Uint8Array> | null,
  { lastData }: ModelProvider,
  { answerBytes, eventUnits }: EventLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const waiting: string[] = [];
  let isOver = false;
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: eventUnits,
    onEvent: ({ data }) => {
      if (data.length > eventUnits) isTooLarge = true;
      waiting.push(data);
    },
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") isTooLarge = true;
    },
  });
  const feed = function* (text: string) {
    if (text !== "") parser.feed(text);
    if (isTooLarge) throw new Refused(refusalOf("answer_too_large"));
    for (const data of waiting.splice(0)) {
      if (isOver) throw new Refused(refusalOf("answer_invalid"));
      if (data === lastData) isOver = true;
      else yield jsonIn(data, "answer_invalid");
    }
  };
  let last = "";
  for await (const chunk of chunksOf(body, answerBytes, "answer_too_large", signal)) {
    const text = decoded("answer_invalid", () => decoder.decode(chunk, { stream: true }));
    last = text.at(-1) ?? last;
    yield* feed(text);
  }
  decoded("answer_invalid", () => decoder.decode());
  // After a carriage return, the parser waits to see whether a line feed follows.
  if (last === "\r") yield* feed("\n");
}

/** An event as text. */
export function eventText(event: object, { namesEvents }: ModelProvider): string {
  const { type } = event as { readonly type?: unknown };
  const name = namesEvents && typeof type === "string" && /^[\w.]+$/.test(type) ? type : undefined;
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(event)}\n\n`;
}

/** A comment, which clients ignore. */
export const keepAliveText = ": keep-alive\n\n";

/** What follows the last event. */
export function endText({ lastData }: ModelProvider): string {
  return lastData === undefined ? "" : `data: ${lastData}\n\n`;
}
