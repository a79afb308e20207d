import type { Call, Step, Subject } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import { promptSlot } from "./mcp-slot.ts";
import { olderAnswer } from "./older-answer.ts";
import {
  errorOf,
  keepId,
  messageOf,
  onlyMessage,
  onlyPart,
  resultOf,
  take,
  unfit,
  writeArguments,
  writeError,
  writeText,
} from "./payload.ts";
import {
  fromPromptRequest,
  fromPromptResult,
  toPromptRequest,
  toPromptResult,
} from "./prompt-documents.ts";
import { dataText, readDataText } from "./text-error.ts";

/** `prompts/get`. */
export const prompts: Subject = {
  isTool: false,
  accepts: (params) =>
    typeof params.name === "string" &&
    (params.arguments === undefined || isObject(params.arguments)),
  describe: (call) => promptSlot(String(call.params.name), call).mcp as JsonObject,
  *pre(call) {
    const { params } = call;
    yield {
      hook: "prompt_pre_fetch",
      older: true,
      payload: () => ({ prompt_id: params.name, args: params.arguments ?? {} }),
      write(changed) {
        writeText(params, "name", changed.prompt_id);
        writeArguments(params, changed.args);
      },
    };
    const options = { id: call.callId, serverId: call.serverId };
    yield {
      hook: "cmf.prompt_pre_fetch",
      payload: () => onlyMessage(fromPromptRequest(params, options)),
      write: (changed) =>
        take(params, toPromptRequest([changed as never], { ...options, onto: params })),
    };
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    yield olderAnswer("prompt_post_fetch", { prompt_id: call.params.name }, outcome);
    yield error === undefined ? resultStep(call, resultOf(outcome)) : errorStep(call, error);
  },
};

function resultStep(call: Call, result: JsonObject): Step {
  const options = { id: call.callId, name: String(call.params.name) };
  return {
    hook: "cmf.prompt_post_fetch",
    payload: () => onlyMessage(fromPromptResult(result, options)),
    write: (changed) =>
      take(result, toPromptResult([changed as never], { ...options, onto: result })),
  };
}

function errorStep(call: Call, error: JsonObject): Step {
  const data = dataText(error.data);
  const shown = {
    prompt_request_id: call.callId,
    prompt_name: call.params.name,
    messages: [],
    is_error: true,
    error_message: error.message,
    ...(data !== undefined && { content: data }),
  };
  return {
    hook: "cmf.prompt_post_fetch",
    payload: () => messageOf("tool", [{ content_type: "prompt_result", content: shown }]),
    write(changed) {
      const content = onlyPart(changed, "prompt_result");
      keepId(content.prompt_request_id, call.callId);
      const said = Array.isArray(content.messages) && content.messages.length === 0;
      if (content.is_error !== true || !said) throw unfit("an error that stays one");
      writeError(error, {
        code: error.code,
        message: content.error_message,
        data: readDataText(content.content, error.data),
      });
    },
  };
}
