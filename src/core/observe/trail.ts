/**
 * The audit trail: takes events one at a time, in the order in which they were raised, first to
 * the host's sink and then to whoever the manager names. It never throws for what a recipient
 * does, and never forgets what it could not hand over.
 */
import { ignore, intrinsics, isAwaitable } from "../data/index.ts";
import { describeThrown } from "./describe-thrown.ts";
import type { AuditEvent, AuditEventInput } from "./event.ts";
import type { FactKinds } from "./fact-kinds.ts";
import { jsonLines } from "./json-lines.ts";
import type { AuditSink, ReadAuditOptions } from "./options.ts";
import { type AuditOutcome, isPromise, notTaken, type Recipient, taken, worse } from "./outcome.ts";
import { redacted } from "./redact.ts";
import { sealEvent } from "./seal-event.ts";
import { bothOf, type Needles, needlesOf } from "./secrets.ts";
import { settleWithin, type WaitEnd } from "./settle.ts";

/** How often a recipient did not take an event. */
export interface AuditFailures {
  readonly total: number;
  readonly byType: { readonly [eventType: string]: number };
}

/** What holds for one event. */
interface EmitOptions {
  /** Hands it to the sink alone. */
  readonly sinkOnly?: boolean;
  /** Further secrets, such as the credentials of the request. They leave its free texts. */
  readonly secrets?: Needles;
  /** What the texts of its metadata are. Default: all of them are free texts. */
  readonly kinds?: FactKinds;
}

/** A trail of events. */
export interface AuditTrail {
  /** Whether anybody is there to take an event. */
  readonly active: boolean;
  readonly strict: boolean;
  /**
   * Records an event. The outcome is there at once where all recipients answer at once and no
   * other event is on its way; else a promise of it, which never rejects.
   *
   * Whoever raises an event while one is being taken must not wait for the outcome there: the new
   * one has its turn afterwards.
   *
   * @throws GlassineError `options_invalid` for what is no event
   */
  emit(event: AuditEventInput, options?: EmitOptions): AuditOutcome | Promise<AuditOutcome>;
  /** Counts and logs an event that could not be raised at all. */
  miss(eventType: string, why: unknown): void;
  /** What was not taken so far. */
  readonly failures: AuditFailures;
  /** Resolves when no event is on its way. */
  flush(): Promise<void>;
  /** Takes no event any more, and resolves when those before have been dealt with. */
  close(): Promise<void>;
  readonly then: undefined;
}

const { append, create, enumerableKeys, freeze, monotonicNow, newList, ownValue } = intrinsics;
const { max: larger } = Math;
const PromiseAtLoad = Promise;

/** A sink that hangs for ever must not fill the memory: events beyond these count as not taken. */
const maxWaiting = 100_000;

/** An event that was raised. */
interface Raised {
  readonly event: AuditEvent;
  /** The secrets that were taken out of it. What a recipient says may quote them. */
  readonly needles: Needles;
  readonly sinkOnly: boolean;
  readonly raisedAt: number;
}

/** One that waits for its turn. */
interface Waiting {
  readonly raised: Raised;
  readonly tell: (outcome: AuditOutcome) => void;
  next: Waiting | undefined;
}

const noOptions: EmitOptions = freeze({ __proto__: null } as EmitOptions);

/** `deliver` gets each event after the sink. What throws or rejects has not taken it. */
export function createTrail(options: ReadAuditOptions, deliver?: AuditSink): AuditTrail {
  const { sink, strict, timeoutMs, logger } = options;
  const named = needlesOf(options.secrets);
  let first: Waiting | undefined;
  let last: Waiting | undefined;
  let waiting = 0;
  let busy = false;
  let closed = false;
  let logging = false;
  let total = 0;
  const byType = create(null) as Record<string, number>;
  let idle = newList<() => void>();
  /** Those that let their time run out and have not answered since. */
  const stuck = { __proto__: null, sink: false, audit_emit: false } as Record<Recipient, boolean>;

  function emit(input: AuditEventInput, given = noOptions): AuditOutcome | Promise<AuditOutcome> {
    const more = ownValue(given, "secrets") as Needles | undefined;
    const kinds = ownValue(given, "kinds") as FactKinds | undefined;
    const all = more === undefined ? named : bothOf(named, more);
    const sinkOnly = ownValue(given, "sinkOnly") === true;
    const raised: Raised = {
      event: sealEvent(input, { named, all, kinds }),
      needles: all,
      sinkOnly,
      raisedAt: monotonicNow(),
    };
    if (sink === undefined && deliver === undefined) return taken;
    if (closed) return failed("sink", raised, "The trail is closed.");
    if (logging) return failed("sink", raised, "It was raised by the logger of the trail.");
    if (busy) return enqueue(raised);
    busy = true;
    const outcome = hand(raised);
    if (isPromise(outcome)) return thenGoOn(outcome);
    goOn();
    return outcome;
  }

  function enqueue(raised: Raised): AuditOutcome | Promise<AuditOutcome> {
    if (waiting >= maxWaiting) {
      return failed("sink", raised, `More than ${maxWaiting} events wait for their turn.`);
    }
    waiting += 1;
    return new PromiseAtLoad((tell) => {
      const entry: Waiting = { raised, tell, next: undefined };
      if (last === undefined) first = entry;
      else last.next = entry;
      last = entry;
    });
  }

  /** Hands over what waits, until something has to be waited for. */
  function goOn(): void {
    while (first !== undefined) {
      const { raised, tell, next }: Waiting = first;
      first = next;
      if (next === undefined) last = undefined;
      waiting -= 1;
      const outcome = hand(raised);
      if (isPromise(outcome)) {
        void thenTell(outcome, tell);
        return;
      }
      tell(outcome);
    }
    busy = false;
    const done = idle;
    idle = newList();
    for (let i = 0; i < done.length; i++) (done[i] as () => void)();
  }

  async function thenGoOn(pending: Promise<AuditOutcome>): Promise<AuditOutcome> {
    const outcome = await pending;
    goOn();
    return outcome;
  }

  async function thenTell(
    pending: Promise<AuditOutcome>,
    tell: (outcome: AuditOutcome) => void,
  ): Promise<void> {
    tell(await pending);
    goOn();
  }

  function hand(raised: Raised): AuditOutcome | Promise<AuditOutcome> {
    const outcome = handTo("sink", sink, raised);
    const further = raised.sinkOnly ? undefined : deliver;
    if (further === undefined) return outcome;
    if (isPromise(outcome)) return thenHand(outcome, further, raised);
    return worse(outcome, handTo("audit_emit", further, raised));
  }

  async function thenHand(
    pending: Promise<AuditOutcome>,
    further: AuditSink,
    raised: Raised,
  ): Promise<AuditOutcome> {
    const outcome = await pending;
    return worse(outcome, handTo("audit_emit", further, raised));
  }

  function handTo(
    recipient: Recipient,
    take: AuditSink | undefined,
    raised: Raised,
  ): AuditOutcome | Promise<AuditOutcome> {
    if (take === undefined) return taken;
    try {
      const answer = take(raised.event);
      if (isAwaitable(answer)) return waitFor(recipient, answer, raised);
      stuck[recipient] = false;
      return taken;
    } catch (thrown) {
      stuck[recipient] = false;
      return threw(recipient, raised, thrown);
    }
  }

  /**
   * How long an event may take. One that waited behind others for a recipient that is stuck has had
   * its time there: else each of them would wait for all before it.
   */
  function timeLeft(recipient: Recipient, { raisedAt }: Raised): number {
    return stuck[recipient] ? larger(0, raisedAt + timeoutMs - monotonicNow()) : timeoutMs;
  }

  async function waitFor(
    recipient: Recipient,
    answer: PromiseLike<unknown>,
    raised: Raised,
  ): Promise<AuditOutcome> {
    const { how, reason }: WaitEnd = await settleWithin(answer, timeLeft(recipient, raised));
    stuck[recipient] = how === "timeout";
    if (how === "resolved") return taken;
    if (how === "rejected") return threw(recipient, raised, reason);
    return failed(recipient, raised, `It did not answer within ${timeoutMs} ms.`);
  }

  function threw(recipient: Recipient, raised: Raised, thrown: unknown): AuditOutcome {
    const { type, text } = describeThrown(thrown);
    return failed(recipient, raised, redacted(`${type}: ${text}`, raised.needles), thrown);
  }

  function failed(
    recipient: Recipient,
    { event }: Raised,
    why: string,
    cause?: unknown,
  ): AuditOutcome {
    const { eventType } = event;
    count(eventType);
    const who = recipient === "sink" ? "The audit sink" : "A handler of audit_emit";
    const text = `${who} did not take ${eventType}. ${why}`;
    log(`${text} The record: ${jsonLines(event)}`);
    return notTaken(eventType, recipient, text, cause);
  }

  function count(eventType: string): void {
    total += 1;
    byType[eventType] = (byType[eventType] ?? 0) + 1;
  }

  function miss(eventType: string, thrown: unknown): void {
    count(eventType);
    const { text } = describeThrown(thrown);
    log(`There is no record of ${eventType}. ${redacted(text, named)}`);
  }

  /** A logger that raises events itself would be told of their failure, and so on. */
  function log(text: string): void {
    if (logging) return;
    logging = true;
    try {
      const answer: unknown = logger?.error(text);
      if (isAwaitable(answer)) void ignore(answer);
    } catch {
      // The failure is counted, and its outcome tells it.
    }
    logging = false;
  }

  function flush(): Promise<void> {
    return new PromiseAtLoad((resolve) => {
      if (busy) append(idle, resolve);
      else resolve();
    });
  }

  return freeze({
    active: sink !== undefined || deliver !== undefined,
    strict,
    emit,
    miss,
    get failures() {
      return freeze({ total, byType: freeze(copyOf(byType)) });
    },
    flush,
    close() {
      closed = true;
      return flush();
    },
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  });
}

function copyOf(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const copy = create(null) as Record<string, number>;
  const types = enumerableKeys(counts);
  for (let i = 0; i < types.length; i++) {
    const type = types[i] as string;
    copy[type] = counts[type] as number;
  }
  return copy;
}
