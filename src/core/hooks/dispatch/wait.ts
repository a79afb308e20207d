/**
 * The one way to wait for a handler: until it settles, its deadline is over, or the host aborts.
 *
 * A run never waits itself; a `Wait` does. A plugin may return the same promise in every run and
 * never settle it, and a promise keeps alive whatever waits on it. On a deadline or an abort the
 * owner drops its `Wait`, and a late result finds no owner.
 */
import { attempt, ignore, isPlainPromise, nextMacrotask, waitEnd } from "../../data/index.ts";
import {
  type AsyncScope,
  apply,
  callIn,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isAwaitable,
  isNativePromise,
  isProxy,
  monotonicNow,
  PromiseAtLoad,
  readDataProperty,
} from "../../data/intrinsics.ts";
import { dropPromises } from "../../schema/index.ts";
import type { Deadline, DeadlineWait } from "../deadlines.ts";
import { isAborted, whenAborted } from "./signals.ts";
import type { HandlerStep, LateCounters } from "./types.ts";

type Then = (yes: (value: unknown) => void, no: (reason: unknown) => void) => unknown;

const promiseThen = Promise.prototype.then as Then;

/** What happens to a result that arrives when nobody waits for it any more. */
export interface LatePolicy {
  readonly lateCounters: LateCounters;
  /** Whether it counts as a late result. */
  readonly counts: boolean;
  /**
   * The handler whose deadline is over: its rejection is reported. `undefined` after an abort,
   * because an aborted handler may well reject.
   */
  readonly step: HandlerStep | undefined;
}

/** Something to wait for; `undefined` when there is nothing more. */
export type Pending = PromiseLike<unknown> | undefined;

/** How an owner goes on after it waited. */
export interface WaitRules<Owner> {
  /** The handler settled. Returns what to wait for next. */
  settled(owner: Owner, threw: boolean, outcome: unknown): Pending;
  /** The handler's deadline is over. */
  expired(owner: Owner): void;
}

/** Waits in place of its owner. One `Wait` serves handlers one after another until dropped. */
export class Wait<Owner = unknown> implements DeadlineWait {
  next: DeadlineWait | undefined = undefined;
  previous: DeadlineWait | undefined = undefined;
  dueAt = 0;
  /** Who waits; `undefined` once the owner has gone on. */
  owner: Owner | undefined;
  readonly #rules: WaitRules<Owner>;
  #deadline: Deadline | undefined = undefined;
  /** Set when the wait is dropped. Most waits never are. */
  #latePolicy: LatePolicy | undefined = undefined;
  /**
   * Where `expired` runs. One timer serves all runs, in the async context of the run that started
   * it: what goes on in that context would read the request of another caller. Not needed if
   * `expired` only resolves a promise.
   */
  #scope: AsyncScope | undefined;

  constructor(owner: Owner, rules: WaitRules<Owner>, scope?: AsyncScope) {
    this.owner = owner;
    this.#rules = rules;
    this.#scope = scope;
  }

  /**
   * Starts a deadline in place of the last one. If the next handler has the same deadline, the
   * queue is not left in between, which saves unreferencing the timer and referencing it again.
   */
  under(deadline: Deadline | undefined): void {
    if (this.#deadline !== deadline) this.#deadline?.leave(this);
    this.#deadline = deadline;
    deadline?.join(this);
  }

  onDeadline(): void {
    const { owner } = this;
    if (owner === undefined) return;
    callIn(this.#scope, () => this.#rules.expired(owner));
  }

  /** Waits for a promise, and then for whatever the owner wants to wait for next. */
  start(pending: Pending): void {
    void follow(this, pending);
  }

  settled(threw: boolean, outcome: unknown): Pending {
    if (this.owner !== undefined)
      return this.#rules.settled(this.owner, threw, threw ? outcome : settledTo(outcome));
    dropPromises(threw ? outcome : settledTo(outcome));
    if (this.#latePolicy === undefined) return undefined;
    const { lateCounters, counts, step } = this.#latePolicy;
    if (counts) lateCounters.late += 1;
    if (threw && step !== undefined) lateCounters.rejected(step, outcome);
    return undefined;
  }

  /** Detaches the owner. Without a policy, a late result is not reported to anyone. */
  drop(latePolicy: LatePolicy | undefined): void {
    this.owner = undefined;
    this.#scope = undefined;
    this.#latePolicy = latePolicy;
    this.under(undefined);
  }
}

/**
 * Keeps only the wait alive. V8 may keep an awaited value alive in this frame, so return after the
 * first value and resume in a new one.
 */
async function follow(wait: Wait, first: Pending): Promise<void> {
  let pending = first;
  while (pending !== undefined) {
    let outcome: unknown;
    let threw = false;
    try {
      outcome = await pending;
    } catch (thrown) {
      threw = true;
      outcome = thrown;
    }
    pending = wait.settled(threw, outcome);
    if (outcome !== undefined) {
      void follow(wait, pending);
      return;
    }
  }
}

/** Thrown in place of a result that did not come before its deadline. */
export const timedOut: object = Object.freeze({ __proto__: null, timedOut: true });

export interface HandlerEnd {
  readonly how: "returned" | "threw" | "timeout" | "aborted";
  readonly value: unknown;
}

/** Waits for what one handler returned. Never rejects. Drops a result after a deadline or abort. */
export function settle(
  pending: PromiseLike<unknown>,
  deadline: Deadline | undefined,
  latePolicy?: LatePolicy,
  signal?: AbortSignal,
): Promise<HandlerEnd> {
  return new PromiseAtLoad((resolve) => {
    let unlisten: (() => void) | undefined;
    const end = (how: HandlerEnd["how"], value: unknown, policy: LatePolicy | undefined) => {
      unlisten?.();
      wait.drop(policy);
      resolve(waitEnd(how, value));
      return undefined;
    };
    const wait: Wait<typeof end> = new Wait(end, {
      settled: (_end, threw, value) => end(threw ? "threw" : "returned", value, undefined),
      expired: () => end("timeout", undefined, latePolicy),
    });
    wait.under(deadline);
    wait.start(promiseOf(pending, wait));
    if (signal === undefined) return;
    const onAbort = () =>
      end("aborted", undefined, latePolicy && { ...latePolicy, step: undefined });
    unlisten = whenAborted(signal, onAbort);
    if (isAborted(signal)) onAbort();
  });
}

/** How long a handler may take. */
export interface TimeLimit {
  /** Ends the wait for a promise. `undefined` behind a lock, which begins its own. */
  readonly deadline: Deadline | undefined;
  /** The same in milliseconds, if blocking the thread counts: meanwhile, no timer can fire. */
  readonly timeoutMs: number | undefined;
}

/**
 * Calls a handler, and says how it ended: at once if it returned no promise. A handler that blocks
 * the thread past its deadline has timed out like any other, even if its promise resolved
 * meanwhile.
 */
export function callWithin(
  call: () => unknown,
  limit: TimeLimit,
  latePolicy?: LatePolicy,
  signal?: AbortSignal,
): HandlerEnd | Promise<HandlerEnd> {
  const dueAt = limit.timeoutMs === undefined ? Infinity : monotonicNow() + limit.timeoutMs;
  let returned: unknown;
  try {
    returned = call();
  } catch (thrown) {
    return waitEnd("threw", thrown);
  }
  if (monotonicNow() > dueAt) {
    if (isAwaitable(returned)) ignoreRejection(returned);
    else dropPromises(returned);
    return waitEnd("timeout", undefined);
  }
  if (!isAwaitable(returned)) return waitEnd("returned", returned);
  return settleBy(dueAt, returned, limit.deadline, latePolicy, signal);
}

async function settleBy(
  dueAt: number,
  pending: PromiseLike<unknown>,
  deadline: Deadline | undefined,
  latePolicy: LatePolicy | undefined,
  signal: AbortSignal | undefined,
): Promise<HandlerEnd> {
  const end = await settle(pending, deadline, latePolicy, signal);
  if (end.how !== "returned" || deadline === undefined || monotonicNow() <= dueAt) return end;
  if (latePolicy?.counts) latePolicy.lateCounters.late += 1;
  dropPromises(end.value);
  return waitEnd("timeout", undefined);
}

/** How many thenables of a chain are followed before timers, and so deadlines, can run. */
const hopsInARow = 500;

/** Whether a promise resolved with the object would use a `then` of it or of its prototypes. */
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
 * Returns a promise to `await` for what `value` settles to; `settledTo` unpacks the outcome. A
 * plain promise is returned as it is. Otherwise the `then` is the plugin's, and is called here.
 */
export function promiseOf(value: PromiseLike<unknown>, wait: Wait): PromiseLike<unknown> {
  return isPlainPromise(value) ? value : unwrap(value, wait);
}

/** Unpacks what `await` returned for a `promiseOf`. */
let settledTo: (awaited: unknown) => unknown;

/** Wraps a value to pass it through a promise unchanged; `settledTo` unpacks it. */
export const settledWith = (value: unknown): object => new Settled(value);

/** What a thenable settled to. Its own `then` is undefined, so that no patched one is called. */
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
 * Does what `await` does, except that an endless chain of thenables lets timers run, and with them
 * every deadline of the process. Once nobody waits any more, the chain is not followed.
 */
async function unwrap(first: unknown, wait: Wait): Promise<Settled> {
  let value = first;
  await undefined;
  for (let hops = 1; ; hops++) {
    if (hops % hopsInARow === 0) await nextMacrotask();
    const then = thenOf(value);
    if (then === undefined || wait.owner === undefined) return new Settled(value);
    value = settledTo(await called(then, value));
  }
}

/** The first call of a callback counts, even if `then` throws after it. */
function called(then: Then, value: unknown): Promise<Settled> {
  return new PromiseAtLoad((resolve, reject) => {
    apply(then, value, [(next: unknown) => resolve(new Settled(next)), reject]);
  });
}

/** Returns the `then` that `await` would use for a value. */
function thenOf(value: unknown): Then | undefined {
  if (typeof value !== "object" && typeof value !== "function") return undefined;
  const own = readDataProperty(value, "then");
  // `await` calls a native promise's own `then` only if its constructor is not `Promise`.
  const isPromise =
    isNativePromise(value) &&
    (typeof own !== "function" || readDataProperty(value, "constructor") === PromiseAtLoad);
  if (isPromise) return promiseThen;
  return typeof own === "function" ? (own as Then) : undefined;
}

/**
 * Handles the rejection of a promise that nobody waits for any more, of those in its result, and of
 * one that it rejects with. A thenable that the runtime did not make is not called, because nothing
 * would report its rejection.
 */
export function ignoreRejection(pending: PromiseLike<unknown>): undefined {
  void ignore(dropResult(isPlainPromise(pending) ? pending : called(promiseThen, pending)));
}

async function dropResult(pending: PromiseLike<unknown>): Promise<void> {
  try {
    dropPromises(settledTo(await pending));
  } catch (thrown) {
    dropPromises(thrown);
  }
}

/** Calls the host's code. Whatever it throws, or rejects with, is ignored. */
export function callSafely(call: () => unknown): void {
  const answer = attempt(call);
  if (isAwaitable(answer)) ignoreRejection(answer);
}
