/** Lets one handler of a plugin run at a time. */

const PromiseAtLoad = Promise;

/** Whoever waits for the lock. Linked: no patched list method lets two in. */
interface Waiter {
  readonly enter: () => void;
  next: Waiter | undefined;
}

/** Held by one call at a time; the others wait in the order in which they came. */
export class Lock {
  #held = false;
  #first: Waiter | undefined = undefined;
  #last: Waiter | undefined = undefined;

  /** True when it was free, and is the caller's now. */
  take(): boolean {
    if (this.#held) return false;
    this.#held = true;
    return true;
  }

  /** Resolves once it is the caller's. */
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
      this.#held = false;
      return;
    }
    this.#first = next.next;
    if (this.#first === undefined) this.#last = undefined;
    next.enter();
  }
}
