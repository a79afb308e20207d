/** A server's stream of events over several responses, each of which goes on after the last event. */
import type { Readable } from "node:stream";
import type { ByteBudget, Reservation } from "./byte-budget.ts";
import { messagesInEvent } from "./caller-messages.ts";
import { readEvents } from "./events.ts";
import type { Handed } from "./transport.ts";

/** Statuses of a server that does not have a stream, or not any more. */
export const noStream: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 410, 501]);

/** The shortest and the longest wait before a stream is opened again. */
export const shortestWait = 250;
const longestWait = 60_000;
/** The waits by the number of failures before. */
const waits = [shortestWait, shortestWait, 1000, 3000, 10_000];
/** The longest wait that a server may ask for. */
const longestRetry = 3_600_000;

/** How much of an event is read before there has to be room for all of it. */
const freeBytes = 65_536;

/** The messages of an event, and a list for what becomes of them. */
export interface ReadEvent {
  readonly messages: readonly unknown[];
  readonly handed: Handed[];
}

export class ServerStream {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  /** How many bytes have come since the last event, and the room for the rest of a long one. */
  #begun = 0;
  #reserved: Reservation | undefined;
  #lastEventId: string | undefined;
  /** How long the server asks to wait before the stream is opened again. */
  #retryMs = 0;

  constructor(maxBytes: number, budget: ByteBudget) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** Where to go on. Undefined if the server gave its events no ids. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** Yields each event. It takes up part of the budget until its messages have been passed on. */
  async *read(body: Readable): AsyncGenerator<ReadEvent> {
    const onRetry = (milliseconds: number) => {
      this.#retryMs = Math.min(milliseconds, longestRetry);
    };
    try {
      const parts = this.#partsOf(body);
      for await (const event of readEvents(parts, { maxUnits: this.#maxBytes, onRetry })) {
        const { length } = event.data;
        const reserved = this.#reserved ?? (await this.#budget.reserve(length));
        this.#reserved = undefined;
        this.#begun = 0;
        reserved.shrinkTo(length);
        this.#lastEventId = event.id ?? this.#lastEventId;
        const handed: Handed[] = [];
        try {
          yield { messages: messagesInEvent(event), handed };
        } finally {
          reserved.releaseAfter(handed);
        }
      }
    } finally {
      this.#end();
    }
  }

  async *#partsOf(body: Readable): AsyncGenerator<Uint8Array> {
    for await (const part of body as AsyncIterable<Uint8Array>) {
      this.#begun += part.byteLength;
      yield part;
      // Comments keep an idle stream open, and are no part of an event.
      if (endsEvent(part)) this.#end();
      else if (this.#begun > freeBytes)
        this.#reserved ??= await this.#budget.reserve(this.#maxBytes);
    }
  }

  /** Nothing of the next event has come. */
  #end(): void {
    this.#begun = 0;
    this.#reserved?.release();
    this.#reserved = undefined;
  }

  /** Returns how long to wait before the stream is opened again. */
  waitMs(failures: number): number {
    return Math.max(waits[failures] ?? longestWait, this.#retryMs);
  }
}

/** Whether a part of a stream ends with an empty line. */
function endsEvent(part: Uint8Array): boolean {
  return /(?:\n\n|\r\r|\r\n\r\n)$/.test(Buffer.from(part.subarray(-4)).toString("latin1"));
}
