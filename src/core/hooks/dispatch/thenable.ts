/** Waits for promises and thenables of others, and lets go of those that nobody waits for. */
import { ignore, intrinsics, plainly } from "../../data/index.ts";

const { apply, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isNativePromise, isProxy } =
  intrinsics;
type Then = (yes: (value: unknown) => void, no: (reason: unknown) => void) => unknown;

const PromiseAtLoad = Promise;
const promisePrototype = Promise.prototype;
const promiseThen = Promise.prototype.then as Then;
const startTimer = setTimeout;

/** Whoever waits; nobody once it went on. */
interface Owned {
  readonly owner: object | undefined;
}

/** How many thenables in thenables are followed before timers, and so deadlines, have a turn. */
const hopsInARow = 500;

/** Whether a promise that resolves to an object would ask a `then` found on it or above it. */
export function joinsPromise(value: object): boolean {
  try {
    for (let holder: object | null = value; holder !== null; holder = getPrototypeOf(holder)) {
      if (isProxy(holder)) return true;
      const then = getOwnPropertyDescriptor(holder, "then");
      if (then !== undefined) return !hasOwn(then, "value") || typeof then.value === "function";
    }
  } catch {
    return true;
  }
  return false;
}

/**
 * A promise of what `value` settles to; ask `settledTo` for it then. For a promise that nobody
 * dressed up that is itself, as fast as ever. Anything else brings a `then` of the plugin's.
 */
export function promiseOf(value: PromiseLike<unknown>, pendingWait: Owned): PromiseLike<unknown> {
  return isPlain(value) ? value : follow(value, pendingWait);
}

/** Whether `await` takes a promise as it is, and runs nothing of the plugin's. */
function isPlain(value: object): boolean {
  return (
    isNativePromise(value) &&
    getPrototypeOf(value) === promisePrototype &&
    !hasOwn(value, "constructor")
  );
}

/** What was waited for, given what `await` made of a `promiseOf`. */
export let settledTo: (awaited: unknown) => unknown;

/** Carries a value through a promise as it is: `settledTo` gives it back. */
export const settledWith = (value: unknown): object => new Settled(value);

/** What a followed thenable settled to. Its `then` is none: no patched prototype has a say. */
class Settled {
  // biome-ignore lint/suspicious/noThenProperty: see above.
  readonly then = undefined;
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }
  static {
    settledTo = (awaited) =>
      typeof awaited === "object" && awaited !== null && #value in awaited
        ? awaited.#value
        : awaited;
  }
}
/**
 * Does what `await` does, but for one thing: a thenable that resolves to another, and so on, would
 * keep timers from ever having their turn, and with them every deadline of the process. And once
 * nobody waits any more, it is not followed further.
 */
async function follow(first: unknown, pendingWait: Owned): Promise<Settled> {
  let value = first;
  await undefined;
  for (let hops = 1; ; hops++) {
    if (hops % hopsInARow === 0) await nextMacrotask();
    const then = thenOf(value);
    if (then === undefined || pendingWait.owner === undefined) return new Settled(value);
    value = settledTo(await called(then, value));
  }
}

/** The first call of a callback counts, also before a throw. */
function called(then: Then, value: unknown): Promise<Settled> {
  return new PromiseAtLoad((resolve, reject) => {
    apply(then, value, [(next: unknown) => resolve(new Settled(next)), reject]);
  });
}

/** The `then` by which `await` would wait for a value. */
function thenOf(value: unknown): Then | undefined {
  if (typeof value !== "object" && typeof value !== "function") return undefined;
  const own = plainly(value, "then");
  // Of a promise that does not deny to be one, `await` calls no `then`.
  const isPromise =
    isNativePromise(value) &&
    (typeof own !== "function" || plainly(value, "constructor") === PromiseAtLoad);
  if (isPromise) return promiseThen;
  return typeof own === "function" ? (own as Then) : undefined;
}

/** Microtasks come before the caller's own; a timer does not. */
export function nextMacrotask(): Promise<void> {
  return new PromiseAtLoad((resolve) => {
    startTimer(resolve, 0);
  });
}

/**
 * Takes note of a promise that nobody waits for any more, so that its rejection is no surprise.
 * A thenable that the runtime did not make rejects nowhere, and is not called: the `then` of
 * promises takes no other.
 */
export function unowned(pending: PromiseLike<unknown>): undefined {
  void ignore(isPlain(pending) ? pending : called(promiseThen, pending));
}
