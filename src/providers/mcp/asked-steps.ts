/**
 * Shows requests and answers other than those of tools, prompts and resources, whether they are
 * sent directly or inside results that ask for input and requests that bring it.
 */
import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import { sameJson } from "../rewrite/index.ts";
import type { Call, HookRunner, Step } from "./call.ts";
import { type FieldsHook, fieldsStep, leftFields, topFields } from "./fields-step.ts";
import { isGiven, isObject, type JsonObject } from "./json.ts";
import { groupOf, isInputName, isPlumbing, shownFields } from "./methods.ts";
import { applyWritten, payloadFault } from "./payload.ts";
import {
  fromSamplingRequest,
  fromSamplingResult,
  toSamplingRequest,
  toSamplingResult,
} from "./sampling-documents.ts";

const sampling = "sampling/createMessage";

/** The hooks of a request and of its answer. */
export function pointsOf(method: string): {
  readonly pre: readonly string[];
  readonly post: readonly string[];
} {
  const isSampling = method === sampling;
  return {
    pre: [...(isSampling ? ["cmf.llm_input"] : []), "cmf.mcp_request"],
    post: [...(isSampling ? ["cmf.llm_output"] : []), "cmf.mcp_response"],
  };
}

/** Shows the params of a request. */
export function* askSteps(call: Call, method: string, params: JsonObject): Iterable<Step> {
  if (call.hooks.passes(groupOf(method))) return;
  if (method === sampling) yield* askModelSteps(call, params);
  else yield* documentSteps(call, "cmf.mcp_request", method, params);
}

/** Shows the result of a request. */
export function* answerSteps(call: Call, method: string, result: JsonObject): Iterable<Step> {
  if (call.hooks.passes(groupOf(method))) return;
  if (method === sampling && isModelAnswer(call, result)) {
    yield* modelAnswerSteps(call, result);
    return;
  }
  const steps = documentSteps(call, "cmf.mcp_response", method, result);
  yield* method === sampling ? withAnswers(call, result, steps) : steps;
}

/** Shows the answer about a task that was started by a request with the method `asked`. */
export function* askedTaskSteps(call: Call, asked: string, result: JsonObject): Iterable<Step> {
  if (call.method === "tasks/result") {
    yield* answerSteps(call, asked, result);
    return;
  }
  const steps = answerSteps(call, call.method, result);
  yield* asked === sampling ? withAnswers(call, result, steps) : steps;
}

const modelFields: readonly string[] = ["content", "model", "role", "stopReason"];

/** If a plugin listens to model output, everything but a new task counts as model output. */
function isModelAnswer(call: Call, result: JsonObject): boolean {
  if (!call.hooks.listens("cmf.llm_output")) {
    return result.role !== undefined && result.model !== undefined;
  }
  const isTask = isObject(result.task) || result.resultType === "task";
  return !isTask || modelFields.some((key) => result[key] !== undefined);
}

/** Shows the model's answer that a task can hold, and the rest by `steps`. */
function withAnswers(call: Call, document: JsonObject, steps: Iterable<Step>): Iterable<Step> {
  if (!call.hooks.listens("cmf.llm_output") || call.hooks.passes("sampling")) return steps;
  return heldFirst(
    () => [document.result, isObject(document.task) ? document.task.result : undefined],
    (answer) => (isObject(answer) ? modelAnswerSteps(call, answer) : []),
    steps,
  );
}

/**
 * Shows what a document holds, then the document by `steps`. What plugins at `steps` put in the
 * place of what was held is shown as well.
 */
function* heldFirst(
  held: () => readonly unknown[],
  show: (value: unknown) => Iterable<Step>,
  steps: Iterable<Step>,
): Iterable<Step> {
  for (const value of held()) yield* show(value);
  const seen = held();
  yield* steps;
  for (const [place, value] of held().entries()) {
    if (!sameJson(value, seen[place])) yield* show(value);
  }
}

/**
 * Shows a whole document except for the protocol's own fields. A document without other fields is
 * shown by its method alone.
 */
export function* documentSteps(
  call: Call,
  hook: FieldsHook,
  method: string,
  document: JsonObject,
): Iterable<Step> {
  const part = hook === "cmf.mcp_response" ? "result" : "params";
  const passesTokens = call.hooks.passes("tokens");
  if (isPlumbing(method, part, document, passesTokens)) return;
  const shown = shownFields(method, part, document, passesTokens);
  const open = new Set(shown);
  const kept = Object.keys(document).filter((key) => !open.has(key));
  yield fieldsStep(call, { hook, method, document, fields: topFields(shown), kept });
}

/** Shows each message of a request to a model, then the rest of the request. */
function* askModelSteps(call: Call, params: JsonObject): Iterable<Step> {
  const id = call.callId;
  const read = fromSamplingRequest(params, { id });
  // A request without messages is shown as an empty one, as by the guard of a model.
  const messages =
    read.messages.length > 0 ? [...read.messages] : [messageOfPlain({ role: "user", content: [] })];
  let isChanged = false;
  for (const place of messages.keys()) {
    yield {
      hook: "cmf.llm_input",
      optional: true,
      payload: () => messages[place] as Message,
      writeMessage(changed) {
        messages[place] = changed;
        isChanged = true;
      },
    };
  }
  if (isChanged) applyWritten(params, toSamplingRequest(messages, { id, onto: params }));
  const { left } = isChanged ? fromSamplingRequest(params, { id }) : read;
  const { passes, listens } = call.hooks;
  const fields = leftFields(params, left, passes);
  const unseen = listens("cmf.llm_input") ? left : [];
  yield fieldsStep(call, {
    hook: "cmf.mcp_request",
    method: sampling,
    document: params,
    fields,
    unseen,
  });
}

function* modelAnswerSteps(call: Call, result: JsonObject): Iterable<Step> {
  const id = call.callId;
  const read = () => fromSamplingResult(result, { id });
  yield {
    hook: "cmf.llm_output",
    optional: true,
    payload: () => read().messages[0] as Message,
    writeMessage: (changed) =>
      applyWritten(result, toSamplingResult([changed], { id, onto: result })),
  };
  const { passes, listens } = call.hooks;
  const { left } = read();
  // `fromSamplingResult` puts these two into slots, which a guard does not fill.
  const words = ["model", "stopReason"].filter((key) => typeof result[key] === "string");
  const named = new Set(words);
  const rest = leftFields(result, left, passes).filter(({ name }) => !named.has(name));
  yield fieldsStep(call, {
    hook: "cmf.mcp_response",
    method: sampling,
    document: result,
    fields: [...topFields(words), ...rest],
    unseen: listens("cmf.llm_output") ? left : [],
  });
}

const { pre: asking, post: answering } = pointsOf(sampling);

/** The hooks for input that any result can ask for and any request can bring. */
export const inputPoints: readonly string[] = [...asking, ...answering];

export function asksForInput(result: unknown, { listens }: HookRunner): boolean {
  return isObject(result) && isGiven(result.inputRequests) && asking.some(listens);
}

export function bringsInput(params: unknown, { listens }: HookRunner): boolean {
  return isObject(params) && isGiven(params.inputResponses) && answering.some(listens);
}

/** Shows the input that a request brings, and the rest by the steps of its subject. */
export function preSteps(call: Call): Iterable<Step> {
  const { params, subject } = call;
  return heldFirst(
    () => [params.inputResponses],
    (inputs) => responseSteps(call, inputs),
    subject.pre(call),
  );
}

/** Shows the input that a result asks for, and the rest of its outcome by `steps`. */
export function postSteps(
  call: Call,
  { error, result }: JsonObject,
  steps: Iterable<Step>,
): Iterable<Step> {
  if (error !== undefined || !isObject(result)) return steps;
  return heldFirst(
    () => [result.inputRequests],
    (inputs) => requestSteps(call, inputs),
    steps,
  );
}

/** Shows each input that a result asks for as if it were a request of its own (2026-07-28). */
function* requestSteps(call: Call, inputs: unknown): Iterable<Step> {
  for (const entry of entriesOf(call, inputs)) {
    const { method, params = {}, ...rest } = entry;
    if (typeof method !== "string" || !isObject(params) || Object.keys(rest).length > 0) {
      throw payloadFault("a method and params in each of inputRequests");
    }
    yield* askSteps(call, method, params);
    // Keeps the params that plugins wrote if there were none.
    if (Object.keys(params).length > 0) entry.params = params;
  }
}

/** Shows each input that a request brings as if it were an answer of its own. */
function* responseSteps(call: Call, inputs: unknown): Iterable<Step> {
  for (const entry of entriesOf(call, inputs)) {
    yield* answerSteps(call, methodBehind(entry), entry);
  }
}

/**
 * @throws GlassineError `payload_shape` if a name could carry more than the identity of an input
 */
function entriesOf(call: Call, inputs: unknown): readonly JsonObject[] {
  if (!isGiven(inputs)) return [];
  if (!isObject(inputs)) throw payloadFault("inputs keyed by name");
  if (call.hooks.passes("tokens") && !Object.keys(inputs).every(isInputName)) {
    throw payloadFault("short input names");
  }
  const entries = Object.values(inputs);
  if (!entries.every(isObject)) throw payloadFault("an object for each input");
  return entries;
}

/** The methods, by a field that only their results have. */
const methodsBy = Object.entries({
  action: "elicitation/create",
  model: sampling,
  role: sampling,
  roots: "roots/list",
});

/**
 * Infers the method from the input's fields: an input does not name the method it answers.
 *
 * @throws GlassineError `payload_shape` for an input that could be taken for either of two answers
 */
function methodBehind(entry: JsonObject): string {
  const methods = methodsBy.filter(([field]) => isGiven(entry[field])).map(([, each]) => each);
  const [method = "elicitation/create"] = methods;
  if (new Set(methods).size > 1) throw payloadFault("one kind of answer");
  return method;
}
