/** A server's stream of events over several responses, each of which goes on after the last event. */
import type { Readable } from "node:stream";
import type { ByteBudget } from "./byte-budget.ts";
import { type ReadEvent, readEvents } from "./events.ts";

/** Statuses of a server that does not have a stream, or not any more. */
export const noStream: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 410, 501]);

/** The shortest and the longest wait before a stream is opened again. */
export const shortestWait = 250;
const longestWait = 60_000;
/** The waits by the number of failures before. */
const waits = [shortestWait, shortestWait, 1000, 3000, 10_000];
/** The longest wait that a server may ask for. */
const longestRetry = 3_600_000;

export class ServerStream {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
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

  /** Yields each event. */
  async *read(body: Readable): AsyncGenerator<ReadEvent> {
    const onRetry = (milliseconds: number) => {
      this.#retryMs = Math.min(milliseconds, longestRetry);
    };
    const limits = { maxUnits: this.#maxBytes, budget: this.#budget, onRetry };
    for await (const read of readEvents(body, limits)) {
      this.#lastEventId = read.event.id ?? this.#lastEventId;
      yield read;
    }
  }

  /** Returns how long to wait before the stream is opened again. */
  waitMs(failures: number): number {
    return Math.max(waits[failures] ?? longestWait, this.#retryMs);
  }
}
