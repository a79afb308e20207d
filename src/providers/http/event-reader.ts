/** Reads server-sent events, no larger than allowed. */
import { createParser } from "eventsource-parser";

export interface ServerEvent {
  readonly id?: string | undefined;
  /** The event's name, which is absent for a message. */
  readonly event?: string | undefined;
  readonly data: string;
  /** When to reconnect, in milliseconds, if the server says so. */
  readonly retry: number | undefined;
}

export interface EventLimits {
  /** How long one event may be. */
  readonly maxUnits: number;
  /** Makes the error to throw for a longer one. */
  readonly tooLarge: () => Error;
  /** Called when the server says how long to wait before reconnecting, in milliseconds. */
  readonly onRetry?: (milliseconds: number) => void;
}

/**
 * Yields the events of a text, each as soon as it is complete. An incomplete event at the end is
 * dropped, as the format demands.
 */
export async function* eventsFrom(
  texts: AsyncIterable<string>,
  { maxUnits, tooLarge, onRetry }: EventLimits,
): AsyncGenerator<ServerEvent> {
  const waiting: ServerEvent[] = [];
  let isTooLarge = false;
  let retry: number | undefined;
  const parser = createParser({
    maxBufferSize: maxUnits,
    onEvent(event) {
      if (event.data.length > maxUnits) isTooLarge = true;
      waiting.push({ ...event, retry });
      retry = undefined;
    },
    onRetry(milliseconds) {
      retry = milliseconds;
      onRetry?.(milliseconds);
    },
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") isTooLarge = true;
    },
  });
  const feed = (text: string): readonly ServerEvent[] => {
    if (text !== "") parser.feed(text);
    if (isTooLarge) throw tooLarge();
    return waiting.splice(0);
  };
  let last = "";
  for await (const text of texts) {
    last = text.at(-1) ?? last;
    yield* feed(text);
  }
  // The parser waits to see whether a line feed follows a carriage return.
  if (last === "\r") yield* feed("\n");
}
