import type { Call, Subject, TaskRecord } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import { describeTool, toolPost } from "./tools.ts";

const maxTasks = 1024;

/**
 * Tool calls whose result comes later, by another request.
 *
 * In MCP 2025-11-25 `tasks/result` is answered by the tool's result; in the tasks extension
 * (SEP-2663) `tasks/get` and `notifications/tasks` hold it. A task of a sampling or elicitation
 * request is `exempt`: its result is no tool's. The oldest are forgotten first; the result of a
 * forgotten task is checked all the same, with a new envelope and without the tool's name.
 */
export class TaskMemory {
  readonly #records = new Map<string, TaskRecord | "exempt">();

  /** Learns from the answer that creates a task. */
  learn(answer: JsonObject, record: TaskRecord | "exempt"): void {
    const taskId = createdTask(answer.result);
    if (taskId === undefined) return;
    this.#records.delete(taskId);
    this.#records.set(taskId, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > maxTasks && oldest !== undefined) this.#records.delete(oldest);
  }

  find(params: unknown): TaskRecord | "exempt" | undefined {
    const taskId = isObject(params) ? params.taskId : undefined;
    return typeof taskId === "string" ? this.#records.get(taskId) : undefined;
  }

  clear(): void {
    this.#records.clear();
  }
}

function createdTask(result: unknown): string | undefined {
  if (!isObject(result)) return undefined;
  // `task` in 2025-11-25; in SEP-2663 the result is the task itself.
  const task = isObject(result.task) ? result.task : result;
  const isTask = task !== result || result.resultType === "task";
  return isTask && typeof task.taskId === "string" ? task.taskId : undefined;
}

/** Requests whose answer can be a task that is not a tool's. */
export const exemptTaskMethods: readonly string[] = [
  "sampling/createMessage",
  "elicitation/create",
];

function taskSubject(outcome: Subject["outcome"]): Subject {
  return {
    isTool: true,
    isTask: true,
    accepts: (params) => typeof params.taskId === "string",
    describe: (call) => (call.taskTool === undefined ? {} : describeTool(call, call.taskTool)),
    // The call itself was checked when it was made.
    pre: () => [],
    outcome,
    post: (call: Call, found) => toolPost(call, call.taskTool ?? "", found),
  };
}

/** A finished task holds its outcome beside its state. */
function outcomeInTask(task: unknown): JsonObject | undefined {
  if (!isObject(task)) return undefined;
  return task.result !== undefined || task.error !== undefined ? task : undefined;
}

/** Fetches the outcome of a task. */
export const taskSubjects: ReadonlyMap<string, Subject> = new Map([
  ["tasks/result", taskSubject((answer) => answer)],
  [
    "tasks/get",
    taskSubject((answer) => (answer.error === undefined ? outcomeInTask(answer.result) : answer)),
  ],
]);

/** Tells of a task; its params can hold the outcome. */
export const taskNotice: Subject = taskSubject((notice) => outcomeInTask(notice.params));

export function isTaskNotice(method: unknown): boolean {
  return method === "notifications/tasks" || method === "notifications/tasks/status";
}
