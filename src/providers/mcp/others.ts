/** MCP messages that are not about a tool, prompt or resource. */
import {
  answerSteps,
  askedTaskSteps,
  askSteps,
  asksForInput,
  bringsInput,
  documentSteps,
  inputPoints,
  pointsOf,
} from "./asked-steps.ts";
import type { Call, HookRunner, Step, Subject } from "./call.ts";
import { documentStep } from "./document-step.ts";
import { fromToolError, toToolError } from "./error-documents.ts";
import { isObject, type JsonObject } from "./json.ts";
import { groupOf, isPlumbing } from "./methods.ts";
import { errorOf, payloadFault, resultOf } from "./payload.ts";
import type { AskedMethod } from "./task-memory.ts";

/**
 * Any request without hooks of its own, or about a task started by a request with the method
 * `asked`.
 */
const otherRequestsAbout = (asked?: AskedMethod): Subject => ({
  isTool: false,
  isOther: true,
  accepts: () => true,
  describe: () => ({}),
  isIdle(call, answer) {
    const { pre, post } = pointsAbout(call.method, asked);
    const isPassed = passesUnseen(call, asked);
    if (answer === undefined) {
      const { params = {} } = call.request;
      if (bringsInput(params, call.hooks)) return false;
      return isPassed || !pre.some(call.hooks.listens) || isIdle(call, "params", params);
    }
    if (asksForInput(answer.result, call.hooks)) return false;
    if (isPassed || !post.some(call.hooks.listens)) return true;
    return answer.error === undefined && isIdle(call, "result", answer.result);
  },
  *pre(call) {
    checkParams(call.request);
    yield* askSteps(call, call.method, call.params);
    keepParams(call);
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    if (error !== undefined) {
      yield errorStep(call, error);
      return;
    }
    const result = resultOf(outcome);
    if (asked === undefined) yield* answerSteps(call, call.method, result);
    else yield* askedTaskSteps(call, asked, result);
  },
});

const otherRequests = otherRequestsAbout();
const aboutTasks = {
  "sampling/createMessage": otherRequestsAbout("sampling/createMessage"),
  "elicitation/create": otherRequestsAbout("elicitation/create"),
} satisfies Record<AskedMethod, Subject>;

function pointsAbout(method: string, asked: AskedMethod | undefined) {
  const { pre, post } = pointsOf(method);
  return { pre, post: asked === undefined ? post : pointsOf(asked).post };
}

/** A notification: its content is its outcome. */
export const notices: Subject = {
  isTool: false,
  isOther: true,
  isNotice: true,
  accepts: () => true,
  describe: () => ({}),
  pre: () => [],
  outcome: (message) => message,
  *post(call, outcome) {
    checkParams(outcome);
    yield* documentSteps(call, "cmf.mcp_notification", call.method, call.params);
    keepParams(call);
  },
};

/** Whether the host lets a message pass unseen. Input in it has points of its own. */
function passesUnseen({ method, hooks }: Call, asked: AskedMethod | undefined): boolean {
  const isItsAnswer = method === "tasks/result" && asked !== undefined;
  return hooks.passes(groupOf(isItsAnswer ? asked : method));
}

/** The subject of a request without hooks of its own, or `undefined` if no plugin listens. */
export function otherSubject(
  { listens }: HookRunner,
  asked: AskedMethod | undefined,
): Subject | undefined {
  if (!inputPoints.some(listens)) return undefined;
  return asked === undefined ? otherRequests : aboutTasks[asked];
}

/** Whether a plugin listens to a notification. */
export function isShown({ method, params = {} }: JsonObject, hooks: HookRunner): boolean {
  if (typeof method !== "string") return false;
  if (hooks.passes("notifications") || !hooks.listens("cmf.mcp_notification")) return false;
  return !isObject(params) || !isPlumbing(method, "params", params, hooks.passes("tokens"));
}

/** Whether a plugin listens to subscriptions: to the request, or to what it asks for. */
export function showsSubscriptions(hooks: HookRunner): boolean {
  const passes = hooks.passes(groupOf("subscriptions/listen"));
  if (!passes && hooks.listens("cmf.mcp_request")) return true;
  return isShown({ method: "notifications/resources/updated" }, hooks);
}

/** Removes the text of an error without a request, since there is no envelope to check it with. */
export function withoutTexts(message: JsonObject, hooks: HookRunner): JsonObject {
  if (hooks.passes("other") || !hooks.listens("cmf.mcp_response")) return message;
  const code = isObject(message.error) ? message.error.code : undefined;
  return {
    jsonrpc: "2.0",
    id: null,
    error: {
      code: typeof code === "number" ? code : -32600,
      message: "A message could not be read",
    },
  };
}

function isIdle(call: Call, part: "params" | "result", document: unknown): boolean {
  if (!isObject(document)) return false;
  return isPlumbing(call.method, part, document, call.hooks.passes("tokens"));
}

/** Keeps the params that plugins wrote if the message had none. */
function keepParams({ request, params }: Call): void {
  if (request.params === undefined && Object.keys(params).length > 0) request.params = params;
}

function checkParams({ params }: JsonObject): void {
  if (params !== undefined && !isObject(params)) throw payloadFault("an object as params");
}

function errorStep(call: Call, error: JsonObject): Step {
  const options = { id: call.callId, name: call.method };
  const conversion = { from: fromToolError, to: toToolError };
  return { ...documentStep("cmf.mcp_response", error, conversion, options), optional: true };
}
