/** Waits for one handler: until it settles, its deadline is over, or the host gives up. */
import type { DeadlineNode, DeadlineRing } from "../deadline-ring.ts";
import { isAborted, whenAborted } from "./signals.ts";
import { promiseOf, settledTo } from "./thenable.ts";
import type { HandlerStep, LateCounters } from "./types.ts";

const PromiseAtLoad = Promise;

/** What becomes of a result that arrives when nobody waits for it any more. */
export interface LatePolicy {
  readonly lateCounters: LateCounters;
  /** Whether it counts as a late result. */
  readonly counts: boolean;
  /**
   * The handler whose deadline is over: its rejection is reported. After an abort there is none: an
   * aborted handler may well reject.
   */
  readonly step: HandlerStep | undefined;
}

/**
 * What waits on a plugin's promise in place of the run. The plugin may return the same promise in
 * every run and never settle it, and a promise keeps alive whatever waits on it. On a deadline or
 * an abort the run drops its `PendingWait`, and a late result finds no owner.
 */
export class PendingWait<Owner extends object = object> {
  /** Whoever waits; nobody once it went on. */
  owner: Owner | undefined;
  /** Known once dropped. Most waits never are. */
  #latePolicy: LatePolicy | undefined = undefined;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  /** Takes the owner off. Without a policy, a late result is not reported to anyone. */
  drop(latePolicy: LatePolicy | undefined): void {
    this.owner = undefined;
    this.#latePolicy = latePolicy;
  }

  /** The promise settled after the wait was dropped. */
  late(threw: boolean, outcome: unknown): void {
    if (this.#latePolicy === undefined) return;
    const { lateCounters, counts, step } = this.#latePolicy;
    if (counts) lateCounters.late += 1;
    if (threw && step !== undefined) lateCounters.rejected(step, outcome);
  }
}

/** What is thrown in place of a result that did not come before its deadline. */
export const timedOut: object = Object.freeze({ __proto__: null, timedOut: true });

/** How a wait ended, and with what. Without a prototype: nothing patched turns it into a promise. */
export interface WaitEnd {
  readonly how: "returned" | "threw" | "timeout" | "aborted";
  readonly value: unknown;
}

function end(how: WaitEnd["how"], value: unknown): WaitEnd {
  return { __proto__: null, how, value } as WaitEnd;
}

/** Waits for what a handler returned. Never rejects. A result after a deadline or abort is dropped. */
export function settle(
  pending: PromiseLike<unknown>,
  ring: DeadlineRing | undefined,
  latePolicy?: LatePolicy,
  signal?: AbortSignal,
): Promise<WaitEnd> {
  return new PromiseAtLoad((resolve) => {
    const wait = new Wait(ring, latePolicy, resolve);
    ring?.join(wait);
    void follow(wait.pendingWait, promiseOf(pending, wait.pendingWait));
    if (signal !== undefined) wait.watch(signal);
  });
}

/** One handler that is waited for. */
class Wait implements DeadlineNode {
  deadlineNext: DeadlineNode | undefined = undefined;
  deadlinePrevious: DeadlineNode | undefined = undefined;
  deadlineBucket = 0;
  readonly pendingWait: PendingWait<Wait>;
  readonly #ring: DeadlineRing | undefined;
  readonly #latePolicy: LatePolicy | undefined;
  readonly #resolve: (end: WaitEnd) => void;
  #unlisten: (() => void) | undefined = undefined;

  constructor(
    ring: DeadlineRing | undefined,
    latePolicy: LatePolicy | undefined,
    resolve: (end: WaitEnd) => void,
  ) {
    this.pendingWait = new PendingWait<Wait>(this);
    this.#ring = ring;
    this.#latePolicy = latePolicy;
    this.#resolve = resolve;
  }

  watch(signal: AbortSignal): void {
    const onAbort = () => {
      const latePolicy = this.#latePolicy;
      this.#goOn(end("aborted", undefined), latePolicy && { ...latePolicy, step: undefined });
    };
    this.#unlisten = whenAborted(signal, onAbort);
    if (isAborted(signal)) onAbort();
  }

  onDeadline(): void {
    this.#goOn(end("timeout", undefined), this.#latePolicy);
  }

  /** Without what is waited for. */
  #goOn(how: WaitEnd, latePolicy: LatePolicy | undefined): void {
    this.pendingWait.drop(latePolicy);
    this.settled(how);
  }

  settled(how: WaitEnd): void {
    this.#ring?.leave(this);
    this.#unlisten?.();
    this.#resolve(how);
  }
}

/** Keeps alive the pending wait and nothing else while it waits. */
async function follow(
  pendingWait: PendingWait<Wait>,
  pending: PromiseLike<unknown>,
): Promise<void> {
  let how: WaitEnd;
  try {
    how = end("returned", settledTo(await pending));
  } catch (thrown) {
    how = end("threw", thrown);
  }
  if (pendingWait.owner === undefined) pendingWait.late(how.how === "threw", how.value);
  else pendingWait.owner.settled(how);
}
