/** Limits how much memory requests may take until they are answered. */
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
