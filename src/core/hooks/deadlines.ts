/**
 * Deadlines for pending handlers: one timer serves all waits with the same timeout, unless timers
 * belong to requests.
 *
 * Waits are kept in the order in which they began. While there are any, a timer ticks sixteen times
 * per timeout, and each tick sets the waits that began since the last one to expire a full timeout
 * later. So neither beginning nor ending a wait allocates or reads the clock (tools/bench/report.md,
 * rows D12, H1 and H3). A wait never expires early, and at most a sixteenth of its timeout late. If
 * it began while the thread was blocked, its time counts from the end of the block.
 */
import { apply, monotonicNow, weakGet, weakSet } from "../data/intrinsics.ts";

// Captured at load, so that replacing a global later cannot stop a deadline. The cast is
// needed because a timer is a number in browsers and an object in Node.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis as unknown as {
  setTimeout(callback: () => void, delayMs: number): { ref?(): unknown; unref?(): unknown };
  clearTimeout(timer: unknown): void;
};
const timerAtLoad = tryTimer();
/** The timer methods that keep the process alive or let it end. None where timers are numbers. */
const { ref, unref } = timerAtLoad ?? {};
const { ceil, max: larger, min: smaller } = Math;

/** `undefined` in workers at the edge: they refuse a timer outside of a request, and end it with it. */
function tryTimer(): ReturnType<typeof startTimer> | undefined {
  try {
    const timer = startTimer(() => undefined, 1);
    stopTimer(timer);
    return timer;
  } catch {
    return undefined;
  }
}

/** A wait under a deadline, linked into its queue. Starts as `undefined`, `undefined` and 0. */
export interface DeadlineWait {
  next: DeadlineWait | undefined;
  previous: DeadlineWait | undefined;
  /** When the wait expires, by the monotonic clock; 0 until the next tick. */
  dueAt: number;
  /** Called when the deadline expires, which ends the wait. */
  onDeadline(): void;
}

export interface Deadline {
  /** Begins a wait, or restarts it. */
  join(wait: DeadlineWait): void;
  /** Ends a wait, if it is under way. */
  leave(wait: DeadlineWait): void;
}

/** Returns the deadline of all waits with one timeout, which is in milliseconds. */
export function deadlineAfter(timeoutMs: number): Deadline {
  return timerAtLoad === undefined ? ownTimers(timeoutMs) : new DeadlineQueue(timeoutMs);
}

/** A timer for each wait: a shared one would end with the request that set it. */
function ownTimers(timeoutMs: number): Deadline {
  const timers = new WeakMap<DeadlineWait, unknown>();
  const leave = (wait: DeadlineWait) => stopTimer(weakGet(timers, wait));
  return {
    join(wait) {
      leave(wait);
      weakSet(
        timers,
        wait,
        startTimer(() => wait.onDeadline(), timeoutMs),
      );
    },
    leave,
  };
}

/** All waits with one timeout, which is in milliseconds. */
export class DeadlineQueue implements Deadline {
  readonly #timeoutMs: number;
  #first: DeadlineWait | undefined = undefined;
  #last: DeadlineWait | undefined = undefined;
  /** Kept while nothing waits, if it can be unreferenced to let the process end. */
  #timer: unknown = undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  join(wait: DeadlineWait): void {
    // The wait would go back to where it already is: row D12 of tools/bench/report.md.
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
    // A wait that has ended must not keep others from being garbage-collected.
    wait.next = undefined;
    wait.previous = undefined;
  }

  /** Sets the timer for the next tick, or for the first wait to expire if that is sooner. */
  #startTimer(now: number): void {
    const { dueAt = 0 } = this.#first ?? {};
    const tickMs = this.#timeoutMs / 16;
    const delayMs = dueAt === 0 ? tickMs : smaller(tickMs, dueAt - now);
    this.#timer = startTimer(this.#tick, larger(1, ceil(delayMs)));
  }

  readonly #tick = (): void => {
    this.#timer = undefined;
    const now = monotonicNow();
    // A whole number, because V8 allocates for fractions.
    const dueAt = ceil(now + this.#timeoutMs);
    for (let each = this.#last; each?.dueAt === 0; each = each.previous) each.dueAt = dueAt;
    try {
      while (this.#first !== undefined && this.#first.dueAt !== 0 && this.#first.dueAt <= now) {
        const due = this.#first;
        this.#unlink(due);
        due.onDeadline();
      }
    } finally {
      // If one throws, the others expire at the next tick.
      if (this.#first !== undefined && this.#timer === undefined) this.#startTimer(monotonicNow());
    }
  };
}
