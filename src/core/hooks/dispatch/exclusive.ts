/** A handler behind its plugin's lock, for plugins that are not `asyncSafe`. */
import { isAwaitable, PromiseAtLoad } from "../../data/intrinsics.ts";
import { GlassineError } from "../../errors/index.ts";
import { endTurn, isLive, originOf, partOf } from "./context.ts";
import type { AnyHandler, HandlerLock, PluginContext } from "./types.ts";
import {
  callWithin,
  type HandlerEnd,
  type LatePolicy,
  settledWith,
  type TimeLimit,
  timedOut,
} from "./wait.ts";

/** A call that waits for a lock. A linked list, because a patched array method could let two in. */
interface Waiter {
  readonly enter: () => void;
  next: Waiter | undefined;
}

/** One call holds the lock at a time; the others wait in the order in which they came. */
export class Lock implements HandlerLock {
  #isTaken = false;
  #first: Waiter | undefined = undefined;
  #last: Waiter | undefined = undefined;

  take(): boolean {
    if (this.#isTaken) return false;
    this.#isTaken = true;
    return true;
  }

  wait(): Promise<void> {
    return new PromiseAtLoad((resolve) => {
      const waiter: Waiter = { enter: resolve, next: undefined };
      if (this.#last === undefined) this.#first = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
    });
  }

  leave(): void {
    const next = this.#first;
    if (next === undefined) {
      this.#isTaken = false;
      return;
    }
    this.#first = next.next;
    if (this.#first === undefined) this.#last = undefined;
    next.enter();
  }
}

/** The time begins when the handler is called, so that waiting for others does not count. */
export interface Exclusion extends TimeLimit {
  readonly lock: HandlerLock;
  readonly extensions: boolean;
}

/**
 * Puts a handler behind its plugin's lock. The lock is released when the handler settles or its
 * deadline is over, so a handler that never settles does not block its plugin forever.
 */
export function exclusive(handler: AnyHandler, exclusion: Exclusion): AnyHandler {
  const { lock, extensions } = exclusion;
  const call = (payload: unknown, context: PluginContext, view: unknown): unknown => {
    const handle = () => (extensions ? handler(payload, context, view) : handler(payload, context));
    let held: Promise<unknown> | undefined;
    try {
      const end = callWithin(handle, exclusion, latePolicyOf(context));
      if (!isAwaitable(end)) return outcomeOf(context, end);
      held = hold(lock, context, end);
      return held;
    } finally {
      // Also if the stack ended before anything holds the lock.
      if (held === undefined) lock.leave();
    }
  };
  const queue = async (
    payload: unknown,
    context: PluginContext,
    view: unknown,
  ): Promise<unknown> => {
    await lock.wait();
    // The run may have gone on without this call.
    if (!isLive(context)) {
      lock.leave();
      return undefined;
    }
    const called = call(payload, context, view);
    return isAwaitable(called) ? await called : settledWith(called);
  };
  return (payload, context, view) => {
    expectRoom(roomFrames);
    if (waitsForItself(context, lock)) {
      throw new GlassineError(
        "reentrancy",
        "The plugin is not asyncSafe, and one of its handlers waits for this run.",
      );
    }
    return lock.take() ? call(payload, context, view) : queue(payload, context, view);
  };
}

/** How many stack frames must be free before a lock is taken, since what releases it needs some. */
const roomFrames = 200;

/** @throws RangeError if the stack has no room for so many frames */
export function expectRoom(frames: number): void {
  if (frames > 0) expectRoom(frames - 1);
}

/** Counts no late result: after an abort the run does, and after the deadline nobody. */
function latePolicyOf(context: PluginContext): LatePolicy | undefined {
  const part = partOf(context);
  return part && { lateCounters: part.run.runtime.lateCounters, step: part.step, counts: false };
}

async function hold(
  lock: HandlerLock,
  context: PluginContext,
  pending: Promise<HandlerEnd>,
): Promise<unknown> {
  try {
    return settledWith(outcomeOf(context, await pending));
  } finally {
    lock.leave();
  }
}

/** Returns what the handler returned. @throws what it threw, or `timedOut` */
function outcomeOf(context: PluginContext, { how, value }: HandlerEnd): unknown {
  if (how === "threw") throw value;
  if (how === "returned") return value;
  endTurn(context);
  throw timedOut;
}

/** Whether a handler behind the same lock started this run, or a run that it is nested in. */
function waitsForItself(context: unknown, lock: HandlerLock): boolean {
  let origin = originOf(context)?.run.options.parent;
  while (origin !== undefined) {
    if (origin.step.plugin.lock === lock) return true;
    origin = origin.run.options.parent;
  }
  return false;
}
