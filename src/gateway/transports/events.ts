/** Reads the server-sent events of a server's answer. */
import {
  type EventLimits,
  eventsFrom,
  type ServerEvent,
} from "../../providers/http/event-reader.ts";
import { type ByteBudget, freeBytes, type Reservation } from "./byte-budget.ts";
import { messagesInEvent } from "./caller-messages.ts";
import { type Handed, RefusalError, tooLarge } from "./transport.ts";

/** An event, its messages, and a list for what becomes of them. */
export interface ReadEvent {
  readonly event: ServerEvent;
  readonly messages: readonly unknown[];
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
  /** How much has come since the last event, and the room for the rest of a long one. */
  let begun = 0;
  let reserved: Reservation | undefined;

  /** Nothing of the next event has come. */
  function end(): void {
    begun = 0;
    reserved?.release();
    reserved = undefined;
  }

  async function* texts(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let isLineBegun = false;
    for await (const part of body) {
      const text = decoder.decode(part, { stream: true });
      // Comments keep an idle stream open.
      if (isLineBegun || !hasOnlyComments(text)) begun += text.length;
      isLineBegun = !/[\r\n]$/.test(text);
      yield text;
      if (endsEvent(text)) end();
      else if (begun > freeBytes) reserved ??= await budget.reserve(limits.maxUnits);
    }
  }

  try {
    const all = { ...limits, tooLarge: () => new RefusalError(tooLarge) };
    for await (const event of eventsFrom(texts(), all)) {
      const { length } = event.data;
      const own = reserved ?? (await budget.reserve(length));
      reserved = undefined;
      begun = 0;
      own.shrinkTo(length);
      const handed: Handed[] = [];
      try {
        yield { event, messages: messagesInEvent(event), handed };
      } finally {
        own.releaseAfter(handed);
      }
    }
  } finally {
    end();
  }
}

/** Whether lines that begin here are comments or empty. */
function hasOnlyComments(text: string): boolean {
  return !/^[^:\r\n]/m.test(text);
}

function endsEvent(text: string): boolean {
  return ["\n\n", "\r\r", "\r\n\r\n"].some((end) => text.endsWith(end));
}
