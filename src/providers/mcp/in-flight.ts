import { stringAt } from "../rewrite/index.ts";
import { type Call, stopHooks } from "./call.ts";
import {
  type Denial,
  guardErrorCodes,
  maxCancelled,
  tooManyCancelled,
  tooManyOpen,
} from "./denials.ts";
import { isObject, type JsonObject } from "./json.ts";
import { OpenRequests } from "./open-requests.ts";
import type { GuardOutcome } from "./options.ts";
import type { CallFacts, RequestRecord } from "./request-log.ts";
import { keyOf } from "./transport.ts";

/** A request without hooks, remembered so that its answer is not taken for a guarded request's. */
export interface UnguardedRequest {
  readonly key: string;
  readonly method: string;
  readonly record: RequestRecord;
  /** The open requests of its lane. */
  readonly lane: Set<object>;
  readonly token: string | undefined;
  release?: () => void;
}

export type Entry = Call | UnguardedRequest;

export function isCall(entry: Entry): entry is Call {
  return "subject" in entry;
}

/**
 * The unanswered requests of one session and direction, by id.
 *
 * A cancelled request is remembered until it is answered, so that its id is not reused: its late
 * answer could be taken for another request's. To make room, the id with the lowest number is
 * forgotten, and from then on every id of its series up to it counts as used: MCP forbids using an
 * id twice in a session, and clients count up.
 */
export class InFlight {
  readonly #open = new OpenRequests<Entry>();
  /** By id: whether the request was guarded. */
  readonly #cancelled = new Map<string, boolean>();
  readonly #usedUpTo = new Map<Series, number>();

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
    const counted = countedIn(key);
    const isForgotten = counted !== undefined && counted.number <= this.#lastOf(counted.series);
    return isForgotten || this.#open.get(key) !== undefined || this.#cancelled.has(key);
  }

  #lastOf(series: Series): number {
    return this.#usedUpTo.get(series) ?? -1;
  }

  /** Why there is no room for another request. */
  get full(): Denial | undefined {
    if (this.#open.isFull) return tooManyOpen;
    return this.#cancelled.size > maxCancelled ? tooManyCancelled : undefined;
  }

  /** Whether nothing is left to remember. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#cancelled.size === 0 && this.#usedUpTo.size === 0;
  }

  /** The host may reuse its own ids as long as no guarded request can be mistaken for another. */
  isTaken(key: string, isOwnAndPlain: boolean): boolean {
    const open = this.#open.get(key);
    if (isOwnAndPlain && open !== undefined) return isCall(open);
    return this.isUsed(key);
  }

  add(entry: Entry): void {
    this.#open.add(entry.key, entry);
    entry.lane.add(entry);
  }

  /** Removes `entry`, unless another request has its id by now. */
  remove(entry: Entry): void {
    entry.release?.();
    entry.lane.delete(entry);
    if (this.#open.get(entry.key) === entry) this.#open.remove(entry.key);
  }

  cancel(entry: Entry): void {
    this.remove(entry);
    this.#expectLate(entry.key, isCall(entry));
  }

  /** Ends and removes `entry`, by default because its connection or session is over. */
  close(entry: Entry, because = { code: "closed" }): void {
    this.remove(entry);
    endOf(entry, "aborted", because);
    if (isCall(entry)) stopHooks(entry, "closed");
  }

  #expectLate(key: string, wasGuarded: boolean): void {
    this.#cancelled.set(key, wasGuarded || this.#cancelled.get(key) === true);
    if (this.#cancelled.size > maxCancelled) this.#forgetLowest();
  }

  /**
   * Takes over the requests of `other`, whose session turned out to be the same. Those of both that
   * have the same id end, because their answers could be mistaken for each other.
   */
  addAll(other: InFlight): void {
    for (const entry of this.#open.list()) if (other.isUsed(entry.key)) this.#endTwin(entry);
    for (const entry of other.#open.list()) {
      if (this.isUsed(entry.key)) this.#endTwin(entry);
      else this.add(entry);
    }
    for (const [key, wasGuarded] of other.#cancelled) this.#expectLate(key, wasGuarded);
    for (const [series, number] of other.#usedUpTo) this.#forgetUpTo(series, number);
  }

  #endTwin(entry: Entry): void {
    this.close(entry, { code: "request_id_in_use" });
    this.cancel(entry);
  }

  /** Makes room for another id by forgetting the one with the lowest number, if there is one. */
  #forgetLowest(): void {
    let lowest: (Counted & { readonly key: string }) | undefined;
    for (const key of this.#cancelled.keys()) {
      const counted = countedIn(key);
      if (counted !== undefined && counted.number < (lowest?.number ?? Number.POSITIVE_INFINITY)) {
        lowest = { key, ...counted };
      }
    }
    if (lowest === undefined) return;
    const { key, series, number } = lowest;
    this.#forgetUpTo(series, number);
    this.#cancelled.delete(key);
  }

  #forgetUpTo(series: Series, number: number): void {
    this.#usedUpTo.set(series, Math.max(this.#lastOf(series), number));
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

  /**
   * Ends and removes all open requests. One that is still being judged is not passed on, and late
   * answers are dropped.
   */
  clear(): void {
    for (const entry of this.#open.list()) this.close(entry);
    this.#cancelled.clear();
    this.#usedUpTo.clear();
  }
}

export function endOf(entry: Entry, outcome: GuardOutcome, because: Partial<Denial["data"]>): void {
  // A message that passes unseen is a call only because its answer may ask for input.
  entry.record.end(outcome, because, () =>
    isCall(entry) && (entry.isPrepared || !entry.subject.isOther) ? factsOf(entry) : undefined,
  );
}

function factsOf(call: Call): CallFacts {
  const { params, subject, taskTool, started, extensions, tenant } = call;
  const name = subject.isTask ? taskTool : (params.name ?? params.uri);
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

/** Whole numbers, or the ids that SDK v2 counts for subscriptions: `listen:0`, `listen:1`. */
type Series = "n" | "slisten:";

interface Counted {
  readonly series: Series;
  readonly number: number;
}

/** The series that a key from `keyOf` belongs to, if any, and its number there. */
function countedIn(key: string): Counted | undefined {
  const series = key.startsWith("slisten:") ? "slisten:" : "n";
  const digits = key.startsWith(series) ? key.slice(series.length) : "";
  const number = Number(digits);
  // Any other spelling of a number, such as `007`, is an id of its own.
  const isWhole = Number.isSafeInteger(number) && number >= 0 && String(number) === digits;
  return isWhole ? { series, number } : undefined;
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
 * Ends a request that was checked or answered: as denied, or as errored if it could not be checked.
 * If the transport answered in place of the peer, its `refusal` says how the request ended.
 */
export function endChecked(entry: Entry, denial: Denial | undefined, aux?: unknown): void {
  const refusal = isObject(aux) && isObject(aux.refusal) ? aux.refusal : undefined;
  if (denial !== undefined) {
    endOf(entry, denial.code === guardErrorCodes.denied ? "denied" : "errored", denial.data);
  } else if (refusal === undefined) endOf(entry, "allowed", {});
  else {
    const outcome = refusal.outcome === "denied" ? "denied" : "errored";
    endOf(entry, outcome, { code: String(refusal.code) });
  }
}
