/** Reads and writes the server-sent events of model providers. */
import { Refused, refusalOf } from "../model/index.ts";
import type { ModelProvider } from "../rewrite/index.ts";
import { eventsFrom } from "./event-reader.ts";
import type { HttpLimits } from "./limits.ts";
import { jsonIn, textsOf } from "./read-text.ts";

/** Ends streams of Responses, too, from servers other than OpenAI: openresponses.org/specification. */
const done = "[DONE]";

/**
 * Yields the events of a body, parsed from JSON. If the body ends in the middle of an event, that
 * event is dropped, as the format demands, and the accumulator finds that the answer has no end.
 * Throws `Refused` for anything but an event.
 */
export async function* eventsIn(
  body: ReadableStream<Uint8Array> | null,
  { lastData = done }: ModelProvider,
  { answerBytes, eventUnits }: HttpLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const texts = textsOf(body, answerBytes, "answer", signal);
  const tooLarge = () => new Refused(refusalOf("answer_too_large"));
  let isOver = false;
  for await (const { data } of eventsFrom(texts, { maxUnits: eventUnits, tooLarge })) {
    // Some servers write spaces after it, or write it twice.
    if (data.trim() === lastData) isOver = true;
    else if (isOver) throw new Refused(refusalOf("answer_invalid"));
    else yield jsonIn(data, "answer");
  }
}

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
