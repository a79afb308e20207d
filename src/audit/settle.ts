/** Waits for what a sink gave, as long as it may take, in a realm that may have been patched. */
import { intrinsics } from "../admit/index.ts";

const {
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isNativePromise,
  isProxy,
  objectPrototype,
} = intrinsics;
const PromiseAtLoad = Promise;
// Captured at load, so that replacing a global later stops no deadline.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** How a wait ended. Without a prototype: nothing patched turns it into a promise. */
export interface WaitEnd {
  readonly how: "resolved" | "rejected" | "timeout";
  /** What it was rejected with. */
  readonly reason: unknown;
}

function end(how: WaitEnd["how"], reason: unknown): WaitEnd {
  return { __proto__: null, how, reason } as WaitEnd;
}

/**
 * Whether `value` is waited for: a native promise, or an object with a `then` method of its own or
 * of its class. A `then` on `Object.prototype` is a patch. Getters and traps are not run.
 */
export function isAwaitable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (isNativePromise(value)) return true;
  try {
    let holder: object | null = value;
    while (holder !== null && holder !== objectPrototype && holder !== arrayPrototype) {
      if (isProxy(holder)) return false;
      const descriptor: PropertyDescriptor | undefined = getOwnPropertyDescriptor(holder, "then");
      if (descriptor !== undefined) return typeof descriptor.value === "function";
      holder = getPrototypeOf(holder);
    }
  } catch {
    // What throws when it is looked at is nothing to wait for.
  }
  return false;
}

/** Never rejects. What comes after the time is nobody's any more, a rejection included. */
export function settleWithin(pending: PromiseLike<unknown>, timeoutMs: number): Promise<WaitEnd> {
  return new PromiseAtLoad((resolve) => {
    const timer = startTimer(() => resolve(end("timeout", undefined)), timeoutMs);
    void follow(pending, (ended) => {
      stopTimer(timer);
      resolve(ended);
    });
  });
}

async function follow(
  pending: PromiseLike<unknown>,
  tell: (ended: WaitEnd) => void,
): Promise<void> {
  let ended = end("resolved", undefined);
  try {
    await pending;
  } catch (thrown) {
    ended = end("rejected", thrown);
  }
  tell(ended);
}
