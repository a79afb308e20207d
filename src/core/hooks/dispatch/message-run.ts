/** The state of a run of a message hook, and its log. `run.ts` has the control flow. */
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
  none,
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
 * The views of one envelope. A linked list, because an index setter on `Array.prototype` could see
 * or replace each view that is put into an array.
 */
export interface ShownView {
  readonly envelope: Slots;
  readonly grant: number;
  readonly view: Slots;
  readonly next: ShownView | undefined;
}

/** A run of any semantic, with the views that it has shown. */
interface ShowingRun extends AnyRun {
  shown: ShownView | undefined;
}

/** Returns a handler's view of an envelope. Plugins with one grant share it until it changes. */
export function viewFor(run: ShowingRun, step: HandlerStep, envelope: Slots): Slots {
  const others = run.shown?.envelope === envelope ? run.shown : undefined;
  for (let each = others; each !== undefined; each = each.next) {
    if (each.grant === step.grant) return each.view;
  }
  const view = step.filter(envelope);
  run.shown = { envelope, grant: step.grant, view, next: others };
  return view;
}

/** A handler's turn in the concurrent phase. */
export interface PhaseMember {
  /** `returned` includes a thrown denial; `passed` had no turn; `cancelled`: the host aborted. */
  readonly ending: "pending" | "returned" | "threw" | "timeout" | "passed" | "cancelled";
  /** The envelope at the start of the phase, with what nested runs of this handler have added. */
  seen: Slots;
}

/** The concurrent phase, as the run uses it. */
export interface Phase {
  /** Finds the turn of the handler that was given `context`. */
  memberOf(context: PluginContext): PhaseMember | undefined;
  /** Stops waiting. */
  stop(): void;
  /** Stops waiting, and applies what the handlers that have ended returned. */
  cancel(): Violation | undefined;
  /** Aborts the signals of cancelled handlers. This runs their listeners, so end the run first. */
  endTurns(): void;
}

export class MessageRun implements AnyRun {
  readonly compiled: CompiledHook;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  payload: object;
  extensions: Slots;
  shown: ShownView | undefined = undefined;
  /** Tracks whether the run's notes were kept, if the host has an audit trail. */
  receipts: AuditReceipts | undefined = undefined;
  /** The index of the current serial step. */
  index = 0;
  /** The index of the serial step that last changed the payload, or -1. */
  changedAt = -1;
  /** Whether handlers are being called again, to check the payload that the others left. */
  rechecking = false;
  /** The concurrent phase, once it has begun. */
  phase: Phase | undefined = undefined;
  /**
   * The handler whose turn it is: its context, the view it was given, if any, and the envelope when
   * it was called. In the concurrent phase, the handler whose result is being read, and no context.
   */
  context: PluginContext | undefined = undefined;
  view: Slots | undefined = undefined;
  before: Slots;
  /** The envelope when the run began. */
  readonly start: Slots;
  /** Whether the current turn is over and has its record. */
  recorded = false;
  /** When the current handler started, and how long it took if the phase measured that. */
  startedAt = 0;
  durationMs: number | undefined = undefined;
  /** Waits for a promise in place of the run, if there is one to wait for. */
  wait: Wait | undefined = undefined;
  /** Removes the listener from the host's signal. */
  unlisten: (() => void) | undefined = undefined;
  /** Why the run may not go on, whatever its handlers say. */
  stopped: Violation | undefined = undefined;
  /** How the run ends, for the counts, and whether it still counts as in flight. */
  ending: Ending = "allowed";
  counted = true;
  /** Whether it is ending or has ended. Until it has a result, foreign code may still be called. */
  isEnding = false;
  written: RunLog | undefined = undefined;
  result: AnyInvokeResult | undefined = undefined;
  /** The pending result, while a strict audit trail has yet to keep the notes. */
  audited: Promise<AnyInvokeResult> | undefined = undefined;
  /** Resolves the run's promise, if the run had to wait. */
  settle: ((result: AnyInvokeResult) => void) | undefined = undefined;
  /** The background handlers to start once the caller has its result. */
  chosen: readonly Step[] = none;
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

  /** The current serial step. Past the last one, a patched prototype could supply a value. */
  get step(): Step | undefined {
    const { serial } = this.compiled;
    return this.index < serial.length ? serial[this.index] : undefined;
  }

  get log(): RunLog {
    this.written ??= new RunLog(this.compiled);
    return this.written;
  }

  /** Lets nothing more run, for this reason. */
  stop(violation: Violation, ending: Ending): void {
    this.stopped ??= violation;
    this.halted(ending);
  }

  /** Sets how the run ends. The first halt decides. */
  halted(ending: Ending): void {
    if (this.ending === "allowed") this.ending = ending;
  }

  /**
   * Goes on without the pending result, which counts as late when it arrives. `step`: the handler
   * whose deadline is over, if that is why.
   */
  dropWait(step?: Step): void {
    this.wait?.drop({ lateCounters: this.runtime.lateCounters, counts: true, step });
    this.wait = undefined;
  }

  /** Records a turn, with its duration if that is measured and wanted, unless the run is over. */
  record(step: Step, turn: Partial<ExecutionRecord>): void {
    if (this.result !== undefined) return;
    const { timed, recordsTime, runtime } = this.compiled;
    let { durationMs } = this;
    if (timed && step.mode !== "concurrent") durationMs = monotonicNow() - this.startedAt;
    runtime.meter?.turn(step, durationMs);
    this.log.record(step, recordsTime ? { ...turn, durationMs } : turn);
    this.recorded = true;
  }

  isOver(step: HandlerStep): boolean {
    if (this.result === undefined) return false;
    return this.background === 0 || (step as Step).mode !== "fire_and_forget";
  }
}

/** What a nested run added during the turn of the handler that started it. Linked, like views. */
interface Joined {
  readonly position: number;
  readonly paths: readonly string[];
  readonly applied: boolean;
  readonly next: Joined | undefined;
}

export class RunLog {
  readonly #compiled: CompiledHook;
  readonly #records: ExecutionRecord[];
  /** The records of handlers that were called again. */
  #rechecked: List<ExecutionRecord> | undefined = undefined;
  #rejections: List<Rejection> | undefined = undefined;
  #errors: List<InvokeError> | undefined = undefined;
  #metadata: Record<string, LevelValue> | undefined = undefined;
  #joined: Joined | undefined = undefined;

  constructor(compiled: CompiledHook) {
    this.#compiled = compiled;
    this.#records = concat(compiled.plainExecutions);
  }

  /** Records a turn in which something happened. */
  record({ position, plain }: Step, turn: Partial<ExecutionRecord>): void {
    const record = freeze({ ...plain, ...turn });
    const isSecond = position < this.#compiled.firstConcurrent;
    if (this.#rechecked === undefined || !isSecond) this.#records[position] = record;
    else append(this.#rechecked, record);
  }

  /** From here on, each turn is a handler's second, and its record goes after the first ones. */
  startRecheck(): void {
    this.#rechecked = newList();
  }

  /** Notes what a run that the handler started added, or would have added in mode `audit`. */
  noteJoined({ position }: Step, paths: readonly string[], applied: boolean): void {
    this.#joined = { position, paths, applied, next: this.#joined };
  }

  /** Adds rejections. Returns them with the plugin's name. */
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

  /** Marks the handlers from this position on as skipped. */
  skipFrom(position: number): void {
    const { firstConcurrent } = this.#compiled;
    const isBefore = this.#rechecked !== undefined && position < firstConcurrent;
    for (let i = isBefore ? firstConcurrent : position; i < this.#records.length; i++) {
      const record = this.#records[i] as ExecutionRecord;
      if (record.status === "disabled") continue;
      this.#records[i] = freeze({ ...record, ...notRun });
    }
  }

  /** Returns the records, with what nested runs added, whatever became of the handlers. */
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
    return freeze(
      this.#rechecked === undefined ? records : concat(records, toArray(this.#rechecked)),
    );
  }

  /** Returns everything that was recorded, frozen. */
  close(): Pick<AnyInvokeResult, "rejections" | "errors" | "executions" | "metadata"> {
    return {
      rejections: listOf(this.#rejections),
      errors: listOf(this.#errors),
      executions: this.#withJoined(),
      metadata: freeze(this.#metadata ?? noMetadata),
    };
  }
}

function listOf<T>(list: List<T> | undefined): readonly T[] {
  return list === undefined ? none : freeze(toArray(list));
}

function union(some: readonly string[], others: readonly string[]): readonly string[] {
  const added = newList<string>();
  forEach(others, (other) => {
    if (!includes(some, other)) append(added, other);
  });
  return freeze(concat(some, toArray(added)));
}

/** What the record of a handler says that did not run, because its run had ended. */
export const notRun = freeze({
  status: "skipped",
  reason: "The run had already been halted.",
} as const);

/** The rest of the result of a run in which nothing happened, apart from its records. */
export const noMetadata: AnyInvokeResult["metadata"] = freeze(create(null));
