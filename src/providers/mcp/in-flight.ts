import { GlassineError } from "../../core/errors/index.ts";
import { stringAt } from "../rewrite/index.ts";
import { type Call, stopHooks } from "./call.ts";
import { type Denial, guardErrorCodes } from "./denials.ts";
import { isObject, type JsonObject } from "./json.ts";
import { maxOpen, OpenRequests } from "./open-requests.ts";
import type { GuardOutcome } from "./options.ts";
import type { CallFacts, RequestRecord } from "./request-log.ts";
import { keyOf } from "./transport.ts";

/** A request without hooks, remembered so that its answer is not taken for a guarded request's. */
export interface UnguardedRequest {
  readonly method: string;
  readonly record: RequestRecord;
  /** The lane of the request. */
  readonly owner: object;
  readonly token: string | undefined;
  release: (() => void) | undefined;
}

export type Entry = Call | UnguardedRequest;

export function isCall(entry: Entry): entry is Call {
  return "subject" in entry;
}

const maxCancelled = 1024;

/**
 * The unanswered requests of one session and direction, by id.
 *
 * A cancelled request is remembered until it is answered, so that its id is not reused: its late
 * answer could be taken for another request's. To make room, the lowest numeric id is forgotten,
 * and from then on every whole number up to it counts as used: MCP forbids using an id twice in a
 * session, and clients count up.
 */
export class InFlight {
  readonly #open = new OpenRequests<Entry>();
  /** By id: whether the request was guarded. */
  readonly #cancelled = new Map<string, boolean>();
  #usedUpTo = -1;

  get(key: string): Entry | undefined {
    return this.#open.get(key);
  }

  /** Finds a notification's call, by the transport's `relatedRequestId` or the progress token. */
  relatedTo({ params }: JsonObject, aux: unknown): Call | undefined {
    const key = isObject(aux) ? keyOf(aux.relatedRequestId) : undefined;
    const token = isObject(params) ? params.progressToken : undefined;
    const named = [key === undefined ? undefined : this.get(key), this.#open.ofToken(token)];
    return named.find(
      (entry): entry is Call =>
        entry !== undefined && isCall(entry) && entry.isPrepared && entry.state !== "pre",
    );
  }

  isUsed(key: string): boolean {
    const number = wholeNumber(key);
    const isForgotten = number !== undefined && number <= this.#usedUpTo;
    return isForgotten || this.#open.get(key) !== undefined || this.#cancelled.has(key);
  }

  /** Whether there is no room for another request. */
  get isFull(): boolean {
    return this.#open.isFull || this.#cancelled.size > maxCancelled;
  }

  /** Whether nothing is left to remember. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#cancelled.size === 0 && this.#usedUpTo < 0;
  }

  /** The host may reuse its own ids as long as no guarded request can be mistaken for another. */
  isTaken(key: string, isOwnAndPlain: boolean): boolean {
    const open = this.#open.get(key);
    if (isOwnAndPlain && open !== undefined) return isCall(open);
    return this.isUsed(key);
  }

  add(key: string, entry: Entry): void {
    this.#open.add(key, entry);
  }

  /** Removes `entry`, unless another request has its id by now. */
  remove(key: string, entry: Entry): void {
    entry.release?.();
    if (this.#open.get(key) === entry) this.#open.remove(key);
  }

  cancel(key: string, entry: Entry): void {
    this.remove(key, entry);
    this.#cancelled.set(key, isCall(entry));
    if (this.#cancelled.size > maxCancelled) this.#forgetLowest();
  }

  /** Makes room for another id by forgetting the lowest whole number, if there is one. */
  #forgetLowest(): void {
    let lowest: { readonly key: string; readonly number: number } | undefined;
    for (const key of this.#cancelled.keys()) {
      const number = wholeNumber(key);
      if (number !== undefined && number < (lowest?.number ?? Number.POSITIVE_INFINITY)) {
        lowest = { key, number };
      }
    }
    if (lowest === undefined) return;
    this.#usedUpTo = Math.max(this.#usedUpTo, lowest.number);
    this.#cancelled.delete(lowest.key);
  }

  /**
   * Settles a cancelled request that was answered late. Returns whether it was guarded, or
   * `undefined` for an unknown id.
   */
  settleCancelled(key: string): boolean | undefined {
    const wasGuarded = this.#cancelled.get(key);
    this.#cancelled.delete(key);
    return wasGuarded;
  }

  /** The entries of the lane `owner`. */
  of(owner: object): readonly (readonly [key: string, entry: Entry])[] {
    return this.#open.list().filter(([, entry]) => entry.owner === owner);
  }

  /**
   * Ends and removes all open requests. One that is still being judged is not passed on, and late
   * answers are dropped.
   */
  clear(): void {
    for (const [, entry] of this.#open.list()) {
      entry.release?.();
      endOf(entry, "aborted", closed);
      if (isCall(entry)) stopHooks(entry, "closed");
    }
    this.#open.clear();
    this.#cancelled.clear();
    this.#usedUpTo = -1;
  }
}

/** The sender closed the connection, or the session is over. */
export const closed = { code: "closed" };

export function endOf(entry: Entry, outcome: GuardOutcome, because: Partial<Denial["data"]>): void {
  entry.record.end(outcome, because, () => (isCall(entry) ? factsOf(entry) : undefined));
}

function factsOf({ params, subject, taskTool, started, extensions, ...call }: Call): CallFacts {
  const name = subject.isTask ? taskTool : (params.name ?? params.uri);
  const { tenant } = call;
  return {
    name: textOf(name),
    begunBy: started?.request,
    tenant,
    subject: stringAt(extensions, "security", "subject", "id"),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The number in a key from `keyOf`, if it is a whole number. */
function wholeNumber(key: string): number | undefined {
  const number = key.startsWith("n") ? Number(key.slice(1)) : -1;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The error for the host's own sender when there are too many requests. */
export function tooManyOpen(): GlassineError {
  return new GlassineError(
    "overloaded",
    `This session has more than ${maxCancelled} cancelled requests without an answer, or more than ${maxOpen} open ones.`,
  );
}

/** If each request has its own stream, SDK v2 cancels it with a signal in the send options. */
export function watchSignal(entry: Entry, aux: unknown, cancel: () => void): void {
  const signal = isObject(aux) ? aux.requestSignal : undefined;
  if (!(signal instanceof AbortSignal)) return;
  signal.addEventListener("abort", cancel, { once: true });
  entry.release = () => signal.removeEventListener("abort", cancel);
  if (signal.aborted && isCall(entry)) cancel();
}

/**
 * Ends a request that was answered. If the transport answered in place of the peer, its `refusal`
 * says how the request ended.
 */
export function endAnswered(entry: Entry, denial: Denial | undefined, aux: unknown): void {
  const refusal = isObject(aux) && isObject(aux.refusal) ? aux.refusal : undefined;
  if (denial !== undefined) endOf(entry, ...endOfDenial(denial));
  else if (refusal === undefined) endOf(entry, "allowed", {});
  else {
    const outcome = refusal.outcome === "denied" ? "denied" : "errored";
    endOf(entry, outcome, { code: String(refusal.code) });
  }
}

/** Ends a call as allowed, as denied, or as errored if it could not be checked. */
export function endChecked(call: Call, denial: Denial | undefined): void {
  if (denial === undefined) endOf(call, "allowed", {});
  else endOf(call, ...endOfDenial(denial));
}

function endOfDenial({ code, data }: Denial): [GuardOutcome, Denial["data"]] {
  return [code === guardErrorCodes.denied ? "denied" : "errored", data];
}
