import type { Left } from "../../documents/index.ts";
import type { Call, Step, Subject, TaskRecord } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import { unfit } from "./payload.ts";
import { leaveRest, leftReports, settingsOf } from "./report.ts";
import { isDone, outcomeInTask, saysMore, stateOf, unseenIn, writeState } from "./task-state.ts";
import { describeTool, toolPost } from "./tools.ts";

const maxTasks = 1024;

/**
 * Tool calls whose result comes later, by another request.
 *
 * In MCP 2025-11-25 `tasks/result` is answered by the tool's result; in the tasks extension
 * (SEP-2663) `tasks/get` and `notifications/tasks` hold it. A task of a sampling or elicitation
 * request is `exempt`: its result is no tool's. The oldest are forgotten first; the result of a
 * forgotten task is checked all the same, without the tool's name and the labels of its first call.
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
    pre({ params, subject }) {
      const unseen = subject === taskNotice ? undefined : unseenParams(params);
      if (unseen !== undefined) throw unfit(`nothing beside a task at ${unseen.path}`);
      return [];
    },
    outcome,
    post,
  };
}

/** What such params say beside the task that they are about. */
function unseenParams(params: JsonObject): Left | undefined {
  const left = leftReports();
  // SDKs say again how the request was to become a task.
  leaveRest(params, ["taskId"], left, [], settingsOf.toolParams);
  return left.list().find(({ kind }) => kind === "content");
}

/** What a task says of its state comes from the tool as well: it is shown as a result of it. */
function* post(call: Call, outcome: JsonObject): Iterable<Step> {
  const tool = call.taskTool ?? "";
  if (isDone(outcome)) yield* toolPost(call, tool, outcome);
  const unseen = unseenIn(outcome);
  if (!saysMore(outcome) && unseen.length === 0) return;
  const state = { result: stateOf(outcome) };
  for (const step of toolPost(call, tool, state)) {
    yield { ...step, payload: (tell) => step.payload((left) => tell([...left, ...unseen])) };
  }
  writeState(outcome, state.result);
}

/** What is no task is checked as if it were the outcome of one, and refused. */
function outcomeInAnswer(answer: JsonObject): JsonObject | undefined {
  const { error, result } = answer;
  return error === undefined && isObject(result) ? outcomeInTask(result) : answer;
}

/** What asks for a task, and is answered by its outcome or its state. */
export const taskSubjects: ReadonlyMap<string, Subject> = new Map([
  ["tasks/result", taskSubject((answer) => answer)],
  ["tasks/get", taskSubject(outcomeInAnswer)],
  ["tasks/cancel", taskSubject(outcomeInAnswer)],
]);

/** Tells of a task; its params can hold what an answer does. */
export const taskNotice: Subject = taskSubject(({ params }) =>
  isObject(params) ? outcomeInTask(params) : undefined,
);

export function isTaskNotice(method: unknown): boolean {
  return method === "notifications/tasks" || method === "notifications/tasks/status";
}
