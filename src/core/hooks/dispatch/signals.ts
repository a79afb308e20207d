/**
 * The host's signal, used through methods captured at load. A plugin that patches the prototypes of
 * signals can neither abort a run, nor keep one from aborting or from ending.
 */
import { apply, getOwnPropertyDescriptor, weakGet, weakSet } from "../../data/intrinsics.ts";

const SetAtLoad = Set;
const { add, delete: remove, forEach } = Set.prototype;
const { addEventListener, removeEventListener } = EventTarget.prototype;
const abortedGetter = getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")
  ?.get as () => boolean;

/** Whether the host aborted. A signal that the runtime did not make answers for itself. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && (abortedAtLoad(signal) ?? signal.aborted === true);
}

/** Whether the runtime says that a signal aborted; `undefined` if the runtime did not make it. */
function abortedAtLoad(signal: AbortSignal): boolean | undefined {
  try {
    return apply(abortedGetter, signal, []);
  } catch {
    return undefined;
  }
}

/** One signal, with one listener for all waiting runs: a host may share it among many. */
class Watch {
  readonly #waiting = new SetAtLoad<() => void>();
  #count = 0;
  #unlisten: (() => void) | undefined = undefined;

  enter(signal: AbortSignal, onAbort: () => void): () => void {
    apply(add, this.#waiting, [onAbort]);
    this.#count += 1;
    const leave = () => this.#leave(onAbort);
    try {
      this.#unlisten ??= listen(signal, () => this.#abort());
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  #leave(onAbort: () => void): void {
    if (!apply(remove, this.#waiting, [onAbort])) return;
    this.#count -= 1;
    if (this.#count > 0) return;
    const unlisten = this.#unlisten;
    this.#unlisten = undefined;
    unlisten?.();
  }

  /** Calls them in the order in which they came. If one throws, the others are still called. */
  #abort(): void {
    let failure: { readonly error: unknown } | undefined;
    const end = (onAbort: () => void) => {
      this.#leave(onAbort);
      try {
        onAbort();
      } catch (error) {
        failure ??= { error };
      }
    };
    apply(forEach, this.#waiting, [end]);
    if (failure !== undefined) throw failure.error;
  }
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `onAbort` when the signal aborts. Returns a function that removes it. */
export function whenAborted(signal: AbortSignal, onAbort: () => void): () => void {
  let watch = weakGet(watches, signal);
  if (watch === undefined) {
    watch = new Watch();
    weakSet(watches, signal, watch);
  }
  return watch.enter(signal, onAbort);
}

// No prototype, so that no patched `once`, `signal` or `capture` is inherited.
const plainly = { __proto__: null };

/** Adds a listener to a signal. Returns a function that removes it. */
function listen(signal: AbortSignal, listener: () => void): () => void {
  if (abortedAtLoad(signal) === undefined) {
    signal.addEventListener("abort", listener);
    return () => signal.removeEventListener("abort", listener);
  }
  apply(addEventListener, signal, ["abort", listener, plainly]);
  return () => apply(removeEventListener, signal, ["abort", listener, plainly]);
}
