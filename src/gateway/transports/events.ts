/** Reads the server-sent events of a server's answer. */
import {
  type EventLimits,
  eventsFrom,
  type ServerEvent,
} from "../../providers/http/event-reader.ts";
import { RefusalError, tooLarge } from "./transport.ts";

/** Throws a `RefusalError` for an event that is too large. */
export function readEvents(
  body: AsyncIterable<Uint8Array>,
  limits: Omit<EventLimits, "tooLarge">,
): AsyncGenerator<ServerEvent> {
  return eventsFrom(textsOf(body), { ...limits, tooLarge: () => new RefusalError(tooLarge) });
}

async function* textsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
}
