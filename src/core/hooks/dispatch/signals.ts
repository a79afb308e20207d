/**
 * The host's signal, by the methods as they were at load: a plugin that patches the prototypes of
 * signals neither aborts a run, nor keeps one from aborting or from ending.
 */
import { apply, getOwnPropertyDescriptor, weakGet, weakSet } from "../../data/intrinsics.ts";

const SetAtLoad = Set;
const { add, delete: remove, forEach } = Set.prototype;
const { addEventListener, removeEventListener } = EventTarget.prototype;
const abortedGetter = getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")
  ?.get as () => boolean;

/** Whether the host gave up. A signal that the runtime did not make answers for itself. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && (abortedAtLoad(signal) ?? signal.aborted === true);
}

/** What the runtime says of a signal; `undefined` for one that it did not make. */
function abortedAtLoad(signal: AbortSignal): boolean | undefined {
  try {
    return apply(abortedGetter, signal, []);
  } catch {
    return undefined;
  }
}

/** One signal, with one listener for all that wait: a host may give it to any number of runs. */
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

  /** In the order in which they came. What one throws keeps none of the others. */
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

/** Calls `onAbort` when the signal aborts. Returns what takes it off again. */
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

/** Puts a listener on a signal. Returns what takes it off again. */
function listen(signal: AbortSignal, listener: () => void): () => void {
  if (abortedAtLoad(signal) === undefined) {
    signal.addEventListener("abort", listener);
    return () => signal.removeEventListener("abort", listener);
  }
  apply(addEventListener, signal, ["abort", listener, plainly]);
  return () => apply(removeEventListener, signal, ["abort", listener, plainly]);
}
