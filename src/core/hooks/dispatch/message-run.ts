/** Where a run of a message hook stands, and what it writes down. `run.ts` says how it goes on. */
import {
  append,
  concat,
  create,
  forEach,
  freeze,
  includes,
  type List,
  monotonicNow,
  newList,
  toArray,
} from "../../data/intrinsics.ts";
import type { Rejection, Slots } from "../../envelope/index.ts";
import type { ErrorCode } from "../../errors/index.ts";
import type { LevelValue } from "../../schema/index.ts";
import type { Violation } from "../results.ts";
import type { AuditReceipts } from "./report.ts";
import type { RequestScope } from "./scope.ts";
import type {
  AnyInvokeResult,
  AnyRun,
  CompiledHook,
  Ending,
  ExecutionRecord,
  HandlerStep,
  InvokeError,
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
export interface ShownView {
  readonly envelope: Slots;
  readonly grant: number;
  readonly view: Slots;
  readonly next: ShownView | undefined;
}

/** A run of any semantic, as it shows its envelope. */
interface ShowingRun extends AnyRun {
  shown: ShownView | undefined;
}

/** A handler's view of an envelope. Plugins with one grant share it while nothing changes. */
export function viewFor(run: ShowingRun, step: HandlerStep, envelope: Slots): Slots {
  const others = run.shown?.envelope === envelope ? run.shown : undefined;
  for (let each = others; each !== undefined; each = each.next) {
    if (each.grant === step.grant) return each.view;
  }
  const view = step.filter(envelope);
  run.shown = { envelope, grant: step.grant, view, next: others };
  return view;
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

export class MessageRun implements AnyRun {
  readonly compiled: CompiledHook;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  payload: object;
  extensions: Slots;
  shown: ShownView | undefined = undefined;
  /** Whether its notes were kept, where the host keeps an audit trail. */
  receipts: AuditReceipts | undefined = undefined;
  /** The serial step whose turn it is. */
  index = 0;
  /** The serial step that made the payload what it is, or -1. */
  changedAt = -1;
  /** Whether handlers are asked again, about the payload that all of them left. */
  again = false;
  /** The concurrent phase, once it has begun. */
  phase: Phase | undefined = undefined;
  /**
   * The handler whose turn it is, whether it runs, is waited for, or ran with others and its result
   * is taken now: its context, the view it was handed, if any, and the envelope when it was called.
   */
  context: PluginContext | undefined = undefined;
  given: Slots | undefined = undefined;
  before: Slots;
  /** The envelope when the run began. */
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
    this.compiled = compiled;
    this.payload = payload;
    this.extensions = extensions;
    this.before = extensions;
    this.start = extensions;
    this.scope = scope;
    this.options = options;
  }

  get hook(): string {
    return this.compiled.hook;
  }

  get runtime(): ManagerRuntime {
    return this.compiled.runtime;
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
    if (timed && step.mode !== "concurrent") durationMs = monotonicNow() - this.startedAt;
    if (timed) runtime.meter?.turn(step, durationMs);
    this.log.record(step, recordsTime ? { ...turn, durationMs } : turn);
  }

  isOver(step: HandlerStep): boolean {
    if (this.result === undefined) return false;
    return this.background === 0 || (step as Step).mode !== "fire_and_forget";
  }
}

/** What runs that a handler started added in its turn. Linked, as views are. */
interface Joined {
  readonly position: number;
  readonly paths: readonly string[];
  readonly applied: boolean;
  readonly next: Joined | undefined;
}

export class RunLog {
  readonly #compiled: CompiledHook;
  readonly #records: ExecutionRecord[];
  /** Of handlers that were asked again. */
  #again: List<ExecutionRecord> | undefined = undefined;
  #rejections: List<Rejection> | undefined = undefined;
  #errors: List<InvokeError> | undefined = undefined;
  #metadata: Record<string, LevelValue> | undefined = undefined;
  #joined: Joined | undefined = undefined;

  constructor(compiled: CompiledHook) {
    this.#compiled = compiled;
    this.#records = concat(compiled.plainExecutions);
  }

  /** Writes down a turn in which something happened. */
  record({ position, plain }: Step, turn: Partial<ExecutionRecord>): void {
    const record = freeze({ ...plain, ...turn });
    const isSecond = position < this.#compiled.firstConcurrent;
    if (this.#again === undefined || !isSecond) this.#records[position] = record;
    else append(this.#again, record);
  }

  /** From here on a turn is a handler's second, and its record comes after those of the first. */
  askAgain(): void {
    this.#again = newList();
  }

  /** Notes what a run that the handler started added, or in mode `audit` would have added. */
  noteJoined({ position }: Step, paths: readonly string[], applied: boolean): void {
    this.#joined = { position, paths, applied, next: this.#joined };
  }

  /** Adds rejections. Returns them under the plugin's name. */
  reject(step: Step, rejections: readonly Rejection[]): readonly Rejection[] {
    const named = newList<Rejection>();
    this.#rejections ??= newList();
    const all = this.#rejections;
    forEach(rejections, (rejection) => {
      const withName = freeze({ plugin: step.plugin.name, ...rejection });
      append(named, withName);
      append(all, withName);
    });
    return freeze(toArray(named));
  }

  addError(step: Step, code: ErrorCode, message: string): void {
    this.#errors ??= newList();
    append(
      this.#errors,
      freeze({ plugin: step.plugin.name, hook: step.hook, code, message } as const),
    );
  }

  addMetadata(step: Step, metadata: LevelValue): void {
    const { name } = step.plugin;
    this.#metadata ??= create(null) as Record<string, LevelValue>;
    this.#metadata[name] = freeze({ __proto__: null, ...this.#metadata[name], ...metadata });
  }

  /** Nothing from this position on had its turn. */
  skipFrom(position: number): void {
    const { firstConcurrent } = this.#compiled;
    const isBefore = this.#again !== undefined && position < firstConcurrent;
    for (let i = isBefore ? firstConcurrent : position; i < this.#records.length; i++) {
      const record = this.#records[i] as ExecutionRecord;
      if (record.status === "disabled") continue;
      const reason = "The run was halted before.";
      this.#records[i] = freeze({ ...record, status: "skipped", reason } as const);
    }
  }

  /** The records, with what came of nested runs: whatever became of the handler itself. */
  #withJoined(): readonly ExecutionRecord[] {
    for (let each = this.#joined; each !== undefined; each = each.next) {
      const record = this.#records[each.position] as ExecutionRecord;
      this.#records[each.position] = freeze({
        ...record,
        applied: record.applied || each.applied,
        extensionsModified: true,
        changed: union(each.paths, record.changed),
      });
    }
    const records = this.#records;
    return freeze(this.#again === undefined ? records : concat(records, toArray(this.#again)));
  }

  /** Everything written down, frozen. */
  close(): Pick<AnyInvokeResult, "rejections" | "errors" | "executions" | "metadata"> {
    return {
      rejections: listOf(this.#rejections),
      errors: listOf(this.#errors),
      executions: this.#withJoined(),
      metadata: this.#metadata === undefined ? noMetadata : freeze(this.#metadata),
    };
  }
}

function listOf<T>(list: List<T> | undefined): readonly T[] {
  return list === undefined ? emptyList : freeze(toArray(list));
}

function union(some: readonly string[], others: readonly string[]): readonly string[] {
  const added = newList<string>();
  forEach(others, (other) => {
    if (!includes(some, other)) append(added, other);
  });
  return freeze(concat(some, toArray(added)));
}

/** What a run in which nothing happened says, but for its records. */
export const emptyList: readonly never[] = freeze([]);
export const noMetadata: AnyInvokeResult["metadata"] = freeze(create(null));
