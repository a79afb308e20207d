/** What a run writes down. Made when something happens; a run in which nothing does has none. */
import { intrinsics, type LevelValue } from "../../admit/index.ts";
import type { ErrorCode } from "../../errors/index.ts";
import type { Rejection } from "../../merge/index.ts";
import type { Program, Step } from "./program.ts";
import type { AnyInvokeResult, ExecutionRecord, InvokeError } from "./records.ts";

const { append, create, freeze, newList, toArray } = intrinsics;

export class RunLog {
  readonly #records: ExecutionRecord[];
  readonly #rejections: intrinsics.List<Rejection> = newList();
  readonly #errors: intrinsics.List<InvokeError> = newList();
  readonly #metadata: Record<string, LevelValue> = create(null);

  constructor(program: Program) {
    const { plainExecutions } = program;
    const records = newList<ExecutionRecord>();
    for (let i = 0; i < plainExecutions.length; i++) {
      append(records, plainExecutions[i] as ExecutionRecord);
    }
    this.#records = toArray(records);
  }

  /** Writes down a turn in which something happened. */
  record(step: Step, turn: Partial<ExecutionRecord>): void {
    this.#records[step.position] = freeze({ ...step.plain, ...turn });
  }

  /** Adds rejections, and gives them back under the plugin's name. */
  reject(step: Step, rejections: readonly Rejection[]): readonly Rejection[] {
    if (rejections.length === 0) return rejections;
    const named = newList<Rejection>();
    for (let i = 0; i < rejections.length; i++) {
      const rejection = freeze({ plugin: step.plugin.name, ...(rejections[i] as Rejection) });
      append(named, rejection);
      append(this.#rejections, rejection);
    }
    return freeze(toArray(named));
  }

  addError(step: Step, code: ErrorCode, message: string): void {
    append(
      this.#errors,
      freeze({ plugin: step.plugin.name, hook: step.hook, code, message } as const),
    );
  }

  addMetadata(step: Step, metadata: LevelValue): void {
    const { name } = step.plugin;
    this.#metadata[name] = freeze({ __proto__: null, ...this.#metadata[name], ...metadata });
  }

  /** Nothing from this position on had its turn. */
  skipFrom(position: number): void {
    for (let i = position; i < this.#records.length; i++) {
      const record = this.#records[i] as ExecutionRecord;
      if (record.status === "disabled") continue;
      const reason = "The run was halted before.";
      this.#records[i] = freeze({ ...record, status: "skipped", reason } as const);
    }
  }

  /** Everything written down, frozen. */
  close(): Pick<AnyInvokeResult, "rejections" | "errors" | "executions" | "metadata"> {
    return {
      rejections: freeze(toArray(this.#rejections)),
      errors: freeze(toArray(this.#errors)),
      executions: freeze(this.#records),
      metadata: freeze(this.#metadata),
    };
  }
}

/** What a run in which nothing happened says, but for its records. */
export const emptyList: readonly never[] = freeze([]);
export const noMetadata: AnyInvokeResult["metadata"] = freeze(create(null));
