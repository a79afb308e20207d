/** A manager's background work. Nobody awaits it: it is counted, bounded and drained at the end. */
import { nextMacrotask } from "../../data/index.ts";
import { append, forEach, freeze, newList, PromiseAtLoad } from "../../data/intrinsics.ts";
import { optionsInvalid } from "../../errors/index.ts";

const { floor } = Math;

/** A plugin, as far as its background handlers are counted. */
interface Worker {
  /** How many of the plugin's background handlers are running, or are held a place for. */
  inBackground: number;
}

/** What became of background work so far. */
export interface BackgroundCounts {
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  readonly timedOut: number;
  /** Not started, because the queue was full. */
  readonly dropped: number;
  readonly pending: number;
}

export class BackgroundWork {
  readonly #counts = { started: 0, completed: 0, failed: 0, timedOut: 0, dropped: 0 };
  /** How many tasks of one plugin may be running: all plugins together then have at most `max`. */
  readonly #share: number;
  /** Callbacks that resolve pending calls of `drain`. */
  #waiting = newList<() => void>();
  #pending = 0;

  /**
   * Divides the capacity, so that a plugin whose tasks never end cannot take the others' share.
   *
   * @throws GlassineError `options_invalid` if there is not enough for one task each
   */
  constructor(max: number, plugins: number) {
    this.#share = floor(max / plugins);
    if (this.#share > 0) return;
    throw optionsInvalid(
      `maxBackground is ${max}, but ${plugins} plugins have handlers in fire_and_forget, and each needs room for one: set it to ${plugins} or more.`,
    );
  }

  /** Whether there is room for another task of a plugin, in addition to those already chosen. */
  hasRoom({ inBackground }: Worker, chosen: number): boolean {
    return inBackground + chosen < this.#share;
  }

  /** Holds the places of tasks that do not start at once, or with `times` -1 gives them back. */
  hold(tasks: readonly { readonly plugin: Worker }[], times: 1 | -1 = 1): void {
    forEach(tasks, ({ plugin }) => {
      plugin.inBackground += times;
    });
  }

  /** Counts a task for which there was no room. */
  drop(): void {
    this.#counts.dropped += 1;
  }

  /** Starts a task after the caller has its result. */
  async start(plugin: Worker, task: () => Promise<BackgroundEnd>): Promise<void> {
    this.#counts.started += 1;
    this.#pending += 1;
    plugin.inBackground += 1;
    // There may be too little stack left to start a timer.
    await undefined;
    await nextMacrotask();
    // Nobody handles a rejection of this promise, so call nothing that a plugin may have patched.
    const end = await task();
    this.#counts[end] += 1;
    this.#pending -= 1;
    plugin.inBackground -= 1;
    if (this.#pending > 0) return;
    const waiting = this.#waiting;
    this.#waiting = newList();
    forEach(waiting, (resolve) => resolve());
  }

  counts(): BackgroundCounts {
    return freeze({ ...this.#counts, pending: this.#pending });
  }

  /** Resolves when everything started so far, and whatever that starts, has ended. */
  drain(): Promise<void> {
    return new PromiseAtLoad((resolve) => {
      if (this.#pending === 0) resolve();
      else append(this.#waiting, resolve);
    });
  }
}

export type BackgroundEnd = "completed" | "failed" | "timedOut";
