/**
 * Limits how many bytes of a server's messages are read and judged at a time. What comes meanwhile
 * waits on the server's side.
 */
import { bytesWithin } from "./read-body.ts";
import type { Handed } from "./transport.ts";

/** Part of a budget. */
export interface Reservation {
  /** Gives back what is more than `bytes`. */
  shrinkTo(bytes: number): void;
  release(): void;
  /** Releases it when all messages have been passed on. */
  releaseAfter(handed: readonly Handed[]): void;
}

export interface ReadBody {
  readonly bytes: Buffer | undefined;
  readonly reserved: Reservation;
}

/**
 * How much of a message is read before there has to be room for all of it: a server that says no more
 * for a while keeps nobody else waiting.
 */
export const freeBytes = 65_536;

export class ByteBudget {
  readonly #all: number;
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly admit: () => void }[] = [];

  constructor(bytes: number) {
    this.#all = bytes;
    this.#free = bytes;
  }

  /**
   * Waits for its turn, and for room, but no longer than until `atLatest` aborts. More bytes than
   * there are in all reserve all of them, and none wait for nothing.
   */
  async reserve(wanted: number, atLatest?: AbortSignal): Promise<Reservation> {
    const bytes = Math.min(wanted, this.#all);
    const isFull = bytes > 0 && (this.#waiting.length > 0 || bytes > this.#free);
    if (isFull && !atLatest?.aborted) await this.#turnOf(bytes, atLatest);
    else this.#free -= bytes;
    return this.#reservationOf(bytes);
  }

  #turnOf(bytes: number, atLatest: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const own = {
        bytes,
        admit: () => {
          // A process may write any number of messages before it ends.
          atLatest?.removeEventListener("abort", hurry);
          resolve();
        },
      };
      const hurry = () => {
        this.#waiting.splice(this.#waiting.indexOf(own), 1);
        this.#free -= bytes;
        own.admit();
      };
      this.#waiting.push(own);
      atLatest?.addEventListener("abort", hurry);
    });
  }

  /**
   * Reads a whole body of this length, as its header says. The bytes have to be released; there are
   * none if the body is longer than `maxBytes`.
   */
  async read(
    body: AsyncIterable<Uint8Array>,
    length: unknown,
    maxBytes: number,
  ): Promise<ReadBody> {
    const whole = Math.min(Number(length) || maxBytes, maxBytes);
    const reserve = () => this.reserve(whole);
    let begun = 0;
    let reserved: Reservation | undefined;
    async function* parts() {
      for await (const part of body) {
        begun += part.byteLength;
        yield part;
        if (begun > freeBytes) reserved ??= await reserve();
      }
    }
    try {
      const bytes = await bytesWithin(parts(), maxBytes);
      const size = bytes?.length ?? 0;
      reserved ??= await this.reserve(size);
      reserved.shrinkTo(size);
      return { bytes, reserved };
    } catch (error) {
      reserved?.release();
      throw error;
    }
  }

  #reservationOf(bytes: number): Reservation {
    let left = bytes;
    const shrinkTo = (most: number) => {
      const kept = Math.min(left, most);
      this.#giveBack(left - kept);
      left = kept;
    };
    const release = () => shrinkTo(0);
    return {
      shrinkTo,
      release,
      releaseAfter: (handed) => void Promise.allSettled(handed).then(release),
    };
  }

  #giveBack(bytes: number): void {
    this.#free += bytes;
    for (let [next] = this.#waiting; next && next.bytes <= this.#free; [next] = this.#waiting) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.admit();
    }
  }
}
