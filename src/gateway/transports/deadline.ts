/** A deadline for something that takes several steps. */

export const tooLate = Symbol("The server is late.");

export class Deadline {
  #timer: NodeJS.Timeout | undefined;
  #isPassed = false;
  #onPassed: () => void = () => {};

  /** While `isPaused` returns true, it begins again instead of passing. */
  start(ms: number, isPaused: () => boolean): void {
    const passed = () => {
      if (isPaused()) return this.restart();
      this.#isPassed = true;
      this.#onPassed();
    };
    this.#timer = setTimeout(passed, ms).unref();
  }

  restart(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /**
   * Resolves to the result of `work`, or to `tooLate`. Only the latest call can time out. What comes
   * of `work` later is dropped, a rejection too.
   */
  unlessLate<Value>(work: Promise<Value>): Promise<Value | typeof tooLate> {
    return new Promise((resolve, reject) => {
      this.#onPassed = () => resolve(tooLate);
      if (this.#isPassed) this.#onPassed();
      work.then(resolve, reject);
    });
  }
}
