/**
 * What waits on a promise of a plugin. The plugin may give the same promise in every run and never
 * settle it, and a promise keeps whatever waits on it. So only a ticket waits: whoever goes on
 * without the promise takes itself off, and the promise keeps nothing of the run.
 */

/** What managers count of promises that nobody waits for any more. */
export interface Tally {
  /** Results that came after their deadline, or after an abort. */
  late: number;
}

export class Ticket<Owner extends object = object> {
  /** Whoever waits; nobody, once it went on. */
  owner: Owner | undefined;
  #tally: Tally | undefined;

  constructor(owner: Owner, tally: Tally | undefined) {
    this.owner = owner;
    this.#tally = tally;
  }

  /** The promise settled, and nobody waits for it. */
  late(): void {
    if (this.#tally !== undefined) this.#tally.late += 1;
  }

  /** Takes the owner off. `counts`: whether what comes then is a result that came late. */
  drop(counts: boolean): void {
    this.owner = undefined;
    if (!counts) this.#tally = undefined;
  }
}
