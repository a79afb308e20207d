/**
 * The host's signal, by the methods as they were at load: a plugin that patches the prototypes of
 * signals neither aborts a run, nor keeps one from aborting or from ending.
 */
import { intrinsics } from "../../data/index.ts";

const { apply, getOwnPropertyDescriptor, weakGet, weakSet } = intrinsics;
const { addEventListener, removeEventListener } = EventTarget.prototype;
const abortedGetter = getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")
  ?.get as () => boolean;

/** Whether the host gave up. A signal that the runtime did not make is asked itself. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && (abortedAtLoad(signal) ?? signal.aborted === true);
}

/** What the runtime says of a signal that it made. */
function abortedAtLoad(signal: AbortSignal): boolean | undefined {
  try {
    return apply(abortedGetter, signal, []);
  } catch {
    // Somebody else made it.
  }
  return undefined;
}

/** Whoever waits for the abort of a signal. Linked: no patched iterator leaves one out. */
interface Waiter {
  readonly onAbort: () => void;
  next: Waiter | undefined;
  previous: Waiter | undefined;
}

/** One signal, with one listener for all that wait: a host may give it to any number of runs. */
class Watch {
  #first: Waiter | undefined = undefined;
  #last: Waiter | undefined = undefined;
  #unlisten: (() => void) | undefined = undefined;

  enter(signal: AbortSignal, onAbort: () => void): () => void {
    const waiter: Waiter = { onAbort, next: undefined, previous: this.#last };
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    const leave = () => this.#leave(waiter);
    try {
      this.#unlisten ??= listen(signal, this.#abort);
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  #leave(waiter: Waiter): void {
    const { next, previous } = waiter;
    if (previous === undefined && this.#first !== waiter) return;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiter.next = undefined;
    waiter.previous = undefined;
    if (this.#first !== undefined) return;
    const unlisten = this.#unlisten;
    this.#unlisten = undefined;
    unlisten?.();
  }

  /** In the order in which they came. What one throws keeps none of the others. */
  readonly #abort = (): void => {
    let failure: { readonly error: unknown } | undefined;
    while (this.#first !== undefined) {
      const waiter: Waiter = this.#first;
      this.#leave(waiter);
      try {
        waiter.onAbort();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  };
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `onAbort` when the signal aborts. Gives what keeps it from that again. */
export function whenAborted(signal: AbortSignal, onAbort: () => void): () => void {
  let watch = weakGet(watches, signal);
  if (watch === undefined) {
    watch = new Watch();
    weakSet(watches, signal, watch);
  }
  return watch.enter(signal, onAbort);
}

// A null prototype: no patched `once`, `signal` or `capture` is found beside it.
const plainly = { __proto__: null };

/** Puts a listener on a signal. Gives what takes it off again. */
function listen(signal: AbortSignal, listener: () => void): () => void {
  if (abortedAtLoad(signal) === undefined) {
    signal.addEventListener("abort", listener);
    return () => signal.removeEventListener("abort", listener);
  }
  apply(addEventListener, signal, ["abort", listener, plainly]);
  return () => apply(removeEventListener, signal, ["abort", listener, plainly]);
}
