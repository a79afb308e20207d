import type { Left } from "../rewrite/index.ts";
import type { Call, Step, Subject, TaskRecord } from "./call.ts";
import { type FieldsHook, fieldsStep, leftFields } from "./fields-step.ts";
import { isObject, type JsonObject } from "./json.ts";
import { leaveRest, leftReports, settingsOf } from "./report.ts";
import type { HookRunner } from "./run-hooks.ts";
import { isDone, leftIn, outcomeInTask, saysMore, stateOf, writeState } from "./task-state.ts";
import { describeTool, toolPost } from "./tools.ts";
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

function taskSubject(outcome: Subject["outcome"]): Subject {
  return {
    isTool: true,
    isTask: true,
    accepts: (params) => typeof params.taskId === "string",
    describe: (call) => (call.taskTool === undefined ? {} : describeTool(call, call.taskTool)),
    // The call itself was checked when it was made.
    *pre(call) {
      const { params, subject } = call;
      if (subject !== taskNotice) {
        yield* besideTask(call, "cmf.mcp_request", params, leftOfParams(params), false);
      }
    },
    outcome,
    post,
  };
}

function leftOfParams(params: JsonObject): readonly Left[] {
  const left = leftReports();
  // SDKs say again how the request was to become a task.
  leaveRest(params, [], left, [], ["taskId", ...settingsOf.toolParams]);
  return left.list();
}

/** What is said beside a task, its outcome and its state. Where a tool's hooks ran, it may be nothing. */
function* besideTask(
  call: Call,
  hook: FieldsHook,
  document: JsonObject,
  left: readonly Left[],
  hadTool: boolean,
): Iterable<Step> {
  const { passes } = call.hooks;
  const fields = leftFields(document, left, (kind) => passes(kind === "metadata" ? "tasks" : kind));
  if (fields.length === 0 && (hadTool || passes("tasks"))) return;
  yield fieldsStep(call, { hook, method: call.method, document, fields, unseen: left });
}

/** What a task says of its state comes from the tool as well: it is shown as a result of it. */
function* post(call: Call, outcome: JsonObject): Iterable<Step> {
  const tool = call.taskTool ?? "";
  if (isDone(outcome)) yield* toolPost(call, tool, outcome);
  const hook = call.subject === taskNotice ? "cmf.mcp_notification" : "cmf.mcp_response";
  yield* besideTask(call, hook, outcome, leftIn(outcome), isDone(outcome) || saysMore(outcome));
  if (!saysMore(outcome)) return;
  const state = { result: stateOf(outcome) };
  yield* toolPost(call, tool, state);
  writeState(outcome, state.result);
}

/** What is no task is checked as if it were the outcome of one, and refused. */
function outcomeInAnswer(answer: JsonObject, hooks: HookRunner): JsonObject | undefined {
  const { error, result } = answer;
  if (error !== undefined || !isObject(result)) return answer;
  const isAsked = !hooks.passes("tasks") && hooks.listens("cmf.mcp_response");
  const outcome = outcomeInTask(result, hooks.passes("tokens"));
  return isAsked ? result : outcome;
}

/** What asks for a task, and is answered by its outcome or its state. */
export const taskSubjects: ReadonlyMap<string, Subject> = new Map([
  ["tasks/result", taskSubject((answer) => answer)],
  ["tasks/get", taskSubject(outcomeInAnswer)],
  ["tasks/cancel", taskSubject(outcomeInAnswer)],
]);

/** Tells of a task; its params can hold what an answer does. */
export const taskNotice: Subject = {
  ...taskSubject(({ params }, hooks) => {
    if (!isObject(params)) return undefined;
    const isAsked = !hooks.passes("tasks") && hooks.listens("cmf.mcp_notification");
    const outcome = outcomeInTask(params, hooks.passes("tokens"));
    return isAsked ? params : outcome;
  }),
  isNotice: true,
};

export function isTaskNotice(method: unknown): boolean {
  return method === "notifications/tasks" || method === "notifications/tasks/status";
}
