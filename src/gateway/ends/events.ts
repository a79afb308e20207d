/** Server-sent events in, no larger than a host allows. */
import { createParser, type EventSourceMessage } from "eventsource-parser";

export interface ServerEvent extends EventSourceMessage {
  /** When to connect again, in milliseconds, if it says so. */
  readonly retry: number | undefined;
}

export interface EventLimits {
  /** The bytes of one event. */
  readonly maxBytes: number;
  /** What is thrown for a larger one. */
  readonly tooLarge: () => Error;
}

/**
 * The events of a body, each as soon as it is whole. An event that the body ends in the middle of is
 * dropped, as the format demands.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, tooLarge }: EventLimits,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let isTooLarge = false;
  let waiting: ServerEvent[] = [];
  let retry: number | undefined;
  const parser = createParser({
    maxBufferSize: maxBytes,
    onEvent(event) {
      if (event.data.length > maxBytes) isTooLarge = true;
      waiting.push({ ...event, retry });
      retry = undefined;
    },
    onRetry(milliseconds) {
      retry = milliseconds;
    },
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") isTooLarge = true;
    },
  });
  const feed = (text: string): readonly ServerEvent[] => {
    if (text !== "") parser.feed(text);
    if (isTooLarge) throw tooLarge();
    const ready = waiting;
    waiting = [];
    return ready;
  };
  let last = "";
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    last = text.at(-1) ?? last;
    yield* feed(text);
  }
  // The parser waits whether a line feed follows a carriage return.
  if (last === "\r") yield* feed("\n");
}
