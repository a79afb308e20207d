/**
 * One run of one hook.
 *
 * It runs without waiting until a handler returns a promise, and waits for that one alone.
 * Not the run waits but its ticket: when a deadline or an abort moves the run on, it leaves the
 * ticket behind, and whoever waited with that finds that it came late.
 *
 * What most runs never need is made when it is needed: making a run must cost next to nothing.
 */
import { concat, intrinsics } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import type { DeadlineNode, DeadlineRing } from "../deadline-ring.ts";
import type { Violation } from "../results.ts";
import type { AuditReceipts } from "./audit-receipts.ts";
import type {
  CompiledHook,
  HandlerStep,
  ManagerRuntime,
  RunOptions,
  Step,
} from "./compiled-hook.ts";
import type { ConcurrentPhase } from "./concurrent.ts";
import type { AnyRun, HandlerContext } from "./context.ts";
import type { Ending } from "./counts.ts";
import { PendingWait } from "./pending-wait.ts";
import type { AnyInvokeResult, ExecutionRecord } from "./records.ts";
import { emptyList, type Modification, noMetadata, RunLog } from "./run-log.ts";
import type { RequestScope } from "./scope.ts";

/** What few runs need, most of them once they wait. */
interface Waiting {
  /** Takes the listener off the host's signal again. */
  unlisten: (() => void) | undefined;
  /** The concurrent phase, once it has begun. */
  phase: ConcurrentPhase | undefined;
  /** When the handler whose turn it is started. */
  startedAt: number;
  /** The envelope that a nested run began with. */
  start: Slots | undefined;
  /** How long the turn in hand took, where the concurrent phase measured it. */
  durationMs: number | undefined;
  /** Whether background handlers still use this run. */
  background: boolean;
  /** What became of its notes, where the host keeps an audit trail. */
  receipts: AuditReceipts | undefined;
  /** Why the run cannot go on: labels of a nested run that it has no room for. */
  overfull: Violation | undefined;
  /** The result that holds, where a strict trail has yet to let the run go. */
  held: Promise<AnyInvokeResult> | undefined;
}

/**
 * The views that were made of one envelope. Linked, because an index setter on `Array.prototype`
 * would see each view of an array, or put another in its place.
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

export class Invocation implements DeadlineNode, AnyRun {
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
  /** What waits for a promise of a plugin in place of the run, once something has to. */
  held: PendingWait<Invocation> | undefined = undefined;
  result: AnyInvokeResult | undefined = undefined;
  /** Whether it still counts as in flight. */
  counted = true;
  /** How it ends, as the counts have it. */
  ending: Ending = "allowed";
  /** The context of the handler that runs or is waited for. */
  context: HandlerContext | undefined = undefined;
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

  onDeadline(): void {
    this.compiled.runtime.expire(this);
  }

  /**
   * Goes on to the next serial step. Where the host asked for it, a payload that a step changed
   * is put again to those before it that may halt.
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
      overfull: undefined,
      held: undefined,
    };
    return this.waited;
  }

  /** Asked for on every turn: most runs have nothing of what waits. */
  get overfull(): Violation | undefined {
    return this.waited?.overfull;
  }

  get pendingWait(): PendingWait<Invocation> {
    this.held ??= new PendingWait<Invocation>(this);
    return this.held;
  }

  /**
   * The run goes on without what is waited for. `counts`: whether that may come late. `step`: the
   * handler whose deadline is over.
   */
  dropWait(counts: boolean, step?: Step): void {
    this.held?.drop({ lateCounters: this.compiled.runtime.lateCounters, counts, step });
    this.held = undefined;
  }

  /** Writes down a turn that was had, with its time where that is measured and asked for. */
  record(step: Step, turn: Partial<ExecutionRecord>): void {
    const durationMs = this.#measured(step);
    this.log.record(step, durationMs === undefined ? turn : { ...turn, durationMs });
  }

  /** The same for a turn that changed something. */
  recordChanges(step: Step, made: Modification): void {
    this.log.recordChanges(step, made, this.#measured(step));
  }

  /** The time of a turn, where its record says it. */
  #measured(step: Step): number | undefined {
    const { timed, tellsTime, runtime } = this.compiled;
    if (!timed) return undefined;
    const durationMs = this.#time(step);
    runtime.meter?.turn(step, durationMs);
    return tellsTime ? durationMs : undefined;
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
   * Puts the run under a deadline, from now on. It stays there between two handlers that both
   * wait, so that the ring does not empty and fill again; the next wait starts anew.
   */
  waitUnder(ring: DeadlineRing | undefined): void {
    if (this.ring !== ring) this.ring?.leave(this);
    this.ring = ring;
    ring?.join(this);
  }

  /** Ends the run. `from` is the record position from which nothing ran, when it was halted. */
  finish(violation: Violation | undefined, from: number): AnyInvokeResult {
    if (from >= 0) this.log.skipFrom(from);
    this.result = resultOf(this, violation);
    this.context = undefined;
    this.ring?.leave(this);
    this.waited?.unlisten?.();
    return this.result;
  }
}

function resultOf(run: Invocation, violation: Violation | undefined): AnyInvokeResult {
  const { payload, extensions, scope, compiled, written } = run;
  // Whatever halts a run is written down.
  if (written === undefined) return plainResult(compiled, payload, extensions, scope);
  const { rejections, errors, executions, metadata } = written.close();
  return intrinsics.freeze({
    continueProcessing: violation === undefined,
    payload,
    extensions,
    violation,
    rejections,
    errors,
    executions,
    metadata,
    context: scope,
    // biome-ignore lint/suspicious/noThenProperty: without an own `then`, a patched prototype could capture the result (security rule D12).
    then: undefined,
  });
}

/** The result of a run in which nothing happened. */
export function plainResult(
  compiled: CompiledHook,
  payload: object,
  extensions: Slots,
  scope: RequestScope,
): AnyInvokeResult {
  return intrinsics.freeze({
    continueProcessing: true,
    payload,
    extensions,
    violation: undefined,
    rejections: emptyList,
    errors: emptyList,
    executions: compiled.plainExecutions,
    metadata: noMetadata,
    context: scope,
    // biome-ignore lint/suspicious/noThenProperty: see `resultOf`.
    then: undefined,
  });
}
