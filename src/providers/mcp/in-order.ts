import type { Handed } from "./ends.ts";

/** Passes messages on in order, immediately if none is waiting. */
export class InOrder {
  #last: Promise<void> | undefined;

  /** Runs immediately unless something before it is waiting. */
  now(work: () => Handed): Handed {
    return this.#last === undefined ? work() : this.next(work);
  }

  next(work: () => Handed): Promise<void> {
    const before = this.#last;
    const done = (async () => {
      await before;
      await work();
    })();
    const settled = done.then(nothing, nothing).then(() => {
      if (this.#last === settled) this.#last = undefined;
    });
    this.#last = settled;
    return done;
  }
}

function nothing(): void {}
