import type { Subject } from "./call.ts";
import { documentStep } from "./document-step.ts";
import { fromPromptError, toPromptError } from "./error-documents.ts";
import { mcpSlot } from "./mcp-slot.ts";
import { olderAnswer, olderCall } from "./older-steps.ts";
import { errorOf, isNamedCall, resultOf } from "./payload.ts";
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
  accepts: isNamedCall,
  describe: (call) => mcpSlot("prompt", { name: String(call.params.name) }, call).mcp,
  *pre(call) {
    const { params } = call;
    yield olderCall("prompt_pre_fetch", "prompt_id", params);
    const options = { id: call.callId, serverId: call.serverId };
    const conversion = { from: fromPromptRequest, to: toPromptRequest };
    yield documentStep("cmf.prompt_pre_fetch", params, conversion, options, "cmf.mcp_request");
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    yield olderAnswer("prompt_post_fetch", { prompt_id: call.params.name }, outcome);
    const options = { id: call.callId, name: String(call.params.name) };
    const conversion =
      error === undefined
        ? { from: fromPromptResult, to: toPromptResult }
        : { from: fromPromptError, to: toPromptError };
    const document = error ?? resultOf(outcome);
    yield documentStep("cmf.prompt_post_fetch", document, conversion, options, "cmf.mcp_response");
  },
};
