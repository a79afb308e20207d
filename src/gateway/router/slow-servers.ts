/** Decides how long a merged answer waits for each server. */
import { putNewest } from "../../core/data/index.ts";

/** How long one server may keep the others waiting. */
const patienceMs = 10_000;
/** The wait for a server that was too slow recently, and how long it counts as such. */
const shortPatienceMs = 1_000;
const slowForMs = 60_000;
const maxKnown = 10_000;

export class SlowServers {
  readonly #since = new Map<string, number>();

  /** Judged per owner: each session or subject has its own connections. */
  patienceMs(owner: string, server: string): number {
    const since = this.#since.get(keyOf(owner, server));
    const isSlow = since !== undefined && performance.now() - since < slowForMs;
    return isSlow ? shortPatienceMs : patienceMs;
  }

  /** Notes a server that did not answer in time. Short waits are ignored, or it would stay slow. */
  wasSlow(owner: string, server: string, waitedMs: number): void {
    if (waitedMs >= patienceMs) this.timedOut(owner, server);
  }

  /** Notes a server that did not answer within its own timeout, which may be a shorter time. */
  timedOut(owner: string, server: string): void {
    putNewest(this.#since, keyOf(owner, server), performance.now(), maxKnown);
  }

  answered(owner: string, server: string): void {
    this.#since.delete(keyOf(owner, server));
  }
}

/** How long to wait for a handshake: always the full time, as the server may only be starting. */
export const handshakePatienceMs = patienceMs;

function keyOf(owner: string, server: string): string {
  return JSON.stringify([owner, server]);
}
