/** Where a run stands: what runs of all semantics have in common, and what a message run adds. */
import { intrinsics } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import type { Violation } from "../results.ts";
import type { AuditReceipts } from "./report.ts";
import { RunLog } from "./run-log.ts";
import type { RequestScope } from "./scope.ts";
import type {
  AnyInvokeResult,
  AnyRun,
  CompiledHook,
  Ending,
  ExecutionRecord,
  HandlerStep,
  ManagerRuntime,
  PluginContext,
  RunOptions,
  Step,
} from "./types.ts";
import type { Wait } from "./wait.ts";

/**
 * The views of one envelope. A linked list, because an index setter on `Array.prototype` would see
 * each view that is put into an array, or could replace it.
 */
interface ShownView {
  readonly grant: number;
  readonly view: Slots;
  readonly next: ShownView | undefined;
}

/** One run of a hook, whatever its semantic. */
export abstract class Run<
  Compiled extends { readonly hook: string; readonly runtime: ManagerRuntime },
  Payload,
> implements AnyRun
{
  readonly compiled: Compiled;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  payload: Payload;
  extensions: Slots;
  /** Whether its notes were kept, where the host keeps an audit trail. */
  receipts: AuditReceipts | undefined = undefined;
  #views: ShownView | undefined = undefined;
  /** The envelope that the views are of. */
  #viewed: Slots;

  constructor(
    compiled: Compiled,
    payload: Payload,
    extensions: Slots,
    scope: RequestScope,
    options: RunOptions,
  ) {
    this.compiled = compiled;
    this.payload = payload;
    this.extensions = extensions;
    this.#viewed = extensions;
    this.scope = scope;
    this.options = options;
  }

  get hook(): string {
    return this.compiled.hook;
  }

  get runtime(): ManagerRuntime {
    return this.compiled.runtime;
  }

  abstract isOver(step: HandlerStep): boolean;

  /** A handler's view of the envelope. Plugins with one grant share it, while nothing changes. */
  viewFor(step: HandlerStep, extensions: Slots = this.extensions): Slots {
    if (this.#viewed !== extensions) this.#views = undefined;
    this.#viewed = extensions;
    for (let each = this.#views; each !== undefined; each = each.next) {
      if (each.grant === step.grant) return each.view;
    }
    const view = step.filter(extensions);
    this.#views = { grant: step.grant, view, next: this.#views };
    return view;
  }
}

/** The concurrent phase, as its run uses it. */
export interface Phase {
  /** Whether it is the turn of the handler that was handed `context`. */
  hasTurn(context: PluginContext): boolean;
  /** Stops waiting: what the handlers that ended added stays. */
  cancel(): void;
  /** Aborts the signals of those that were cancelled. Their listeners run, so end the run first. */
  endTurns(): void;
}

/** Where a run of a message hook stands. `Invocation` in `run.ts` adds how it goes on. */
export abstract class RunState extends Run<CompiledHook, object> {
  /** The serial step whose turn it is. */
  index = 0;
  /** The serial step that made the payload what it is, or -1. */
  changedAt = -1;
  /** Whether handlers are asked again, about the payload that all of them left. */
  again = false;
  /** The concurrent phase, once it has begun. */
  phase: Phase | undefined = undefined;
  /** The context of the handler that runs or is waited for, and the view it was handed. */
  context: PluginContext | undefined = undefined;
  given: Slots | undefined = undefined;
  /** The envelope when that handler was called, and when a nested run began. */
  before: Slots;
  readonly start: Slots;
  /** When the handler whose turn it is started; how long it took, where the phase measured it. */
  startedAt = 0;
  durationMs: number | undefined = undefined;
  /** What waits on a promise in place of the run, once it has to wait. */
  wait: Wait | undefined = undefined;
  /** Takes the listener off the host's signal again. */
  unlisten: (() => void) | undefined = undefined;
  /** Why the run may not go on, whatever its handlers say. */
  stopped: Violation | undefined = undefined;
  /** How it ends, for the counts, and whether it still counts as in flight. */
  ending: Ending = "allowed";
  counted = true;
  written: RunLog | undefined = undefined;
  result: AnyInvokeResult | undefined = undefined;
  /** The result to come, while a strict audit trail has yet to keep the notes. */
  audited: Promise<AnyInvokeResult> | undefined = undefined;
  /** Resolves the promise of the run, once it waits. */
  settle: ((result: AnyInvokeResult) => void) | undefined = undefined;
  /** How many background handlers still use this run. */
  background = 0;

  constructor(
    compiled: CompiledHook,
    payload: object,
    extensions: Slots,
    scope: RequestScope,
    options: RunOptions,
  ) {
    super(compiled, payload, extensions, scope, options);
    this.before = extensions;
    this.start = extensions;
  }

  /** The serial step whose turn it is. Beyond the last one a patched prototype would answer. */
  get step(): Step | undefined {
    const { serial } = this.compiled;
    return this.index < serial.length ? serial[this.index] : undefined;
  }

  get log(): RunLog {
    this.written ??= new RunLog(this.compiled);
    return this.written;
  }

  /** Nothing more runs, and this is the reason. */
  stop(violation: Violation, ending: Ending): void {
    this.stopped ??= violation;
    this.halted(ending);
  }

  /** The first that halts a run decides how it ends. */
  halted(ending: Ending): void {
    if (this.ending === "allowed") this.ending = ending;
  }

  /**
   * The run goes on without what it waited for. `counts`: whether that counts as late when it comes.
   * `step`: the handler whose deadline is over.
   */
  dropWait(counts: boolean, step?: Step): void {
    this.wait?.drop({ lateCounters: this.runtime.lateCounters, counts, step });
    this.wait = undefined;
  }

  /** Records a turn, with its time where that is measured and asked for. */
  record(step: Step, turn: Partial<ExecutionRecord>): void {
    const { timed, recordsTime, runtime } = this.compiled;
    let { durationMs } = this;
    if (timed && step.mode !== "concurrent")
      durationMs = intrinsics.monotonicNow() - this.startedAt;
    if (timed) runtime.meter?.turn(step, durationMs);
    this.log.record(step, recordsTime ? { ...turn, durationMs } : turn);
  }

  isOver(step: HandlerStep): boolean {
    if (this.result === undefined) return false;
    return this.background === 0 || (step as Step).mode !== "fire_and_forget";
  }
}
