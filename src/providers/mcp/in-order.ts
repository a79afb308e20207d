import type { Handed } from "./ends.ts";

/** Hands messages on one after the other, and at once where none waits. */
export class InOrder {
  #last: Promise<void> | undefined;

  /** At once, unless something before it waits. */
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
