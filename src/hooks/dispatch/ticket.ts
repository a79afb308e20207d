/**
 * What waits on a promise of a plugin. The plugin may give the same promise in every run and never
 * settle it, and a promise keeps whatever waits on it. So only a ticket waits: whoever goes on
 * without the promise takes itself off, and the promise keeps nothing of the run.
 */

import type { HandlerStep } from "./program.ts";

/** What managers are told of promises that nobody waits for any more. */
export interface Tally {
  /** Results that came after their deadline, or after an abort. */
  late: number;
  /** Told of each handler that rejected after its deadline. Never throws. */
  readonly rejected: (step: HandlerStep, thrown: unknown) => void;
}

export class Ticket<Owner extends object = object> {
  /** Whoever waits; nobody, once it went on. */
  owner: Owner | undefined;
  readonly #tally: Tally | undefined;
  #counts = true;
  /** Whose rejection is told. */
  #step: HandlerStep | undefined = undefined;

  constructor(owner: Owner, tally: Tally | undefined) {
    this.owner = owner;
    this.#tally = tally;
  }

  /** The promise settled, and nobody waits for it. */
  late(threw: boolean, outcome: unknown): void {
    const tally = this.#tally;
    if (tally === undefined) return;
    if (this.#counts) tally.late += 1;
    if (threw && this.#step !== undefined) tally.rejected(this.#step, outcome);
  }

  /**
   * Takes the owner off. `counts`: whether what comes then is a result that came late. `step`: the
   * handler whose deadline is over. Who was aborted may well reject: nobody is told of that.
   */
  drop(counts: boolean, step?: HandlerStep): void {
    this.owner = undefined;
    this.#counts = counts;
    this.#step = step;
  }
}
