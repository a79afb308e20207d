/** How long an answer that is made of those of several servers waits for each of them. */

/** How long one of them may keep the others waiting. */
const patienceMs = 10_000;
/** The same of a server that was too slow a moment ago, and for how long it counts as one. */
const shortPatienceMs = 1_000;
const slowForMs = 60_000;
const maxKnown = 10_000;

export class SlowServers {
  readonly #since = new Map<string, number>();

  /** Connections are those of a session or a subject, so what one of them meets holds for it alone. */
  patienceMs(owner: string, server: string): number {
    const since = this.#since.get(keyOf(owner, server));
    const isSlow = since !== undefined && performance.now() - since < slowForMs;
    return isSlow ? shortPatienceMs : patienceMs;
  }

  /** It was waited for in vain. The short time does not count, or a slow server stayed slow. */
  wasSlow(owner: string, server: string, waitedMs: number): void {
    if (waitedMs < patienceMs) return;
    const key = keyOf(owner, server);
    this.#since.delete(key);
    this.#since.set(key, performance.now());
    const [oldest] = this.#since.keys();
    if (this.#since.size > maxKnown && oldest !== undefined) this.#since.delete(oldest);
  }

  answered(owner: string, server: string): void {
    this.#since.delete(keyOf(owner, server));
  }
}

/** Of the handshake of a server that may just have been started. */
export const handshakePatienceMs = patienceMs;

function keyOf(owner: string, server: string): string {
  return JSON.stringify([owner, server]);
}
