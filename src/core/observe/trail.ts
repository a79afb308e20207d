/**
 * The audit trail: passes events on one at a time, in the order in which they were raised, first to
 * the host's sink and then to the handlers that the manager names. A failing recipient never makes
 * it throw, and is always counted.
 */
import { ignore, within } from "../data/index.ts";
import {
  type AsyncScope,
  callIn,
  currentScope,
  isAwaitable,
  monotonicNow,
} from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import { callSafely, expectRoom } from "../hooks/index.ts";
import { describeThrown } from "./describe-thrown.ts";
import { type AuditEvent, type AuditEventInput, jsonLines } from "./event.ts";
import type { FactKinds } from "./event-types.ts";
import type { AuditSink, ReadAuditOptions } from "./options.ts";
import { redacted } from "./redact.ts";
import { sealEvent } from "./seal-event.ts";
import { bothOf, type Needles, needlesOf } from "./secrets.ts";
import { isForMany } from "./takes-many.ts";

/** What became of one event. */
export type AuditOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** `audit_failed`. `data` has `eventType` and `recipient`; `cause` is what was thrown. */
      readonly error: GlassineError;
    };

/** How often a recipient did not accept an event. */
export interface AuditFailures {
  readonly total: number;
  readonly byType: { readonly [eventType: string]: number };
}

/** The settings of one event. */
interface EmitOptions {
  /** Passes it to the sink only. */
  readonly sinkOnly?: boolean;
  /** Further secrets, such as the request's credentials, to remove from its free text. */
  readonly secrets?: Needles;
  /** The kinds of text in its metadata. Default: free text. */
  readonly kinds?: FactKinds | undefined;
}

/** A trail of events. */
export interface AuditTrail {
  /**
   * Records an event. Returns the outcome if all recipients answer synchronously and no other event
   * is under way; otherwise a promise of it, which never rejects.
   *
   * A recipient that raises an event while it handles one must not wait for the outcome: the new
   * event is delivered afterwards.
   *
   * @throws GlassineError `options_invalid` if it is not an event
   */
  emit(event: AuditEventInput, options?: EmitOptions): AuditOutcome | Promise<AuditOutcome>;
  /** Counts and logs an event that could not be raised at all. */
  miss(eventType: string, why: unknown): void;
  /** Replaces the secrets that the host named, for later events. */
  setSecrets(secrets: readonly string[]): void;
  /** The failures so far. */
  readonly failures: AuditFailures;
  /** Resolves when no event is under way. */
  flush(): Promise<void>;
}

/** A sink that hangs must not fill the memory: further events count as not delivered. */
const maxWaiting = 100_000;

/** How many events a sink that takes many gets at once. */
const maxAtOnce = 1000;

/** How many stack frames must be free for an event: if the stack ended, the trail would stay busy. */
const emitFrames = 500;

/** An event that was raised. */
interface Raised {
  readonly event: AuditEvent;
  /** The secrets that were removed from it. An error of a recipient may quote them. */
  readonly needles: Needles;
  readonly sinkOnly: boolean;
  readonly raisedAt: number;
}

/** An event that waits for its turn. */
interface Waiting {
  readonly raised: Raised;
  /** Where it was raised: the event under way may be of another request. */
  readonly scope: AsyncScope | undefined;
  readonly resolve: (outcome: AuditOutcome) => void;
}

type Outcome = AuditOutcome | Promise<AuditOutcome>;

const taken: AuditOutcome = Object.freeze({ ok: true });
/** Which of the two recipients. */
type Recipient = "sink" | "audit_emit";

/** `deliver` gets each event after the sink. If it throws or rejects, the delivery failed. */
export function createTrail(options: ReadAuditOptions, deliver?: AuditSink): AuditTrail {
  const { sink, timeoutMs, logger } = options;
  const atOnce = sink !== undefined && isForMany(sink) ? maxAtOnce : 1;
  let named = needlesOf(options.secrets);
  let queue: Waiting[] = [];
  let waiting = 0;
  let busy = false;
  let logging = false;
  let total = 0;
  const byType: Record<string, number> = {};
  const idle: (() => void)[] = [];
  /** The recipients that missed a deadline and have not answered since. */
  const stuck: Record<Recipient, boolean> = { sink: false, audit_emit: false };

  function emit(
    input: AuditEventInput,
    { sinkOnly = false, secrets, kinds }: EmitOptions = {},
  ): Outcome {
    expectRoom(emitFrames);
    const all = secrets === undefined ? named : bothOf(named, secrets);
    const event = sealEvent(input, { named, all, kinds });
    const raised: Raised = { event, needles: all, sinkOnly, raisedAt: monotonicNow() };
    if (sink === undefined && deliver === undefined) return taken;
    if (logging) return failed("sink", raised, "It was raised by the logger of the trail.");
    if (busy) return enqueue(raised);
    busy = true;
    const outcome = hand(raised);
    if (outcome instanceof Promise) return outcome.finally(() => void goOn());
    void goOn();
    return outcome;
  }

  function enqueue(raised: Raised): Outcome {
    if (waiting >= maxWaiting) {
      return failed("sink", raised, `More than ${maxWaiting} events wait for their turn.`);
    }
    waiting += 1;
    return new Promise((resolve) => queue.push({ raised, scope: currentScope(), resolve }));
  }

  /** Delivers the waiting events in order. */
  async function goOn(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      for (let at = 0; at < batch.length; at += atOnce) {
        let before: Outcome = taken;
        const handed = batch.slice(at, at + atOnce).map((each) => {
          waiting -= 1;
          const { raised, scope } = each;
          const first = callIn(scope, () => handTo("sink", sink, raised, before));
          before = first;
          return { ...each, first };
        });
        for (const { raised, scope, resolve, first } of handed) {
          const outcome = await first;
          resolve(await callIn(scope, () => handOn(outcome, raised)));
        }
      }
    }
    busy = false;
    for (const resolve of idle.splice(0)) resolve();
  }

  function hand(raised: Raised): Outcome {
    const first = handTo("sink", sink, raised);
    return first instanceof Promise
      ? first.then((outcome) => handOn(outcome, raised))
      : handOn(first, raised);
  }

  /** The first failure of the two recipients counts. */
  function handOn(first: AuditOutcome, raised: Raised): Outcome {
    if (deliver === undefined || raised.sinkOnly) return first;
    const second = handTo("audit_emit", deliver, raised);
    if (first.ok) return second;
    return second instanceof Promise ? second.then(() => first) : first;
  }

  /** `before` is the outcome of the event before, if the recipient may still be taking that. */
  function handTo(
    recipient: Recipient,
    take: AuditSink | undefined,
    raised: Raised,
    before: Outcome = taken,
  ): Outcome {
    if (take === undefined) return taken;
    try {
      const answer = take(raised.event);
      if (isAwaitable(answer)) return waitFor(recipient, answer, raised, before);
      stuck[recipient] = false;
      return taken;
    } catch (thrown) {
      stuck[recipient] = false;
      return threw(recipient, raised, thrown);
    }
  }

  /**
   * Returns how long an event may take. For a recipient that is stuck, the time that an event
   * waited in the queue counts; otherwise each event would wait for all those before it.
   */
  function timeLeft(recipient: Recipient, { raisedAt }: Raised): number {
    return stuck[recipient] ? Math.max(0, raisedAt + timeoutMs - monotonicNow()) : timeoutMs;
  }

  async function waitFor(
    recipient: Recipient,
    answer: PromiseLike<unknown>,
    raised: Raised,
    before: Outcome,
  ): Promise<AuditOutcome> {
    if (before instanceof Promise) {
      // It may reject before anybody waits for it.
      void ignore(answer);
      await before;
    }
    const { how, value } = await within(timeLeft(recipient, raised), () => answer);
    stuck[recipient] = how === "timeout";
    if (how === "returned") return taken;
    if (how === "threw") return threw(recipient, raised, value);
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
    const text = `${who} did not accept ${eventType}. ${why}`;
    log(`${text} The record: ${jsonLines(event)}`);
    const error = new GlassineError("audit_failed", text, { eventType, recipient }, cause);
    return Object.freeze({ ok: false, error });
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

  /** Guards against a logger that raises events itself, whose failures would be logged again. */
  function log(text: string): void {
    if (logging) return;
    logging = true;
    try {
      // Whatever this throws is ignored: the failure is counted, and part of the outcome.
      callSafely(() => logger?.error(text));
    } finally {
      // Also if the stack ends.
      logging = false;
    }
  }

  async function flush(): Promise<void> {
    if (busy) await new Promise<void>((resolve) => idle.push(resolve));
  }

  return Object.freeze({
    emit,
    miss,
    setSecrets: (secrets: readonly string[]) => {
      named = needlesOf(secrets);
    },
    get failures() {
      return Object.freeze({ total, byType: Object.freeze({ ...byType }) });
    },
    flush,
  });
}
