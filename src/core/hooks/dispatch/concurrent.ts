/**
 * The concurrent phase: all handlers start with views of the same envelope and are all awaited,
 * each under its own deadline. A result is read as soon as its handler ends, so that changing it
 * later has no effect. Then the results are merged in plugin order into the envelope as it is by
 * then, and the first denial in that order decides. So it does not matter who finishes first.
 */
import {
  type AsyncScope,
  callIn,
  currentScope,
  forEach,
  isAwaitable,
  mapped,
  monotonicNow,
} from "../../data/intrinsics.ts";
import type { Slots } from "../../envelope/index.ts";
import { dropPromises } from "../../schema/index.ts";
import { endTurn } from "./context.ts";
import { mayRun } from "./may-run.ts";
import { type MessageRun, notRun, type Phase, type PhaseMember, viewFor } from "./message-run.ts";
import { failureBy, reportFailure } from "./report.ts";
import { isAborted } from "./signals.ts";
import {
  failLate,
  failThrown,
  nothingRead,
  readThrown,
  readTurn,
  type TurnEnd,
  type TurnRead,
  takeRead,
} from "./turn.ts";
import type { PluginContext, Step } from "./types.ts";
import { ignoreRejection, promiseOf, Wait, type WaitRules } from "./wait.ts";

interface Member extends PhaseMember {
  readonly step: Step;
  readonly phase: ConcurrentPhase;
  ending: PhaseMember["ending"];
  /** What it returned, or a denial that it threw, read when it ended. Most return nothing. */
  read: TurnRead;
  /** Anything else that it threw. */
  thrown: unknown;
  context: PluginContext | undefined;
  view: Slots | undefined;
  startedAt: number;
  durationMs: number | undefined;
  /** Its wait, if it returned a promise. */
  wait: Wait<Member> | undefined;
}

const memberWait: WaitRules<Member> = {
  settled(member, threw, outcome) {
    member.wait?.under(undefined);
    if (threw) endThrown(member, outcome);
    else endReturned(member, outcome);
    member.phase.waitEnded();
    return undefined;
  },
  expired(member) {
    dropWait(member, member.step);
    end(member, "timeout");
    const { context } = member;
    // In a context that is its own: a listener of its signal could enter another one.
    if (context !== undefined) callIn(currentScope(), () => endTurn(context));
    member.phase.waitEnded();
  },
};

/** Stops waiting for a member; its result will be late. `step` is set if its deadline is over. */
function dropWait({ wait, phase }: Member, step: Step | undefined): void {
  wait?.drop({ lateCounters: phase.run.runtime.lateCounters, counts: true, step });
}

function end(member: Member, ending: Member["ending"]): void {
  member.ending = ending;
  if (member.phase.run.compiled.timed) member.durationMs = monotonicNow() - member.startedAt;
}

function endReturned(member: Member, returned: unknown): void {
  end(member, "returned");
  // Most handlers return nothing: row D13 of tools/bench/report.md.
  if (returned !== undefined) readNow(member, returned);
}

function readNow(member: Member, returned: unknown): void {
  const { step, view, phase } = member;
  phase.run.view = view;
  phase.run.before = phase.start;
  try {
    member.read = readTurn(phase.run, step, returned);
  } catch (error) {
    // There was too little stack left to read it.
    endThrown(member, error);
  }
}

function endThrown(member: Member, thrown: unknown): void {
  const denial = readThrown(thrown);
  end(member, denial === undefined ? "threw" : "returned");
  if (denial !== undefined) {
    member.read = denial;
    return;
  }
  member.thrown = thrown;
  // Now: the failure is handled when all have ended, and not at all after an abort.
  dropPromises(thrown);
  const { run } = member.phase;
  // It made the host abort, and may throw because of that.
  if (run.result !== undefined) reportFailure(run, member.step, failureBy(run, thrown));
}

export class ConcurrentPhase implements Phase {
  readonly run: MessageRun;
  readonly #members: readonly Member[];
  /** The envelope at the start. All handlers see it, even if a nested run has added labels. */
  readonly start: Slots;
  /** Called once, when all handlers have ended. */
  readonly #ended: () => void;
  /** The async context of the run, once a handler is waited for. */
  #scope: AsyncScope | undefined;
  /** How many handlers have yet to end, plus one until all have been started. */
  #open = 1;
  /** How many results have been applied, and what they decided so far. */
  #taken = 0;
  #decision: TurnEnd;

  constructor(run: MessageRun, ended: () => void) {
    this.run = run;
    this.start = run.extensions;
    this.#ended = ended;
    this.#members = mapped(run.compiled.concurrent, (step) => ({
      step,
      phase: this,
      ending: "pending",
      seen: this.start,
      read: nothingRead,
      thrown: undefined,
      context: undefined,
      view: undefined,
      startedAt: 0,
      durationMs: undefined,
      wait: undefined,
    }));
  }

  begin(): void {
    forEach(this.#members, (each) => {
      // A handler may make the host abort. The others then get no turn.
      if (each.ending === "pending") this.#call(each);
    });
    this.waitEnded();
  }

  /** Called when a handler that was waited for has ended. */
  waitEnded(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#ended();
  }

  #call(member: Member): void {
    const { run } = this;
    const { step } = member;
    if (isAborted(run.options.signal)) return;
    if (step.guarded && !mayRun(run, step)) {
      member.ending = "passed";
      return;
    }
    const context = new run.runtime.Context(step, run);
    member.context = context;
    if (run.compiled.timed) member.startedAt = monotonicNow();
    if (step.extensions) member.view = viewFor(run, step, this.start);
    try {
      const { handler } = step;
      const returned = step.extensions
        ? handler(run.payload, context, member.view)
        : handler(run.payload, context);
      if (isAwaitable(returned)) this.#await(member, returned);
      else endReturned(member, returned);
    } catch (thrown) {
      endThrown(member, thrown);
    }
  }

  #await(member: Member, returned: PromiseLike<unknown>): void {
    // The handler may have made the host abort.
    if (member.ending !== "pending") {
      ignoreRejection(returned);
      return;
    }
    // One for all of them: row D14 of tools/bench/report.md.
    this.#scope ??= currentScope();
    const wait = new Wait(member, memberWait, this.#scope);
    member.wait = wait;
    wait.start(promiseOf(returned, wait));
    // Last: if the stack overflows before this, the handler counts as having thrown.
    this.#open += 1;
    wait.under(member.step.deadline);
  }

  memberOf(context: PluginContext): PhaseMember | undefined {
    let found: Member | undefined;
    forEach(this.#members, (each) => {
      if (each.context === context) found = each;
    });
    return found;
  }

  /** Applies all results, in plugin order, once. The first handler that halts the run decides. */
  takeAll(): TurnEnd {
    // What is called in between may abort the run, which takes the rest.
    while (this.#taken < this.#members.length) {
      const member = this.#members[this.#taken] as Member;
      this.#taken += 1;
      const denial = this.#take(member);
      this.#decision ??= denial;
    }
    return this.#decision;
  }

  #take({ step, ending, read, thrown, durationMs, context }: Member): TurnEnd {
    const { run } = this;
    if (ending === "passed") return undefined;
    run.durationMs = durationMs;
    if (ending === "returned") return takeRead(run, step, read);
    if (ending === "threw") return failThrown(run, step, thrown);
    if (ending === "timeout") return failLate(run, step);
    if (context === undefined) run.log.record(step, notRun);
    else run.record(step, { status: "cancelled", effectiveAllow: false, errorCode: "aborted" });
    return undefined;
  }

  /** Drops the handlers that still run. */
  stop(): void {
    this.#open = 0;
    forEach(this.#members, (each) => {
      if (each.ending !== "pending") return;
      each.ending = "cancelled";
      dropWait(each, undefined);
    });
  }

  /** The host aborts: drops the handlers that still run, and applies what the others returned. */
  cancel(): TurnEnd {
    this.stop();
    return this.takeAll();
  }

  /** Aborts the signals of cancelled handlers. This runs their listeners, so end the run first. */
  endTurns(): void {
    forEach(this.#members, ({ ending, context }) => {
      if (ending === "cancelled" && context !== undefined) endTurn(context);
    });
  }
}
