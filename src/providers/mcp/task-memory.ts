import type { StartedCall } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { Direction } from "./transport.ts";

const maxTasks = 8192;
const maxIdUnits = 1024;

/** Where a message about a task came from. */
export interface TaskScope {
  readonly direction: Direction;
  readonly session: { readonly id: number; readonly name: string | undefined };
}

/** Methods other than tool calls whose answer can be a task. */
export type AskedMethod = "sampling/createMessage" | "elicitation/create";

type KnownTask = StartedCall | AskedMethod;
type FoundTask = KnownTask | "forgotten" | undefined;

/**
 * Remembers the tool calls whose result arrives later, with another request.
 *
 * In MCP 2025-11-25 the tool's result is the answer to `tasks/result`; in the tasks extension
 * (SEP-2663) `tasks/get` and `notifications/tasks` hold it. A task of a sampling or elicitation
 * request is remembered by its method, because its result does not come from a tool.
 *
 * A session knows its own tasks. If each exchange has its own transport, a task of another
 * exchange is found too, unless several have the same id. A task that is not known for certain,
 * or was dropped to make room, is `forgotten`: its labels are unknown.
 */
export class TaskMemory {
  readonly #own = new Map<string, KnownTask>();
  /** The tasks of unnamed sessions. */
  readonly #shared = new Map<string, StartedCall | "forgotten">();
  #hasForgotten = false;

  /** Remembers the task that an answer creates. `startedBy` is called only if there is one. */
  learn({ direction, session }: TaskScope, answer: JsonObject, startedBy: () => KnownTask): void {
    const taskId = createdTask(answer.result);
    if (taskId === undefined) return;
    if (taskId.length > maxIdUnits) {
      this.forgotSome();
      return;
    }
    const found = startedBy();
    this.#keep(this.#own, `${direction} ${session.id} ${taskId}`, found);
    if (session.name !== undefined || typeof found === "string") return;
    const key = `${direction} ${taskId}`;
    this.#keep(this.#shared, key, this.#shared.has(key) ? "forgotten" : found);
  }

  find({ direction, session }: TaskScope, params: unknown): FoundTask {
    const taskId = isObject(params) ? params.taskId : undefined;
    if (typeof taskId !== "string") return undefined;
    const own = this.#own.get(`${direction} ${session.id} ${taskId}`);
    const shared =
      session.name === undefined ? this.#shared.get(`${direction} ${taskId}`) : undefined;
    return own ?? shared ?? (this.#hasForgotten ? "forgotten" : undefined);
  }

  /** Notes that tasks were forgotten: from now on an unknown task may be one of them. */
  forgotSome(): void {
    this.#hasForgotten = true;
  }

  #keep<Found>(tasks: Map<string, Found>, key: string, found: Found): void {
    tasks.delete(key);
    tasks.set(key, found);
    const [oldest] = tasks.keys();
    if (tasks.size <= maxTasks || oldest === undefined) return;
    tasks.delete(oldest);
    this.forgotSome();
  }
}

function createdTask(result: unknown): string | undefined {
  if (!isObject(result)) return undefined;
  // `task` in 2025-11-25; in SEP-2663 the result is the task itself.
  const task = isObject(result.task) ? result.task : result;
  const isTask = task !== result || result.resultType === "task";
  return isTask && typeof task.taskId === "string" ? task.taskId : undefined;
}

export function isAskedMethod(method: unknown): method is AskedMethod {
  return method === "sampling/createMessage" || method === "elicitation/create";
}
