/** Waits with a timeout, in a realm that may have been patched. */
import {
  getPrototypeOf,
  hasOwn,
  isNativePromise,
  PromiseAtLoad,
  promisePrototype,
} from "./intrinsics.ts";

// Captured at load, so that replacing a global later stops no deadline.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** How a wait ended, and with what value. Has no prototype, so no patch can make it a thenable. */
type WaitEnd<Value = unknown> =
  | { readonly how: "returned"; readonly value: Value }
  | { readonly how: "threw"; readonly value: unknown }
  | { readonly how: "timeout"; readonly value: unknown };

export function waitEnd<How extends string, Value>(
  how: How,
  value: Value,
): { readonly how: How; readonly value: Value } {
  return { __proto__: null, how, value } as { how: How; value: Value };
}

/**
 * Waits at most `timeoutMs` for what `work` returns. Never rejects; a result or rejection that
 * comes later is dropped.
 */
export function within<Value>(
  timeoutMs: number,
  work: () => Value | PromiseLike<Value>,
): Promise<WaitEnd<Value>> {
  return new PromiseAtLoad((resolve) => {
    const timer = startTimer(() => resolve(waitEnd("timeout", undefined)), timeoutMs);
    void follow(work, (end) => {
      stopTimer(timer);
      resolve(end);
    });
  });
}

async function follow<Value>(
  work: () => Value | PromiseLike<Value>,
  done: (end: WaitEnd<Value>) => void,
): Promise<void> {
  let end: WaitEnd<Value>;
  try {
    end = waitEnd("returned", await work());
  } catch (thrown) {
    end = waitEnd("threw", thrown);
  }
  done(end);
}

/** Waits for the next macrotask: pending microtasks, the caller's included, run first. */
export function nextMacrotask(): Promise<void> {
  return new PromiseAtLoad((resolve) => {
    startTimer(resolve, 0);
  });
}

/** Awaits a promise that nobody else does, so that its rejection does not surface. */
export async function ignore(pending: PromiseLike<unknown>): Promise<void> {
  try {
    await pending;
  } catch {
    // There is nobody to report it to.
  }
}

/** Whether `await` uses a promise as it is, without running code of whoever made it. */
export function isPlainPromise(value: object): boolean {
  return (
    isNativePromise(value) &&
    getPrototypeOf(value) === promisePrototype &&
    !hasOwn(value, "constructor")
  );
}

/**
 * Whether a value is a promise. Nobody awaits it, so its rejection must not surface; but none of
 * the value's own code is called, such as the methods of a promise subclass.
 */
export function dropPromise(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !isNativePromise(value)) return false;
  if (isPlainPromise(value)) void ignore(value as Promise<unknown>);
  return true;
}
