/** What a run writes down. Made when something happens; a run in which nothing does has none. */
import { concat, includes, intrinsics } from "../../data/index.ts";
import type { Rejection } from "../../envelope/index.ts";
import type { ErrorCode } from "../../errors/index.ts";
import type { LevelValue } from "../../schema/index.ts";
import type { AnyInvokeResult, CompiledHook, ExecutionRecord, InvokeError, Step } from "./types.ts";

const { append, create, freeze, newList, toArray } = intrinsics;

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
  #again: intrinsics.List<ExecutionRecord> | undefined = undefined;
  #rejections: intrinsics.List<Rejection> | undefined = undefined;
  #errors: intrinsics.List<InvokeError> | undefined = undefined;
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
  join({ position }: Step, paths: readonly string[], applied: boolean): void {
    this.#joined = { position, paths, applied, next: this.#joined };
  }

  /** Adds rejections, and gives them back under the plugin's name. */
  reject(step: Step, rejections: readonly Rejection[]): readonly Rejection[] {
    if (rejections.length === 0) return rejections;
    const named = newList<Rejection>();
    this.#rejections ??= newList();
    for (let i = 0; i < rejections.length; i++) {
      const rejection = freeze({ plugin: step.plugin.name, ...(rejections[i] as Rejection) });
      append(named, rejection);
      append(this.#rejections, rejection);
    }
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

function listOf<T>(list: intrinsics.List<T> | undefined): readonly T[] {
  return list === undefined ? emptyList : freeze(toArray(list));
}

function union(some: readonly string[], others: readonly string[]): readonly string[] {
  const added = newList<string>();
  for (let i = 0; i < others.length; i++) {
    const other = others[i] as string;
    if (!includes(some, other)) append(added, other);
  }
  return freeze(concat(some, toArray(added)));
}

/** What a run in which nothing happened says, but for its records. */
export const emptyList: readonly never[] = freeze([]);
export const noMetadata: AnyInvokeResult["metadata"] = freeze(create(null));
