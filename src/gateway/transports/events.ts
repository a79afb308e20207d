/** Reads the server-sent events of a server's answer. */
import {
  type EventLimits,
  eventsFrom,
  type ServerEvent,
} from "../../providers/http/event-reader.ts";
import { type ByteBudget, freeBytes, type Reservation } from "./byte-budget.ts";
import { type Handed, RefusalError, tooLarge } from "./transport.ts";

/** An event, and a list for what becomes of its messages. */
export interface ReadEvent {
  readonly event: ServerEvent;
  readonly handed: Handed[];
}

/**
 * Yields each event. It takes up part of the budget until the next one is asked for, and everything
 * in `handed` has settled. Throws a `RefusalError` for an event that is too large.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  { budget, ...limits }: Omit<EventLimits, "tooLarge"> & { readonly budget: ByteBudget },
): AsyncGenerator<ReadEvent> {
  /** How many bytes have come since the last event, and the room for the rest of a long one. */
  let begun = 0;
  let reserved: Reservation | undefined;

  /** Nothing of the next event has come. */
  function end(): void {
    begun = 0;
    reserved?.release();
    reserved = undefined;
  }

  async function* parts(): AsyncGenerator<Uint8Array> {
    for await (const part of body) {
      // Comments keep an idle stream open.
      if (!isComments(part)) begun += part.byteLength;
      yield part;
      if (endsEvent(part)) end();
      else if (begun > freeBytes) reserved ??= await budget.reserve(limits.maxUnits);
    }
  }

  try {
    const all = { ...limits, tooLarge: () => new RefusalError(tooLarge) };
    for await (const event of eventsFrom(textsOf(parts()), all)) {
      const { length } = event.data;
      const own = reserved ?? (await budget.reserve(length));
      reserved = undefined;
      begun = 0;
      own.shrinkTo(length);
      const handed: Handed[] = [];
      try {
        yield { event, handed };
      } finally {
        own.releaseAfter(handed);
      }
    }
  } finally {
    end();
  }
}

async function* textsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
}

/** Whether a part of a stream has comments and empty lines alone. */
function isComments(part: Uint8Array): boolean {
  const isPossible = part[0] === 0x3a || part[0] === 0x0a || part[0] === 0x0d;
  return (
    isPossible && /^(?:(?::[^\r\n]*)?(?:\r\n?|\n))*$/.test(Buffer.from(part).toString("latin1"))
  );
}

/** Whether a part of a stream ends with an empty line. */
function endsEvent(part: Uint8Array): boolean {
  return /(?:\n\n|\r\r|\r\n\r\n)$/.test(Buffer.from(part.subarray(-4)).toString("latin1"));
}
