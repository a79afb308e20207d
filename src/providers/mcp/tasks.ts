/** Requests and notifications about a task, which can hold the outcome of a tool call. */
import type { Left } from "../rewrite/index.ts";
import { postSteps } from "./asked-steps.ts";
import type { Call, HookRunner, Step, Subject } from "./call.ts";
import { type FieldsHook, fieldsStep, leftFields } from "./fields-step.ts";
import { isObject, type JsonObject } from "./json.ts";
import { leftOf, settingsOf } from "./report.ts";
import { hasState, isDone, leftIn, outcomeInTask, stateOf, writeState } from "./task-state.ts";
import { describeTool, toolPost } from "./tools.ts";

function taskSubject(outcome: Subject["outcome"]): Subject {
  return {
    isTool: true,
    isTask: true,
    accepts: (params) => typeof params.taskId === "string",
    describe: (call) => (call.taskTool === undefined ? {} : describeTool(call, call.taskTool)),
    // The call itself was checked when it was made.
    *pre(call) {
      const { params } = call;
      yield* restOfTaskSteps(call, "cmf.mcp_request", params, leftOfParams(params), false);
    },
    outcome,
    post,
  };
}

function leftOfParams(params: JsonObject): readonly Left[] {
  // SDKs repeat the `task` field of the request that started the task.
  return leftOf(params, [], ["taskId", ...settingsOf.toolParams]);
}

/**
 * Shows what a message holds besides the task's outcome and state. Shows nothing if the tool's
 * hooks already saw all of it.
 */
function* restOfTaskSteps(
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

/**
 * The text about a task's state comes from the tool too, so it is shown as a result of the tool.
 */
function* post(call: Call, outcome: JsonObject): Iterable<Step> {
  const tool = call.taskTool ?? "";
  if (isDone(outcome)) yield* toolPost(call, tool, outcome);
  const hook = call.subject === taskNotice ? "cmf.mcp_notification" : "cmf.mcp_response";
  yield* restOfTaskSteps(
    call,
    hook,
    outcome,
    leftIn(outcome),
    isDone(outcome) || hasState(outcome),
  );
  if (!hasState(outcome)) return;
  const state = { result: stateOf(outcome) };
  yield* postSteps(call, state, toolPost(call, tool, state));
  writeState(outcome, state.result);
}

/** An answer that is not a task is checked as if it were an outcome, and refused. */
function outcomeInAnswer(answer: JsonObject, hooks: HookRunner): JsonObject | undefined {
  const { error, result } = answer;
  if (error !== undefined || !isObject(result)) return answer;
  return shownIn(result, "cmf.mcp_response", hooks);
}

/** Returns the task if plugins are to see it: for what it holds, or whatever it holds. */
function shownIn(task: JsonObject, hook: FieldsHook, hooks: HookRunner): JsonObject | undefined {
  const outcome = outcomeInTask(task, hooks.passes("tokens"));
  return !hooks.passes("tasks") && hooks.listens(hook) ? task : outcome;
}

/** Requests about a task, which are answered with its outcome or its state. */
export const taskSubjects: ReadonlyMap<string, Subject> = new Map([
  ["tasks/result", taskSubject((answer) => answer)],
  ["tasks/get", taskSubject(outcomeInAnswer)],
  ["tasks/cancel", taskSubject(outcomeInAnswer)],
]);

/** A notification about a task; its params can hold whatever an answer can. */
export const taskNotice: Subject = {
  ...taskSubject(({ params }, hooks) =>
    isObject(params) ? shownIn(params, "cmf.mcp_notification", hooks) : undefined,
  ),
  isNotice: true,
};

export function isTaskNotice(method: unknown): boolean {
  return method === "notifications/tasks" || method === "notifications/tasks/status";
}
