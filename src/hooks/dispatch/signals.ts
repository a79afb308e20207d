/**
 * The host's signal, by the methods as they were at load: a plugin that patches the prototypes of
 * signals neither aborts a run, nor keeps one from aborting or from ending.
 */
import { intrinsics } from "../../admit/index.ts";

const { apply, getOwnPropertyDescriptor } = intrinsics;
const { addEventListener, removeEventListener } = EventTarget.prototype;
const abortedGetter = getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")
  ?.get as () => boolean;

/** Whether the host gave up. A signal that the runtime did not make is asked itself. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  if (signal === undefined) return false;
  try {
    return apply(abortedGetter, signal, []);
  } catch {
    return signal.aborted === true;
  }
}

/** Calls `listener` when the signal aborts. Gives what takes the listener off again. */
export function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  // A null prototype: no patched `once`, `signal` or `capture` is found beside it.
  const once = { __proto__: null, once: true };
  try {
    apply(abortedGetter, signal, []);
  } catch {
    signal.addEventListener("abort", listener, { once: true });
    return () => signal.removeEventListener("abort", listener);
  }
  apply(addEventListener, signal, ["abort", listener, once]);
  return () => apply(removeEventListener, signal, ["abort", listener]);
}
