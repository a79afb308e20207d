import { type Call, type HookRunner, isStopped } from "./call.ts";
import { type Denial, errorAnswer, errorFor, guardErrorCodes } from "./denials.ts";
import { copyMessage, isGiven, isObject, type JsonObject } from "./json.ts";
import { hasState, isDone, keepSafe } from "./task-state.ts";
import { taskNotice } from "./tasks.ts";
import { keyOf } from "./transport.ts";

/** The verdict on a request or an answer. `stopped`: nobody waits for it any more. */
export type Verdict =
  | { readonly kind: "pass"; readonly message: JsonObject; readonly denial?: Denial }
  | { readonly kind: "refused"; readonly answer: JsonObject; readonly denial: Denial }
  | { readonly kind: "stopped" };

/** Not even an error is sent: on a close, the protocol above settles its own requests. */
const stopped: Verdict = { kind: "stopped" };

/** Runs the pre hooks. */
export function checkRequest(call: Call, hooks: HookRunner): Verdict | Promise<Verdict> {
  const verdict = (denial: Denial | undefined): Verdict => {
    if (call.state !== "pre") return stopped;
    if (denial !== undefined) return refused(call, denial);
    return { kind: "pass", message: call.isOwn ? call.request : call.message };
  };
  const checked = hooks.before(call);
  // A refusal comes after this turn, as any answer does.
  return checked === undefined ? verdict(checked) : unlessStopped(call, checked).then(verdict);
}

/** Runs the post hooks on the outcome in an answer or in a notification about a task. */
export function checkAnswer(
  call: Call,
  message: JsonObject,
  hooks: HookRunner,
): Verdict | Promise<Verdict> {
  call.state = "post";
  if (!hooks.letsThrough(call, message)) return checkOutcome(call, message, hooks);
  const verdict = (denial: Denial | undefined): Verdict => {
    if (isStopped(call)) return stopped;
    if (denial !== undefined) return refused(call, denial);
    return { kind: "pass", message: call.isOwn ? forOneCaller(message) : message };
  };
  const labelled = hooks.label(call, message);
  return labelled === undefined ? verdict(labelled) : unlessStopped(call, labelled).then(verdict);
}

async function checkOutcome(call: Call, message: JsonObject, hooks: HookRunner): Promise<Verdict> {
  let answer: JsonObject;
  try {
    answer = copyMessage(message);
  } catch (error) {
    // It is nested too deeply to be copied.
    return refused(call, hooks.fail(call, call.method, error));
  }
  const outcome = call.subject.outcome(answer, hooks);
  if (outcome === undefined) return { kind: "pass", message: answer };
  // JSON-RPC allows no result together with an error, and no hook would see it.
  if (outcome.error !== undefined) delete outcome.result;

  const says = isDone(outcome) || hasState(outcome);
  const denial = await unlessStopped(call, hooks.after(call, outcome));
  if (isStopped(call)) return stopped;
  if (denial === undefined) return { kind: "pass", message: forOneCaller(answer) };
  if (outcome === answer) return refused(call, denial);
  const isNotice = call.subject === taskNotice;
  // If plugins saw a task id that belongs to no known call, the id may be what they refused.
  const keepsId = !isNotice || call.started !== undefined || hooks.passes("tokens");
  // Only a finished task can hold the refusal; a notice about any other only loses its text.
  if (!keepsId || !(isDone(outcome) || (isNotice && says))) {
    return { kind: "refused", answer: errorAnswer(call.id, denial), denial };
  }
  refuseInTask(outcome, denial, call);
  return { kind: "pass", message: answer, denial };
}

/** What hooks allowed to one caller may be refused to another, so no shared cache may keep it. */
function forOneCaller(answer: JsonObject): JsonObject {
  const { result } = answer;
  if (!isObject(result) || (result.ttlMs ?? result.cacheScope) === undefined) return answer;
  return { ...answer, result: { ...result, cacheScope: "private" } };
}

function refused(call: Call, denial: Denial): Verdict {
  return { kind: "refused", answer: refusal(call, denial), denial };
}

/** Runs the hooks of a notification. */
export async function checkNotice(call: Call, hooks: HookRunner): Promise<Verdict> {
  call.state = "post";
  const denial = await unlessStopped(call, hooks.after(call, call.request));
  if (denial === undefined) return { kind: "pass", message: call.request };
  const { method } = call;
  const { requestId } = call.params;
  const isCancellation = method === "notifications/cancelled" && keyOf(requestId) !== undefined;
  if (!isCancellation) return refused(call, denial);
  // The other side must still learn of the cancellation, but nothing else of the message.
  return { kind: "pass", message: { jsonrpc: "2.0", method, params: { requestId } }, denial };
}

/** Resolves to `undefined` as soon as the call is stopped: its hooks may notice that late. */
function unlessStopped<Result>(
  call: Call,
  work: Result | Promise<Result>,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    call.onStop = () => resolve(undefined);
    if (isStopped(call)) resolve(undefined);
    Promise.resolve(work).then(resolve, reject);
  });
}

/** A tool result that tells the model the reason. */
function refusedResult(denial: Denial): JsonObject {
  return { content: [{ type: "text", text: denial.reason }], isError: true };
}

/** MCP 2026-07-28 names its version in each request and requires a `resultType` in each result. */
const versionKey = "io.modelcontextprotocol/protocolVersion";

/** MCP 2025-11-25: an answer to `tasks/result` names its task. */
const relatedTaskKey = "io.modelcontextprotocol/related-task";

/** The answer to a refused call, as `onDeny` says. */
function refusal(call: Call, denial: Denial): JsonObject {
  const { onDeny = "error" } = call.hooks.options;
  // A caller that asks for a task expects one, and fails to read the result of a tool.
  const isPlainCall = call.method === "tools/call" && !isGiven(call.params.task);
  const isForModel = isPlainCall || call.method === "tasks/result";
  if (onDeny === "error" || !isForModel || denial.code !== guardErrorCodes.denied) {
    return errorAnswer(call.id, denial);
  }
  const meta = call.params._meta;
  const isModern = isObject(meta) && meta[versionKey] !== undefined;
  const { taskId } = call.params;
  const related = { _meta: { [relatedTaskKey]: { taskId } } };
  const result = {
    ...refusedResult(denial),
    ...(isModern && { resultType: "complete" }),
    ...(call.method === "tasks/result" && related),
  };
  return { jsonrpc: "2.0", id: call.id, result };
}

/**
 * Replaces the outcome that a task holds with a refusal, and removes every field that could hold
 * text, even a `taskId` other than the requested one: the plugin may have refused any of it.
 */
function refuseInTask(task: JsonObject, denial: Denial, { params }: Call): void {
  const { error, result } = task;
  const isOver = isDone(task);
  keepSafe(task);
  if (task.taskId !== params.taskId) delete task.taskId;
  if (!isOver) return;
  if (error !== undefined) {
    task.error = errorFor(denial);
    return;
  }
  const before = isObject(result) ? result.resultType : undefined;
  task.result = {
    ...refusedResult(denial),
    ...(before !== undefined && { resultType: "complete" }),
  };
}
