/**
 * The concurrent phase: all handlers start with views of the same envelope, all are awaited,
 * each under its own deadline. What they add is joined in plugin order, and the first denial
 * in plugin order decides, so the outcome does not depend on who finished first.
 */
import { intrinsics, isAwaitable } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import type { DeadlineNode } from "../deadline-ring.ts";
import { endTurn } from "./context.ts";
import { type Phase, type RunState, type ShownView, shownTo } from "./run-state.ts";
import { isAborted } from "./signals.ts";
import { promiseOf, settledTo, unowned } from "./thenable.ts";
import { fail, failThrown, mayRun, type TurnEnd, takeReturned } from "./turn.ts";
import type { PluginContext, Step } from "./types.ts";
import { PendingWait } from "./wait.ts";

const PromiseAtLoad = Promise;

/** `passed`: it had no turn. `cancelled`: the host aborted while it was waited for. */
type Ending = "pending" | "returned" | "threw" | "timeout" | "passed" | "cancelled";

/** One handler of the phase while it runs. */
class Member {
  ending: Ending = "pending";
  /** What it returned or threw. */
  outcome: unknown = undefined;
  context: PluginContext | undefined = undefined;
  view: Slots | undefined = undefined;
  startedAt = 0;
  durationMs: number | undefined = undefined;
  /** Its wait, where what it returned has to be waited for. */
  wait: MemberWait | undefined = undefined;
  next: Member | undefined = undefined;
  readonly step: Step;

  constructor(step: Step) {
    this.step = step;
  }
}

/** The wait for one handler, under its deadline. */
class MemberWait implements DeadlineNode {
  deadlineNext: DeadlineNode | undefined = undefined;
  deadlinePrevious: DeadlineNode | undefined = undefined;
  deadlineBucket = 0;
  /** What waits in its place. */
  readonly pendingWait: PendingWait<MemberWait>;
  readonly member: Member;
  readonly phase: ConcurrentPhase;

  constructor(member: Member, phase: ConcurrentPhase) {
    this.member = member;
    this.phase = phase;
    this.pendingWait = new PendingWait<MemberWait>(this);
  }

  onDeadline(): void {
    const { context, step } = this.member;
    this.goOn(step);
    this.end("timeout", undefined);
    endTurn(context as PluginContext);
  }

  /** Goes on without it: what comes then is late. `step`: whose deadline is over. */
  goOn(step: Step | undefined): void {
    this.pendingWait.drop({
      lateCounters: this.phase.run.compiled.runtime.lateCounters,
      counts: true,
      step,
    });
  }

  end(ending: Ending, outcome: unknown): void {
    this.member.step.ring?.leave(this);
    this.phase.waitEnded(this.member, ending, outcome);
  }
}

/** Keeps only the pending wait, and nothing else of the run, while it waits. */
async function waitFor(
  pendingWait: PendingWait<MemberWait>,
  pending: PromiseLike<unknown>,
): Promise<void> {
  let ending: Ending = "returned";
  let outcome: unknown;
  try {
    outcome = settledTo(await pending);
  } catch (thrown) {
    ending = "threw";
    outcome = thrown;
  }
  if (pendingWait.owner === undefined) pendingWait.late(ending === "threw", outcome);
  else pendingWait.owner.end(ending, outcome);
}

/** The phase of one run. Members are linked: no patched iterator or method leaves out a denial. */
export class ConcurrentPhase implements Phase {
  readonly run: RunState;
  readonly #first: Member | undefined;
  /** The envelope at the start: what all are shown, also when a nested run makes it grow. */
  readonly #start: Slots;
  #views: ShownView | undefined = undefined;
  #open = 0;
  /** Whether the host gave up while handlers had yet to start. */
  cutShort = false;
  #done: (() => void) | undefined = undefined;

  constructor(run: RunState) {
    this.run = run;
    this.#start = run.extensions;
    const { concurrent } = run.compiled;
    for (let i = concurrent.length - 1; i >= 0; i--) {
      const member = new Member(concurrent[i] as Step);
      member.next = this.#first;
      this.#first = member;
    }
  }

  /** Starts all; a promise when one must be waited for. */
  start(): Promise<void> | undefined {
    for (let each = this.#first; each !== undefined; each = each.next) {
      // A handler may make the host abort: then the others have no turn.
      if (each.ending === "pending") this.#call(each);
    }
    return this.#open === 0 ? undefined : new PromiseAtLoad<void>(this.#takeDone);
  }

  readonly #takeDone = (resolve: () => void): void => {
    this.#done = resolve;
  };

  #call(member: Member): void {
    const { run } = this;
    const { step } = member;
    if (isAborted(run.options.signal)) {
      this.cutShort = true;
      return;
    }
    if (step.guarded && !mayRun(run, step)) {
      member.ending = "passed";
      return;
    }
    const context = new run.runtime.Context(step, run);
    member.context = context;
    if (run.compiled.timed) member.startedAt = intrinsics.monotonicNow();
    if (step.extensions) member.view = this.#viewFor(step);
    try {
      const { handler } = step;
      const returned = step.extensions
        ? handler(run.payload, context, member.view)
        : handler(run.payload, context);
      if (step.isAsync || isAwaitable(returned)) {
        this.#await(member, returned as PromiseLike<unknown>);
      } else this.#end(member, "returned", returned);
    } catch (thrown) {
      this.#end(member, "threw", thrown);
    }
  }

  #await(member: Member, returned: PromiseLike<unknown>): void {
    // The handler may have made the host abort.
    if (member.ending !== "pending") {
      unowned(returned);
      return;
    }
    const wait = new MemberWait(member, this);
    const { pendingWait } = wait;
    member.wait = wait;
    void waitFor(pendingWait, member.step.isAsync ? returned : promiseOf(returned, pendingWait));
    // Last, for where the stack ends before, the handler is taken for one that threw.
    this.#open += 1;
    member.step.ring?.join(wait);
  }

  #viewFor(step: Step): Slots {
    const known = shownTo(step, this.#views);
    if (known !== undefined) return known;
    const view = step.filter(this.#start);
    this.#views = { grant: step.grant, view, next: this.#views };
    return view;
  }

  /** Whether it is the turn of the handler that was handed `context`. */
  hasTurn(context: PluginContext): boolean {
    for (let each = this.#first; each !== undefined; each = each.next) {
      if (each.context === context) return each.ending === "pending";
    }
    return false;
  }

  #end(member: Member, ending: Ending, outcome: unknown): void {
    member.ending = ending;
    member.outcome = outcome;
    if (this.run.compiled.timed) member.durationMs = intrinsics.monotonicNow() - member.startedAt;
  }

  /** A handler that was waited for has ended. */
  waitEnded(member: Member, ending: Ending, outcome: unknown): void {
    this.#end(member, ending, outcome);
    this.#open -= 1;
    if (this.#open === 0) this.#done?.();
  }

  /** Takes what all that ended returned, in plugin order. The first that halts decides. */
  join(): TurnEnd {
    let decision: TurnEnd;
    for (let each = this.#first; each !== undefined; each = each.next) {
      const end = this.#take(each);
      decision ??= end;
    }
    return decision;
  }

  #take({ step, ending, outcome, view, durationMs, context }: Member): TurnEnd {
    const { run } = this;
    if (ending === "passed") return undefined;
    run.waiting.durationMs = durationMs;
    if (ending === "returned") return takeReturned(run, step, outcome, view, this.#start);
    if (ending === "threw") return failThrown(run, step, outcome);
    if (ending === "timeout") return fail(run, step, "handler_timeout", "timeout");
    const notStarted = { status: "skipped", reason: "The run was halted before." } as const;
    if (context === undefined) run.log.record(step, notStarted);
    else run.record(step, { status: "cancelled", effectiveAllow: false, errorCode: "aborted" });
    return undefined;
  }

  /** The host aborts: nobody waits for who is still running; what the others added stays. */
  cancel(): void {
    this.#open = 0;
    for (let each = this.#first; each !== undefined; each = each.next) {
      if (each.ending === "pending") {
        each.ending = "cancelled";
        if (each.wait === undefined) continue;
        each.wait.goOn(undefined);
        each.step.ring?.leave(each.wait);
      }
    }
    this.join();
  }

  /** Tells those who were cancelled. Their listeners run, so the run must be over by now. */
  endTurns(): void {
    for (let each = this.#first; each !== undefined; each = each.next) {
      if (each.ending === "cancelled" && each.context !== undefined) endTurn(each.context);
    }
  }
}
