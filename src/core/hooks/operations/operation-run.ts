/**
 * Where a run of a hook of the other four semantics stands.
 *
 * A run keeps its answer to itself until it is concluded: a value that goes through a promise is
 * asked for its `then`, which a plugin may have put on a prototype.
 */
import type { Limits } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import type { Compiled } from "../../schema/index.ts";
import type { ShownView } from "../dispatch/message-run.ts";
import type { AuditReceipts } from "../dispatch/report.ts";
import type { RequestScope } from "../dispatch/scope.ts";
import type { AnyRun, Ending, HandlerStep, ManagerRuntime, RunOptions } from "../dispatch/types.ts";
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

/** How a handler's turn ended. `pending`: it has not. */
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
