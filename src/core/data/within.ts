/** Waits under a timer of its own, in a realm that may have been patched. */
import { getPrototypeOf, hasOwn, isNativePromise } from "./intrinsics.ts";

const PromiseAtLoad = Promise;
const promisePrototype = Promise.prototype;
// Captured at load, so that replacing a global later stops no deadline.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** How a wait ended, and with what. Without a prototype: nothing patched turns it into a promise. */
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
 * Waits for what `work` returns, `timeoutMs` at most. Never rejects; a result or a rejection that
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

/** Microtasks come before the caller's own; a timer does not. */
export function nextMacrotask(): Promise<void> {
  return new PromiseAtLoad((resolve) => {
    startTimer(resolve, 0);
  });
}

/** Waits for a promise that nobody else does, so that its rejection does not surface. */
export async function ignore(pending: PromiseLike<unknown>): Promise<void> {
  try {
    await pending;
  } catch {
    // There is nobody to tell.
  }
}

/** Whether `await` takes a promise as it is, and runs no code of whoever made it. */
export function isPlainPromise(value: object): boolean {
  return (
    isNativePromise(value) &&
    getPrototypeOf(value) === promisePrototype &&
    !hasOwn(value, "constructor")
  );
}

/**
 * Whether a value is a promise. Nobody waits for it, so its rejection must not surface; but nothing
 * of its own is called, as a class of promises has it.
 */
export function dropPromise(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !isNativePromise(value)) return false;
  if (isPlainPromise(value)) void ignore(value as Promise<unknown>);
  return true;
}
