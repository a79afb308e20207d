import { requestSteps, responseSteps } from "./asked-steps.ts";
import type { Call, Step, Subject } from "./call.ts";
import { fromResourceError, toResourceError } from "./error-documents.ts";
import { copyJson, isObject, type JsonObject } from "./json.ts";
import { resourceSlot } from "./mcp-slot.ts";
import {
  applyWritten,
  errorOf,
  onlyMessage,
  payloadFault,
  resultOf,
  writeError,
  writeText,
} from "./payload.ts";
import {
  fromResourceRequest,
  fromResourceResult,
  toResourceRequest,
  toResourceResult,
} from "./resource-documents.ts";

/** `resources/read`. */
export const resources: Subject = {
  isTool: false,
  hooks: {
    pre: ["resource_pre_fetch", "cmf.resource_pre_fetch"],
    post: ["resource_post_fetch", "cmf.resource_post_fetch"],
  },
  accepts: (params) => typeof params.uri === "string",
  describe: (call) => resourceSlot(String(call.params.uri), call).mcp,
  *pre(call) {
    const { params } = call;
    yield* responseSteps(call, params);
    yield {
      hook: "resource_pre_fetch",
      optional: true,
      payload: () => ({ uri: params.uri, metadata: {} }),
      write: (changed) => writeText(params, "uri", changed.uri),
    };
    const id = call.callId;
    yield {
      hook: "cmf.resource_pre_fetch",
      rest: { hook: "cmf.mcp_request", document: params, input: "inputResponses" },
      payload: (reportLeft) => onlyMessage(fromResourceRequest(params, { id }), reportLeft),
      writeMessage: (changed) =>
        applyWritten(params, toResourceRequest([changed], { id, onto: params })),
    };
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    if (error !== undefined) {
      yield {
        hook: "resource_post_fetch",
        optional: true,
        payload: () => ({ uri: call.params.uri, content: { ...error } }),
        write: (changed) => writeError(error, changed.content),
      };
      yield errorStep(error);
      return;
    }
    const result = resultOf(outcome);
    yield* requestSteps(call, result);
    const contents = contentsOf(result);
    // One content at a time, as plugins on the older hook expect.
    for (const place of contents.keys()) {
      yield {
        hook: "resource_post_fetch",
        optional: true,
        // One that a later plugin took out is as it was: nothing of it goes on.
        payload: () => ({
          uri: call.params.uri,
          content: contentsOf(result)[place] ?? contents[place],
        }),
        write(changed) {
          if (!isObject(changed.content)) throw payloadFault("an object as content");
          contents[place] = copyJson(changed.content) as JsonObject;
        },
      };
    }
    yield contentsStep(call, result);
  },
};

/** The contents of a result. One that asks for input (2026-07-28) has none. */
function contentsOf(result: JsonObject): JsonObject[] {
  const { contents } = result;
  if (contents === undefined && result.resultType === "input_required") return [];
  if (!Array.isArray(contents) || !contents.every(isObject))
    throw payloadFault("a list of contents");
  return contents;
}

function contentsStep(call: Call, result: JsonObject): Step {
  const id = call.callId;
  return {
    hook: "cmf.resource_post_fetch",
    rest: { hook: "cmf.mcp_response", document: result, input: "inputRequests" },
    payload: (reportLeft) => onlyMessage(fromResourceResult(result, { id }), reportLeft),
    writeMessage: (changed) =>
      applyWritten(result, toResourceResult([changed], { id, onto: result })),
  };
}

function errorStep(error: JsonObject): Step {
  return {
    hook: "cmf.resource_post_fetch",
    rest: { hook: "cmf.mcp_response", document: error, input: "inputRequests" },
    payload: (reportLeft) => onlyMessage(fromResourceError(error), reportLeft),
    writeMessage: (changed) => applyWritten(error, toResourceError([changed], { onto: error })),
  };
}
