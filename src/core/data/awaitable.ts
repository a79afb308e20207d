/** What an object would do to whoever waits for it, without running its code. */
import {
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isNativePromise,
  isProxy,
  objectPrototype,
} from "./intrinsics.ts";

/**
 * Whether `value` is waited for: a native promise, or an object with a `then` method of its
 * own or of its class. A `then` on `Object.prototype` is a patch, not a promise; a getter
 * named `then` is never called. What throws when it is looked at is no promise either.
 */
export function isAwaitable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return isNativePromise(value) || typeof plainly(value, "then") === "function";
}

/** What a property holds, read without a getter or trap. */
export function plainly(value: object | null, key: string): unknown {
  try {
    let holder = value;
    while (holder !== null && holder !== objectPrototype && holder !== arrayPrototype) {
      if (isProxy(holder)) return undefined;
      const descriptor: PropertyDescriptor | undefined = getOwnPropertyDescriptor(holder, key);
      if (descriptor !== undefined) return descriptor.value;
      holder = getPrototypeOf(holder);
    }
  } catch {
    // An object that throws when it is looked at has nothing to be waited for.
  }
  return undefined;
}
