/** Timers that are restarted often, and a deadline for something that takes several steps. */

/**
 * A timer that starts again as often as it is restarted. Restarting only notes the time: many timers
 * can be restarted at once, by what `allRestartedAt` returns.
 */
export class RestartableTimer {
  readonly #ms: number;
  readonly #onPassed: () => void;
  readonly #allRestartedAt: () => number;
  #timer: NodeJS.Timeout | undefined;
  #armedAt = 0;
  #restartedAt = Number.NEGATIVE_INFINITY;

  /** @param allRestartedAt returns when others restarted this timer, by `performance.now()` */
  constructor(
    ms: number,
    onPassed: () => void,
    allRestartedAt: () => number = () => Number.NEGATIVE_INFINITY,
  ) {
    this.#ms = ms;
    this.#onPassed = onPassed;
    this.#allRestartedAt = allRestartedAt;
    this.#arm(ms);
  }

  /** One that has passed begins anew. */
  restart(): void {
    this.#restartedAt = performance.now();
    if (this.#timer === undefined) this.#arm(this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    this.#armedAt = performance.now();
    this.#timer = setTimeout(() => this.#passed(), ms).unref();
  }

  #passed(): void {
    const restartedAt = Math.max(this.#restartedAt, this.#allRestartedAt());
    if (restartedAt > this.#armedAt) this.#arm(restartedAt + this.#ms - performance.now());
    else {
      this.#timer = undefined;
      this.#onPassed();
    }
  }
}

export const tooLate = Symbol("The server is late.");

export class Deadline {
  #timer: RestartableTimer | undefined;
  #isPassed = false;
  #onPassed: () => void = () => {};

  /**
   * While `isPaused` returns true, it begins again instead of passing.
   *
   * @param allRestartedAt as for `RestartableTimer`
   */
  start(ms: number, isPaused: () => boolean, allRestartedAt?: () => number): void {
    const passed = () => {
      if (isPaused()) return this.restart();
      this.#isPassed = true;
      this.#onPassed();
    };
    this.#timer = new RestartableTimer(ms, passed, allRestartedAt);
  }

  restart(): void {
    this.#timer?.restart();
  }

  stop(): void {
    this.#timer?.stop();
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
