/** Limits how much memory messages of callers may take until they are answered or passed on. */
import { within } from "../../core/data/index.ts";
import type { Identity } from "../identity/index.ts";
import type { Held } from "../transports/index.ts";

export class HeldBytes {
  readonly #bySubject = new Map<string, number>();
  readonly #most: () => number;
  #all = 0;

  /** One subject may have half of `most`, so that none can keep out all others. */
  constructor(most: () => number) {
    this.#most = most;
  }

  /** Returns the bytes of a new request: none yet. */
  of({ key }: Identity): Held {
    let bytes = 0;
    let uses = 0;
    return {
      take: (more) => {
        const most = this.#most();
        const own = this.#bySubject.get(key) ?? 0;
        if (this.#all + more > most || own + more > most / 2) return false;
        bytes += more;
        if (uses > 0) this.#add(key, more);
        return true;
      },
      hold: () => {
        if (uses === 0) this.#add(key, bytes);
        uses += 1;
        let isOver = false;
        return () => {
          if (isOver) return;
          isOver = true;
          uses -= 1;
          if (uses === 0) this.#add(key, -bytes);
        };
      },
    };
  }

  #add(key: string, bytes: number): void {
    this.#all += bytes;
    const own = (this.#bySubject.get(key) ?? 0) + bytes;
    if (own === 0) this.#bySubject.delete(key);
    else this.#bySubject.set(key, own);
  }
}

/** How long passing on a notification may take. */
export const notificationMs = 30_000;

/**
 * Holds the bytes of messages that get no answer until no message is on its way, which may never be
 * so in a busy session, or until they must have been passed on. What comes while it waits has the
 * next wait in common, since each takes time for every message on its way.
 */
export function heldUntil(settled: () => Promise<unknown>): (held: Held) => void {
  let waiting: (() => void)[] = [];
  let isWaiting = false;
  const wait = async () => {
    isWaiting = true;
    while (waiting.length > 0) {
      const releases = waiting;
      waiting = [];
      await within(notificationMs, settled);
      for (const release of releases) release();
    }
    isWaiting = false;
  };
  return (held) => {
    waiting.push(held.hold());
    if (!isWaiting) void wait();
  };
}
