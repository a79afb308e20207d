/** Where one run of a message hook stands. What few runs need is made on demand. */
import { concat, intrinsics } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import type { DeadlineNode, DeadlineRing } from "../deadline-ring.ts";
import type { Violation } from "../results.ts";
import type { AnyInvokeResult, Ending, ExecutionRecord } from "./records.ts";
import type { AuditReceipts } from "./report.ts";
import { type Modification, RunLog } from "./run-log.ts";
import type { RequestScope } from "./scope.ts";
import type {
  AnyRun,
  CompiledHook,
  HandlerStep,
  ManagerRuntime,
  PluginContext,
  RunOptions,
  Step,
} from "./types.ts";
import { PendingWait } from "./wait.ts";

/** The concurrent phase, as its run uses it. */
export interface Phase {
  /** Whether the host gave up while handlers had yet to start. */
  readonly cutShort: boolean;
  /** Whether it is the turn of the handler that was handed `context`. */
  hasTurn(context: PluginContext): boolean;
  /** Takes what all handlers returned, in plugin order. The first that halts decides. */
  join(): Violation | undefined;
  /** Stops waiting: what the handlers that ended added stays. */
  cancel(): void;
  /** Aborts the signals of those that were cancelled. Their listeners run, so end the run first. */
  endTurns(): void;
}

/** What few runs need, most of them once they wait. */
interface Waiting {
  /** Takes the listener off the host's signal again. */
  unlisten: (() => void) | undefined;
  /** The concurrent phase, once it has begun. */
  phase: Phase | undefined;
  /** When the handler whose turn it is started. */
  startedAt: number;
  /** The envelope that a nested run began with. */
  start: Slots | undefined;
  /** How long the current turn took, where the concurrent phase measured it. */
  durationMs: number | undefined;
  /** Whether background handlers still use this run. */
  background: boolean;
  /** Whether its notes were kept, where the host keeps an audit trail. */
  receipts: AuditReceipts | undefined;
  /** Why the run may not go on, whatever its handlers say. */
  stopped: Violation | undefined;
  /** The result to come, while a strict audit trail has yet to keep the notes. */
  audited: Promise<AnyInvokeResult> | undefined;
}

/**
 * The views made of one envelope. A linked list, because an index setter on `Array.prototype` would
 * see each view that is put into an array, or could replace it.
 */
export interface ShownView {
  readonly grant: number;
  readonly view: Slots;
  readonly next: ShownView | undefined;
}

export function shownTo(step: HandlerStep, views: ShownView | undefined): Slots | undefined {
  for (let each = views; each !== undefined; each = each.next) {
    if (each.grant === step.grant) return each.view;
  }
  return undefined;
}

/** Where a run stands. `Invocation` in `run.ts` adds how it goes on. */
export abstract class RunState implements DeadlineNode, AnyRun {
  deadlineNext: DeadlineNode | undefined = undefined;
  deadlinePrevious: DeadlineNode | undefined = undefined;
  deadlineBucket = 0;

  readonly compiled: CompiledHook;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  payload: object;
  extensions: Slots;
  /** The serial step whose turn it is. */
  index = 0;
  /** The serial step that made the payload what it is, or -1. */
  changedAt = -1;
  /** Whether handlers are asked again, about the payload that all of them left. */
  again = false;
  /** What waits on a promise in place of the run, once it has to wait. */
  currentWait: PendingWait<RunState> | undefined = undefined;
  result: AnyInvokeResult | undefined = undefined;
  /** Whether it still counts as in flight. */
  counted = true;
  /** How it ends, for the counts. */
  ending: Ending = "allowed";
  /** The context of the handler that runs or is waited for. */
  context: PluginContext | undefined = undefined;
  /** The view that handler was handed. */
  given: Slots | undefined = undefined;
  /** The envelope when that handler was called. */
  before: Slots;
  ring: DeadlineRing | undefined = undefined;
  views: ShownView | undefined = undefined;
  written: RunLog | undefined = undefined;
  waited: Waiting | undefined = undefined;
  /** Resolves the promise of the run, once it waits. */
  settle: ((result: AnyInvokeResult) => void) | undefined = undefined;

  constructor(
    compiled: CompiledHook,
    payload: object,
    extensions: Slots,
    scope: RequestScope,
    options: RunOptions,
  ) {
    this.compiled = compiled;
    this.payload = payload;
    this.extensions = extensions;
    this.before = extensions;
    this.scope = scope;
    this.options = options;
    if (options.parent !== undefined) this.waiting.start = extensions;
    if (options.recheck === "only") this.#askAgainOnly(compiled);
  }

  #askAgainOnly({ serial, background }: CompiledHook): void {
    const all = concat(serial, background);
    for (let i = 0; i < all.length; i++) {
      const step = all[i] as Step;
      if (!step.mayHalt) this.log.record(step, { status: "skipped", reason: "It may not deny." });
    }
    this.again = true;
    this.changedAt = serial.length;
    this.index = -1;
    this.goOn();
  }

  get hook(): string {
    return this.compiled.hook;
  }

  get runtime(): ManagerRuntime {
    return this.compiled.runtime;
  }

  /** The deadline of the handler that is waited for is over. */
  abstract onDeadline(): void;

  /**
   * Goes on to the next serial step. With the `recheck` option, a payload that a step changed is put
   * again to the steps before it that may halt.
   */
  goOn(): void {
    const { serial } = this.compiled;
    this.index += 1;
    if (this.index === serial.length && this.changedAt > 0 && this.options.recheck === true) {
      this.again = true;
      this.log.askAgain();
      this.index = 0;
    }
    if (!this.again) return;
    while (this.index < this.changedAt && !(serial[this.index] as Step).mayHalt) this.index += 1;
    if (this.index < this.changedAt) return;
    this.again = false;
    this.changedAt = -1;
    this.index = serial.length;
  }

  /** The view of the envelope as it is now. Plugins with one grant share it. */
  viewFor(step: Step): Slots {
    const known = shownTo(step, this.views);
    if (known !== undefined) return known;
    const view = step.filter(this.extensions);
    this.views = { grant: step.grant, view, next: this.views };
    return view;
  }

  /** Puts a merged envelope in place. Views of the old one are not handed out again. */
  replaceExtensions(extensions: Slots): void {
    if (extensions === this.extensions) return;
    this.extensions = extensions;
    this.views = undefined;
  }

  get log(): RunLog {
    this.written ??= new RunLog(this.compiled);
    return this.written;
  }

  get waiting(): Waiting {
    this.waited ??= {
      unlisten: undefined,
      phase: undefined,
      startedAt: 0,
      start: undefined,
      durationMs: undefined,
      background: false,
      receipts: undefined,
      stopped: undefined,
      audited: undefined,
    };
    return this.waited;
  }

  get stopped(): Violation | undefined {
    return this.waited?.stopped;
  }

  /** Nothing more runs, and this is the reason. The first that halts a run decides how it ends. */
  stop(violation: Violation, ending: Ending): void {
    this.waiting.stopped ??= violation;
    this.halted(ending);
  }

  halted(ending: Ending): void {
    if (this.ending === "allowed") this.ending = ending;
  }

  get pendingWait(): PendingWait<RunState> {
    this.currentWait ??= new PendingWait<RunState>(this);
    return this.currentWait;
  }

  /**
   * The run goes on without what it waited for. `counts`: whether that counts as late when it comes.
   * `step`: the handler whose deadline is over.
   */
  dropWait(counts: boolean, step?: Step): void {
    this.currentWait?.drop({ lateCounters: this.runtime.lateCounters, counts, step });
    this.currentWait = undefined;
  }

  /** Records a turn, with its time where that is measured and asked for. */
  record(step: Step, turn: Partial<ExecutionRecord>): void {
    const durationMs = this.#measured(step);
    this.log.record(step, durationMs === undefined ? turn : { ...turn, durationMs });
  }

  /** The same for a turn that changed something. */
  recordChanges(step: Step, made: Modification): void {
    this.log.recordChanges(step, made, this.#measured(step));
  }

  /** The time of a turn, where its record states it. */
  #measured(step: Step): number | undefined {
    const { timed, recordsTime, runtime } = this.compiled;
    if (!timed) return undefined;
    const durationMs = this.#time(step);
    runtime.meter?.turn(step, durationMs);
    return recordsTime ? durationMs : undefined;
  }

  #time(step: Step): number | undefined {
    const { durationMs, startedAt } = this.waiting;
    return step.mode === "concurrent" ? durationMs : intrinsics.monotonicNow() - startedAt;
  }

  isOver(step: HandlerStep): boolean {
    if (this.result === undefined) return false;
    const inBackground = (step as Step).mode === "fire_and_forget";
    return !(this.waited?.background === true && inBackground);
  }

  /**
   * Puts the run under a deadline, from now on. It stays in the ring between two handlers that
   * both wait, so that the ring does not empty and fill again; the next wait starts anew.
   */
  waitUnder(ring: DeadlineRing | undefined): void {
    if (this.ring !== ring) this.ring?.leave(this);
    this.ring = ring;
    ring?.join(this);
  }
}
