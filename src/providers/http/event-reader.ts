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
    parser.feed(text);
    if (isTooLarge) throw tooLarge();
    return waiting.splice(0);
  };
  /** Whether the text so far ends with a carriage return, which a line feed may follow. */
  let isReturned = false;
  for await (const text of texts) {
    if (text === "") continue;
    const rest = isReturned && text.startsWith("\n") ? text.slice(1) : text;
    isReturned = text.endsWith("\r");
    // The parser would take quadratic time for line feeds before a carriage return.
    yield* feed(rest.replaceAll(/\r\n?/g, "\n"));
  }
}
