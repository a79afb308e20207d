/**
 * Deadlines of handlers that are waited for: one timer for all waits with the same timeout.
 *
 * Waits are listed in the order they began. While there are any, a timer ticks sixteen times a
 * timeout, and each tick makes the waits that began since the last one due a whole timeout later.
 * So a wait begins and ends without allocating or reading the clock (performance.md §4, rows D12,
 * H1 and H3), never ends early, and ends at most a sixteenth of its timeout late. A wait that began
 * while the thread was blocked counts from the end of the block.
 */
import { apply, monotonicNow } from "../data/intrinsics.ts";

// Captured at load, so that replacing a global later stops no deadline. Cast because a timer
// is a number to browsers and an object to Node.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis as unknown as {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
};
const { ref, unref } = timerMethods();
const { ceil, max: larger, min: smaller } = Math;

/** How a timer holds the process and lets it end. Where timers are numbers they have no methods. */
function timerMethods(): { readonly ref?: () => unknown; readonly unref?: () => unknown } {
  try {
    const timer = startTimer(() => undefined, 1);
    stopTimer(timer);
    if (typeof timer === "object" && timer !== null) return timer;
  } catch {
    // Some runtimes set no timer outside of a request. Theirs are numbers, too.
  }
  return {};
}

/** Whoever waits under a deadline. It begins with `undefined`, `undefined` and 0. */
export interface DeadlineWait {
  next: DeadlineWait | undefined;
  previous: DeadlineWait | undefined;
  /** By the monotonic clock; 0 until the next tick. */
  dueAt: number;
  /** Called when the deadline is over, and the wait with it. */
  onDeadline(): void;
}

export interface Deadline {
  /** Begins a wait, or begins it anew. */
  join(wait: DeadlineWait): void;
  /** Ends a wait, if it is under way. */
  leave(wait: DeadlineWait): void;
}

/** The waits of one timeout, in milliseconds. */
export class DeadlineQueue implements Deadline {
  readonly #timeoutMs: number;
  #first: DeadlineWait | undefined = undefined;
  #last: DeadlineWait | undefined = undefined;
  /** Kept while nothing waits, where it can let the process end. */
  #timer: unknown = undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  join(wait: DeadlineWait): void {
    // It would come back to where it is: performance.md, row D12.
    if (wait === this.#last && wait.dueAt === 0) return;
    const wasEmpty = this.#first === undefined;
    if (this.#isWaiting(wait)) this.#unlink(wait);
    wait.dueAt = 0;
    wait.previous = this.#last;
    if (this.#last === undefined) this.#first = wait;
    else this.#last.next = wait;
    this.#last = wait;
    if (!wasEmpty) return;
    if (this.#timer === undefined) this.#startTimer(monotonicNow());
    else if (ref !== undefined) apply(ref, this.#timer, []);
  }

  leave(wait: DeadlineWait): void {
    if (!this.#isWaiting(wait)) return;
    this.#unlink(wait);
    if (this.#first !== undefined || this.#timer === undefined) return;
    if (unref !== undefined) {
      apply(unref, this.#timer, []);
      return;
    }
    stopTimer(this.#timer);
    this.#timer = undefined;
  }

  #isWaiting(wait: DeadlineWait): boolean {
    return wait === this.#first || wait.previous !== undefined;
  }

  #unlink(wait: DeadlineWait): void {
    const { next, previous } = wait;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // One that is over must not keep others from being collected.
    wait.next = undefined;
    wait.previous = undefined;
  }

  /** Sets the timer for the next tick, or for the first wait that is due, if that is sooner. */
  #startTimer(now: number): void {
    const { dueAt = 0 } = this.#first ?? {};
    const tickMs = this.#timeoutMs / 16;
    const delayMs = dueAt === 0 ? tickMs : smaller(tickMs, dueAt - now);
    this.#timer = startTimer(this.#tick, larger(1, ceil(delayMs)));
  }

  readonly #tick = (): void => {
    this.#timer = undefined;
    const now = monotonicNow();
    // Whole numbers: V8 allocates for others.
    const dueAt = ceil(now + this.#timeoutMs);
    for (let each = this.#last; each?.dueAt === 0; each = each.previous) each.dueAt = dueAt;
    try {
      while (this.#first !== undefined && this.#first.dueAt !== 0 && this.#first.dueAt <= now) {
        const due = this.#first;
        this.#unlink(due);
        due.onDeadline();
      }
    } finally {
      // If one throws, the others are due at the next tick.
      if (this.#first !== undefined && this.#timer === undefined) this.#startTimer(monotonicNow());
    }
  };
}
