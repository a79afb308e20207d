/**
 * What waits on a promise of a plugin. The plugin may give the same promise in every run and never
 * settle it, and a promise keeps whatever waits on it. So only a ticket waits: whoever goes on
 * without the promise takes itself off, and the promise keeps nothing of the run.
 */

import type { HandlerStep } from "./compiled-hook.ts";

/** What managers are told of promises that nobody waits for any more. */
export interface LateCounters {
  /** Results that came after their deadline, or after an abort. */
  late: number;
  /** Told of each handler that rejected after its deadline. Never throws. */
  readonly rejected: (step: HandlerStep, thrown: unknown) => void;
}

/** What becomes of a result that comes when nobody waits for it any more. */
export interface LatePolicy {
  readonly lateCounters: LateCounters;
  /** Whether it counts as a result that came late. */
  readonly counts: boolean;
  /**
   * The handler whose deadline is over: its rejection is told. Who was aborted may well reject, and
   * nobody is told of that.
   */
  readonly step: HandlerStep | undefined;
}

export class PendingWait<Owner extends object = object> {
  /** Whoever waits; nobody, once it went on. */
  owner: Owner | undefined;
  /** Known only then: most tickets are never left behind, and each run that waits holds one. */
  #latePolicy: LatePolicy | undefined = undefined;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  /** The promise settled, and nobody waits for it. */
  late(threw: boolean, outcome: unknown): void {
    if (this.#latePolicy === undefined) return;
    const { lateCounters, counts, step } = this.#latePolicy;
    if (counts) lateCounters.late += 1;
    if (threw && step !== undefined) lateCounters.rejected(step, outcome);
  }

  /** Takes the owner off. Where nobody is to be told of what comes then, nothing is given. */
  drop(latePolicy: LatePolicy | undefined): void {
    this.owner = undefined;
    this.#latePolicy = latePolicy;
  }
}
