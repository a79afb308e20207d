/**
 * One run of a hook of the other four semantics: its handlers one after the other, each waited for.
 *
 * A run keeps its answer to itself until it is concluded: a value that goes through a promise is
 * asked for its `then`, which a plugin may have put on a prototype.
 */
import { intrinsics, isAwaitable, type Limits } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import type { Compiled } from "../../schema/index.ts";
import { endTurn } from "../dispatch/context.ts";
import { type ShownView, viewFor } from "../dispatch/message-run.ts";
import type { AuditReceipts } from "../dispatch/report.ts";
import type { RequestScope } from "../dispatch/scope.ts";
import { isAborted } from "../dispatch/signals.ts";
import type {
  AnyRun,
  Ending,
  HandlerStep,
  ManagerRuntime,
  PluginContext,
  RunOptions,
} from "../dispatch/types.ts";
import { settle, timedOut, unowned } from "../dispatch/wait.ts";
import type { Semantic } from "../semantics.ts";

/** What a hook of the other four semantics runs, compiled when the manager is made. */
export interface CompiledOperation {
  readonly hook: string;
  readonly semantic: Exclude<Semantic, "message">;
  readonly payload: Compiled;
  readonly operation: Compiled | undefined;
  /** In the order in which they run. */
  readonly steps: readonly HandlerStep[];
  readonly strict: boolean;
  readonly required: boolean;
  readonly keeps: ((given: unknown, got: unknown, plugin: string) => unknown) | undefined;
  /** Of the payload, and of what a filter chain's handlers return. */
  readonly limits: Limits;
  readonly runtime: ManagerRuntime;
}

/** How a handler's turn ended. `pending` is one that nobody has an answer of. */
export type TurnHow = "pending" | "returned" | "threw" | "timeout" | "aborted";

/** Its payload is the value as it is now; but for the filter chain, what the host gave. */
export class OperationRun implements AnyRun {
  readonly compiled: CompiledOperation;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  readonly extensions: Slots;
  payload: unknown;
  shown: ShownView | undefined = undefined;
  receipts: AuditReceipts | undefined = undefined;
  /** How the turn in hand ended, and what it returned or threw. */
  how: TurnHow = "pending";
  outcome: unknown = undefined;
  /** What the run answers, and how it ended; nothing, as long as it has not. */
  answer: unknown = undefined;
  ending: Ending | undefined = undefined;
  /** Why it answers nothing. */
  error: Error | undefined = undefined;

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
      ? handler(payload, context, viewFor(run, step, run.extensions))
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
  const { how, value } = await settle(returned, step.deadline, latePolicy, run.options.signal);
  if (how === "threw") return threw(run, value);
  // Behind a lock the deadline begins later, and is held to there.
  const isLate =
    how === "returned" && step.deadline !== undefined && isOver(step.timeoutMs, startedAt);
  if (isLate) lateCounters.late += 1;
  if (how === "timeout" || how === "aborted" || isLate) endTurn(context);
  return isLate ? ended(run, "timeout", undefined) : ended(run, how, value);
}

function isOver(timeoutMs: number | undefined, startedAt: number): boolean {
  return timeoutMs !== undefined && intrinsics.monotonicNow() - startedAt > timeoutMs;
}
