import { requestSteps, responseSteps } from "./asked-steps.ts";
import type { Call, Step, Subject } from "./call.ts";
import { fromPromptError, toPromptError } from "./error-documents.ts";
import { isObject, type JsonObject } from "./json.ts";
import { promptSlot } from "./mcp-slot.ts";
import { olderAnswer } from "./older-answer.ts";
import {
  applyWritten,
  errorOf,
  onlyMessage,
  resultOf,
  writeArguments,
  writeText,
} from "./payload.ts";
import {
  fromPromptRequest,
  fromPromptResult,
  toPromptRequest,
  toPromptResult,
} from "./prompt-documents.ts";

/** `prompts/get`. */
export const prompts: Subject = {
  isTool: false,
  hooks: {
    pre: ["prompt_pre_fetch", "cmf.prompt_pre_fetch"],
    post: ["prompt_post_fetch", "cmf.prompt_post_fetch"],
  },
  accepts: (params) =>
    typeof params.name === "string" &&
    (params.arguments === undefined || isObject(params.arguments)),
  describe: (call) => promptSlot(String(call.params.name), call).mcp,
  *pre(call) {
    const { params } = call;
    yield* responseSteps(call, params);
    yield {
      hook: "prompt_pre_fetch",
      optional: true,
      payload: () => ({ prompt_id: params.name, args: params.arguments ?? {} }),
      write(changed) {
        writeText(params, "name", changed.prompt_id);
        writeArguments(params, changed.args);
      },
    };
    const options = { id: call.callId, serverId: call.serverId };
    yield {
      hook: "cmf.prompt_pre_fetch",
      rest: { hook: "cmf.mcp_request", document: params, input: "inputResponses" },
      payload: (reportLeft) => onlyMessage(fromPromptRequest(params, options), reportLeft),
      writeMessage: (changed) =>
        applyWritten(params, toPromptRequest([changed], { ...options, onto: params })),
    };
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    if (error === undefined) yield* requestSteps(call, resultOf(outcome));
    yield olderAnswer("prompt_post_fetch", { prompt_id: call.params.name }, outcome);
    yield error === undefined ? resultStep(call, resultOf(outcome)) : errorStep(call, error);
  },
};

function resultStep(call: Call, result: JsonObject): Step {
  const options = { id: call.callId, name: String(call.params.name) };
  return {
    hook: "cmf.prompt_post_fetch",
    rest: { hook: "cmf.mcp_response", document: result, input: "inputRequests" },
    payload: (reportLeft) => onlyMessage(fromPromptResult(result, options), reportLeft),
    writeMessage: (changed) =>
      applyWritten(result, toPromptResult([changed], { ...options, onto: result })),
  };
}

function errorStep(call: Call, error: JsonObject): Step {
  const options = { id: call.callId, name: String(call.params.name) };
  return {
    hook: "cmf.prompt_post_fetch",
    rest: { hook: "cmf.mcp_response", document: error, input: "inputRequests" },
    payload: (reportLeft) => onlyMessage(fromPromptError(error, options), reportLeft),
    writeMessage: (changed) =>
      applyWritten(error, toPromptError([changed], { ...options, onto: error })),
  };
}
