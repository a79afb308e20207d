import type { Call } from "./call.ts";
import { isObject } from "./json.ts";

/** A request without hooks. It is known so that no answer can pass for that of a guarded one. */
export interface Plain {
  readonly method: string;
  release?: () => void;
}

export type Entry = Call | Plain;

export function isCall(entry: Entry): entry is Call {
  return "subject" in entry;
}

const maxCancelled = 1024;

/**
 * The open requests of one direction, by id.
 *
 * A cancelled request stays known for a while: its late answer must not be taken for that of
 * another request, and its id must not be used again.
 */
export class InFlight {
  readonly #open = new Map<string, Entry>();
  /** Whether a guard stood before it. */
  readonly #cancelled = new Map<string, boolean>();

  get(key: string): Entry | undefined {
    return this.#open.get(key);
  }

  isUsed(key: string): boolean {
    return this.#open.has(key) || this.#cancelled.has(key);
  }

  add(key: string, entry: Entry): void {
    this.#open.set(key, entry);
  }

  /** Forgets `entry`, unless another request has its id by now. */
  remove(key: string, entry: Entry): void {
    entry.release?.();
    if (this.#open.get(key) === entry) this.#open.delete(key);
  }

  cancel(key: string, entry: Entry): void {
    this.remove(key, entry);
    this.#cancelled.set(key, isCall(entry));
    const [oldest] = this.#cancelled.keys();
    if (this.#cancelled.size > maxCancelled && oldest !== undefined) this.#cancelled.delete(oldest);
  }

  /** Takes the late answer to a cancelled request: was it guarded? Nothing for an unknown id. */
  takeCancelled(key: string): boolean | undefined {
    const wasGuarded = this.#cancelled.get(key);
    this.#cancelled.delete(key);
    return wasGuarded;
  }

  /** Forgets all, and returns the calls that were open. */
  clear(): Call[] {
    const entries = [...this.#open.values()];
    for (const entry of entries) entry.release?.();
    this.#open.clear();
    this.#cancelled.clear();
    return entries.filter(isCall);
  }
}

/** SDK v2 cancels by a signal in the send options where each request has a stream of its own. */
export function watchSignal(entry: Entry, aux: unknown, cancel: () => void): void {
  const signal = isObject(aux) ? aux.requestSignal : undefined;
  if (!(signal instanceof AbortSignal)) return;
  signal.addEventListener("abort", cancel, { once: true });
  entry.release = () => signal.removeEventListener("abort", cancel);
  if (signal.aborted && isCall(entry)) cancel();
}
