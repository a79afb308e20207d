/** How long the parts of an exchange took. */
import { monotonicNow } from "../../core/data/intrinsics.ts";

/** Milliseconds: until a request was handed on, until its answer came, and what was left. */
interface Timings {
  readonly beforeMs: number;
  readonly peerMs: number;
  readonly afterMs: number;
  readonly totalMs: number;
}

/** Runs from the moment it is made. */
export class Stopwatch {
  readonly #startedAt = monotonicNow();
  #handedOnAt: number | undefined;
  #answeredAt: number | undefined;

  handedOn(): void {
    this.#handedOnAt = monotonicNow();
  }

  /** Only the first call counts. */
  answered(): void {
    this.#answeredAt ??= monotonicNow();
  }

  /** An exchange that got no further ended where it was. */
  timings(): Timings {
    const now = monotonicNow();
    const handedOn = this.#handedOnAt ?? now;
    const answered = this.#answeredAt ?? now;
    return {
      beforeMs: handedOn - this.#startedAt,
      peerMs: answered - handedOn,
      afterMs: now - answered,
      totalMs: now - this.#startedAt,
    };
  }
}
