/** Reads the server-sent events of a server's answer. */
import {
  type EventLimits,
  eventsFrom,
  type ServerEvent,
} from "../../providers/http/event-reader.ts";

export function readEvents(
  body: AsyncIterable<Uint8Array>,
  limits: EventLimits,
): AsyncGenerator<ServerEvent> {
  return eventsFrom(textsOf(body), limits);
}

async function* textsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
}
