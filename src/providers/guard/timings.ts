/** Measures how long the phases of an exchange take. */
import { monotonicNow } from "../../core/data/intrinsics.ts";

/** Milliseconds: until a request was forwarded, then until its answer came, and after that. */
export interface Timings {
  readonly beforeMs: number;
  readonly peerMs: number;
  readonly afterMs: number;
  readonly totalMs: number;
}

/** Runs from its creation. */
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

  /**
   * An exchange that ended early ended in the phase it was in: later phases take no time. Nor does
   * the peer if the exchange only has an answer.
   */
  timings(): Timings {
    const now = monotonicNow();
    const answered = this.#answeredAt ?? now;
    const handedOn = this.#handedOnAt ?? answered;
    return {
      beforeMs: handedOn - this.#startedAt,
      peerMs: answered - handedOn,
      afterMs: now - answered,
      totalMs: now - this.#startedAt,
    };
  }
}
