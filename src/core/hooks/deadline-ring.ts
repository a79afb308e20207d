/**
 * Deadlines of waiting handlers: one timer for all that share a timeout.
 *
 * Nodes stand in one list in the order they joined, which is the order they are due.
 * A join notes only the open bucket. The tick that closes the bucket reads the clock
 * and makes everything in it due one full timeout later. So nothing is early, and
 * nothing is later than the time its bucket was open.
 * A thread that is blocked keeps a bucket open: its nodes count from the block's end.
 */

// Captured at load, so that replacing a global later stops no deadline.
const host = globalThis as unknown as {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  performance: { now(): number };
};
const { setTimeout: startTimer, clearTimeout: stopTimer } = host;
const monotonicNow = host.performance.now.bind(host.performance);
const { apply } = Reflect;
const { hasOwn } = Object;
const { ceil, max: larger, min: smaller } = Math;
const DueTimes = Float64Array;

const BUCKETS_PER_TIMEOUT = 16;
const BUCKET_SLOTS = 32; // Buckets close a sixteenth apart, so 18 are in use at most.
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * What waits in a ring. The caller owns it; only the ring writes its `deadline…` fields.
 * It starts with `undefined`, `undefined` and 0, and is in one ring at a time.
 *
 * @internal
 */
export interface DeadlineNode {
  deadlineNext: DeadlineNode | undefined;
  deadlinePrevious: DeadlineNode | undefined;
  deadlineBucket: number;
  /** Called once a join, after the node has left the ring. It may join again. */
  onDeadline(): void;
}

/** @internal */
export interface DeadlineRing {
  /** Starts the node's deadline, or restarts it if the node is waiting here. */
  join(node: DeadlineNode): void;
  /** Ends the wait. A node that is not waiting is left as it is. */
  leave(node: DeadlineNode): void;
}

/** @internal */
export interface DeadlineRingOptions {
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly clock?: () => number;
  /** Default: `setTimeout`. A handle with `ref` and `unref` is kept while nothing waits. */
  readonly setTimer?: (callback: () => void, delayMs: number) => unknown;
  /** Default: `clearTimeout`. Called only for handles without `ref` and `unref`. */
  readonly clearTimer?: (handle: unknown) => void;
}

interface Referable {
  ref(): unknown;
  unref(): unknown;
}

/** How a timer's handle is made to hold the process, and to let it end. */
interface Holding {
  /** The handle, where it can do that. */
  of(handle: unknown): Referable | undefined;
  ref(handle: Referable): unknown;
  unref(handle: Referable): unknown;
}

const byTheHandle: Holding = {
  of: (handle) => (isReferable(handle) ? handle : undefined),
  ref: (handle) => handle.ref(),
  unref: (handle) => handle.unref(),
};
const byTheRuntime = holdingAtLoad();

/** By the runtime's methods as they are now: a patched `ref` would be handed the timer to clear. */
function holdingAtLoad(): Holding {
  let handle: unknown;
  try {
    handle = startTimer(() => undefined, 1);
    stopTimer(handle);
  } catch {
    // Some runtimes set no timer outside of a request. Theirs are numbers, too.
  }
  if (!isReferable(handle) || hasOwn(handle, "ref")) return byTheHandle;
  const { ref, unref } = handle;
  return {
    of: (each) => each as Referable,
    ref: (each) => apply(ref, each, []),
    unref: (each) => apply(unref, each, []),
  };
}

/**
 * Creates the ring for one timeout, in milliseconds, above 0 and at most 2^31 - 1.
 *
 * A deadline fires between T and T + T/16 after its join, plus the delay of two
 * timer calls; never early. Deadlines fire in the order of the joins, each once.
 * Joining and leaving allocate nothing and read no clock, except the join that starts
 * an idle ring. A timer holds the process only while something waits.
 * An error thrown by `onDeadline` leaves the timer call after the others have fired.
 *
 * It never interrupts code that blocks the thread.
 *
 * @throws RangeError for a timeout outside its range.
 * @internal
 */
export function createDeadlineRing(
  timeoutMs: number,
  options: DeadlineRingOptions = {},
): DeadlineRing {
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`A timeout is above 0 and at most 2^31 - 1 ms, not ${timeoutMs}.`);
  }
  const { clock = monotonicNow, setTimer = startTimer, clearTimer = stopTimer } = options;
  const holding = setTimer === startTimer ? byTheRuntime : byTheHandle;
  const bucketMs = timeoutMs / BUCKETS_PER_TIMEOUT;
  const dueAt = new DueTimes(BUCKET_SLOTS);
  let first: DeadlineNode | undefined;
  let last: DeadlineNode | undefined;
  let openBucket = 0;
  let openedAt = 0;
  let timer: unknown;
  // The timer again, if it can let the process end; then it outlives the last leave.
  let referable: Referable | undefined;
  // True while the timer is set and referenced, and during a tick, which sets it at its end.
  let awake = false;
  let ticking = false;

  function join(node: DeadlineNode): void {
    // The last of the open bucket would come back to where it stands.
    if (node === last && node.deadlineBucket === openBucket && awake) return;
    if (node === first || node.deadlinePrevious !== undefined) unlink(node);
    node.deadlineBucket = openBucket;
    node.deadlinePrevious = last;
    if (last === undefined) first = node;
    else last.deadlineNext = node;
    last = node;
    if (!awake) wake(node);
  }

  function leave(node: DeadlineNode): void {
    if (node !== first && node.deadlinePrevious === undefined) return;
    unlink(node);
    if (first === undefined && !ticking) rest();
  }

  function unlink(node: DeadlineNode): void {
    const next = node.deadlineNext;
    const previous = node.deadlinePrevious;
    if (previous === undefined) first = next;
    else previous.deadlineNext = next;
    if (next === undefined) last = previous;
    else next.deadlinePrevious = previous;
    // A dead node that still points at live ones would keep them from being collected.
    node.deadlineNext = undefined;
    node.deadlinePrevious = undefined;
  }

  function wake(node: DeadlineNode): void {
    if (referable === undefined) {
      openedAt = clock();
      arm(openedAt, node);
    } else {
      holding.ref(referable);
    }
    awake = true;
  }

  function rest(): void {
    awake = false;
    if (referable === undefined) clearTimer(timer);
    else holding.unref(referable);
  }

  /** Sets the timer for the end of the open bucket, or for the oldest node, if it is due before. */
  function arm(time: number, oldest: DeadlineNode): void {
    let delayMs = openedAt + bucketMs - time;
    if (oldest.deadlineBucket !== openBucket) {
      delayMs = smaller(delayMs, (dueAt[oldest.deadlineBucket] ?? time) - time);
    }
    // Timers cut fractions off, which would bring every tick too early.
    timer = setTimer(tick, larger(1, ceil(delayMs)));
    referable = holding.of(timer);
  }

  function closeBucket(time: number): void {
    // Timers also come early; closing only full buckets bounds how many there are.
    if (time - openedAt < bucketMs) return;
    openedAt = time;
    dueAt[openBucket] = time + timeoutMs;
    openBucket = (openBucket + 1) % BUCKET_SLOTS;
  }

  function isDue({ deadlineBucket }: DeadlineNode, time: number): boolean {
    return deadlineBucket !== openBucket && time >= (dueAt[deadlineBucket] ?? time);
  }

  function tick(): void {
    referable = undefined;
    ticking = true;
    const time = clock();
    closeBucket(time);
    let failure: { readonly error: unknown } | undefined;
    while (first !== undefined && isDue(first, time)) {
      const node: DeadlineNode = first;
      unlink(node);
      try {
        node.onDeadline();
      } catch (error) {
        failure ??= { error };
      }
    }
    ticking = false;
    awake = false;
    if (first !== undefined) {
      arm(clock(), first);
      awake = true;
    }
    if (failure !== undefined) throw failure.error;
  }

  return { join, leave };
}

function isReferable(timer: unknown): timer is Referable {
  if (typeof timer !== "object" || timer === null) return false;
  const { ref, unref } = timer as Partial<Referable>;
  return typeof ref === "function" && typeof unref === "function";
}
