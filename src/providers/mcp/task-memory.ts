import type { TaskRecord } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { Direction } from "./transport.ts";

const maxTasks = 8192;
const maxIdUnits = 1024;

/** Where a message about a task came from. */
export interface TaskScope {
  readonly direction: Direction;
  readonly session: { readonly id: number; readonly name: string | undefined };
}

/** Requests whose answer can be a task that is not a tool's. */
export type AskedMethod = "sampling/createMessage" | "elicitation/create";

type KnownTask = TaskRecord | AskedMethod;
type FoundTask = KnownTask | "forgotten" | undefined;

/**
 * Tool calls whose result comes later, by another request.
 *
 * In MCP 2025-11-25 `tasks/result` is answered by the tool's result; in the tasks extension
 * (SEP-2663) `tasks/get` and `notifications/tasks` hold it. A task of a sampling or elicitation
 * request is known by its method: its result is no tool's.
 *
 * A session knows its own tasks. Where each exchange has a transport of its own, a task that another
 * exchange began is found as well, unless several began one of that id. What is not known for sure,
 * or was forgotten to make room, is `forgotten`: nobody can say with which labels it began.
 */
export class TaskMemory {
  readonly #own = new Map<string, KnownTask>();
  /** Those of sessions without a name. */
  readonly #shared = new Map<string, TaskRecord | "forgotten">();
  #hasForgotten = false;

  /** Learns from the answer that creates a task. */
  learn({ direction, session }: TaskScope, answer: JsonObject, found: KnownTask): void {
    const taskId = createdTask(answer.result);
    if (taskId === undefined) return;
    if (taskId.length > maxIdUnits) {
      this.forgotSome();
      return;
    }
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

  /** What is not known from now on may have been known before. */
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
