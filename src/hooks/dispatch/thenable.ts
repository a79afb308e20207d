/** Tells a promise from a result without running code of the value. */
import { intrinsics } from "../../admit/index.ts";

const {
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isNativePromise,
  isProxy,
  objectPrototype,
} = intrinsics;

/**
 * Whether `value` is waited for: a native promise, or an object with a `then` method of its
 * own or of its class. A `then` on `Object.prototype` is a patch, not a promise; a getter
 * named `then` is never called. What throws when it is looked at is no promise either.
 */
export function isAwaitable(value: object): value is PromiseLike<unknown> {
  if (isNativePromise(value)) return true;
  try {
    return hasThenMethod(value);
  } catch {
    return false;
  }
}

function hasThenMethod(value: object): boolean {
  let holder: object | null = value;
  while (holder !== null && holder !== objectPrototype && holder !== arrayPrototype) {
    if (isProxy(holder)) return false;
    const descriptor: PropertyDescriptor | undefined = getOwnPropertyDescriptor(holder, "then");
    if (descriptor !== undefined) return typeof descriptor.value === "function";
    holder = getPrototypeOf(holder);
  }
  return false;
}

/** Takes note of a promise that nobody waits for any more, so that its rejection is no surprise. */
export function unowned(pending: PromiseLike<unknown>): undefined {
  void ignore(pending);
}

async function ignore(pending: PromiseLike<unknown>): Promise<void> {
  try {
    await pending;
  } catch {
    // Its run is over; there is nobody to tell.
  }
}
