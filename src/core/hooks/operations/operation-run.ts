/**
 * One run of a hook of the other four semantics: its handlers one after the other, each waited for.
 *
 * A run keeps its answer to itself until it is concluded: a value that goes through a promise is
 * asked for its `then`, which a plugin may have put on a prototype.
 */
import { intrinsics, isAwaitable } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import { endTurn } from "../dispatch/context.ts";
import type { Ending } from "../dispatch/records.ts";
import { AuditReceipts } from "../dispatch/report.ts";
import { type ShownView, shownTo } from "../dispatch/run-state.ts";
import type { RequestScope } from "../dispatch/scope.ts";
import { isAborted } from "../dispatch/signals.ts";
import { unowned } from "../dispatch/thenable.ts";
import type {
  AnyRun,
  HandlerStep,
  ManagerRuntime,
  PluginContext,
  RunNote,
  RunOptions,
} from "../dispatch/types.ts";
import { settle, timedOut } from "../dispatch/wait.ts";
import type { CompiledOperation } from "./compiled-operation.ts";

/** How a handler's turn ended. `pending` is one that nobody has an answer of. */
export type TurnHow = "pending" | "returned" | "threw" | "timeout" | "aborted";

export class OperationRun implements AnyRun {
  readonly compiled: CompiledOperation;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  readonly extensions: Slots;
  /** The value as it is now; of all semantics but the filter chain, what the host gave. */
  payload: unknown;
  /** How the turn in hand ended, and what it gave or threw. */
  how: TurnHow = "pending";
  outcome: unknown = undefined;
  /** What the run answers, and how it ended; nothing, as long as it has not. */
  answer: unknown = undefined;
  ending: Ending | undefined = undefined;
  /** Why it answers nothing. */
  error: Error | undefined = undefined;
  #views: ShownView | undefined = undefined;
  #receipts: AuditReceipts | undefined = undefined;

  constructor(
    compiled: CompiledOperation,
    payload: unknown,
    extensions: Slots,
    scope: RequestScope,
    options: RunOptions,
  ) {
    this.compiled = compiled;
    this.payload = payload;
    this.extensions = extensions;
    this.scope = scope;
    this.options = options;
  }

  get hook(): string {
    return this.compiled.hook;
  }

  get runtime(): ManagerRuntime {
    return this.compiled.runtime;
  }

  isOver(_step: HandlerStep): boolean {
    return this.ending !== undefined;
  }

  /** Ends the run with an answer. */
  end(ending: Ending, answer: unknown): void {
    this.answer = answer;
    this.ending = ending;
  }

  /** Ends the run without one. */
  fail(ending: "errored" | "aborted", error: Error): void {
    this.error = error;
    this.ending = ending;
  }

  /** Keeps a note in the host's trail, if it has one. */
  tell(note: RunNote): void {
    const { audit } = this.compiled.runtime;
    if (audit === undefined) return;
    this.#receipts ??= new AuditReceipts();
    this.#receipts.tell(audit, this, note);
  }

  /** What became of its notes; nothing where there were none. */
  get receipts(): AuditReceipts | undefined {
    return this.#receipts;
  }

  viewFor(step: HandlerStep): Slots {
    const known = shownTo(step, this.#views);
    if (known !== undefined) return known;
    const view = step.filter(this.extensions);
    this.#views = { grant: step.grant, view, next: this.#views };
    return view;
  }
}

/**
 * Gives a handler its turn. What came of it is in `how` and `outcome`, at once or when the promise
 * resolves. A handler that blocks the thread beyond its deadline has timed out like any other, also
 * where it did so before its promise resolved: then no timer had its turn.
 */
export function takeTurn(
  run: OperationRun,
  step: HandlerStep,
  payload: unknown,
): Promise<void> | undefined {
  run.how = "pending";
  run.outcome = undefined;
  if (isAborted(run.options.signal)) return ended(run, "aborted", undefined);
  const context = new run.runtime.Context(step, run);
  const { handler, timeoutMs } = step;
  const startedAt = timeoutMs === undefined ? 0 : intrinsics.monotonicNow();
  let returned: unknown;
  try {
    returned = step.extensions
      ? handler(payload, context, run.viewFor(step))
      : handler(payload, context);
  } catch (thrown) {
    return threw(run, thrown);
  }
  if (isOver(timeoutMs, startedAt)) {
    if (isAwaitable(returned)) unowned(returned);
    endTurn(context);
    return ended(run, "timeout", undefined);
  }
  if (!isAwaitable(returned)) return ended(run, "returned", returned);
  return waitFor(run, step, context, returned, startedAt);
}

function ended(run: OperationRun, how: TurnHow, outcome: unknown): undefined {
  run.how = how;
  run.outcome = outcome;
  return undefined;
}

/** Who guards a handler that runs alone throws a marker when its time is over. */
function threw(run: OperationRun, thrown: unknown): undefined {
  return thrown === timedOut ? ended(run, "timeout", undefined) : ended(run, "threw", thrown);
}

async function waitFor(
  run: OperationRun,
  step: HandlerStep,
  context: PluginContext,
  returned: PromiseLike<unknown>,
  startedAt: number,
): Promise<void> {
  const { lateCounters } = run.compiled.runtime;
  const latePolicy = { lateCounters, step, counts: true };
  const { how, value } = await settle(returned, step.ring, latePolicy, run.options.signal);
  if (how === "threw") return threw(run, value);
  // Behind a lock the deadline begins later, and is held to there.
  const isLate = how === "returned" && step.ring !== undefined && isOver(step.timeoutMs, startedAt);
  if (isLate) lateCounters.late += 1;
  if (how === "timeout" || how === "aborted" || isLate) endTurn(context);
  return isLate ? ended(run, "timeout", undefined) : ended(run, how, value);
}

function isOver(timeoutMs: number | undefined, startedAt: number): boolean {
  return timeoutMs !== undefined && intrinsics.monotonicNow() - startedAt > timeoutMs;
}
