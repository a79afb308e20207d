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

export class ByteBudget {
  readonly #all: number;
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly admit: () => void }[] = [];

  constructor(bytes: number) {
    this.#all = bytes;
    this.#free = bytes;
  }

  /** Waits for its turn, and for room. More bytes than there are in all reserve all of them. */
  async reserve(wanted: number): Promise<Reservation> {
    const bytes = Math.min(wanted, this.#all);
    if (this.#waiting.length > 0 || bytes > this.#free)
      await new Promise<void>((admit) => this.#waiting.push({ bytes, admit }));
    else this.#free -= bytes;
    return this.#reservationOf(bytes);
  }

  /**
   * Reads a whole body of this length, as its header says, once there is room for it, which has to be released. There are
   * no bytes if the body is longer than `maxBytes`.
   */
  async read(
    body: AsyncIterable<Uint8Array>,
    length: unknown,
    maxBytes: number,
  ): Promise<ReadBody> {
    const reserved = await this.reserve(Math.min(Number(length) || maxBytes, maxBytes));
    try {
      const bytes = await bytesWithin(body, maxBytes);
      reserved.shrinkTo(bytes?.length ?? 0);
      return { bytes, reserved };
    } catch (error) {
      reserved.release();
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
