import type { Subject } from "./call.ts";
import { documentStep } from "./document-step.ts";
import { fromResourceError, toResourceError } from "./error-documents.ts";
import { copyJson, isObject, type JsonObject } from "./json.ts";
import { mcpSlot } from "./mcp-slot.ts";
import { errorOf, payloadFault, resultOf, writeError, writeText } from "./payload.ts";
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
  describe: (call) => mcpSlot("resource", { uri: String(call.params.uri) }, call).mcp,
  *pre(call) {
    const { params } = call;
    // What plugins write into it is for later plugins: no request has metadata.
    let metadata: unknown = {};
    yield {
      hook: "resource_pre_fetch",
      optional: true,
      writable: ["uri", "metadata"],
      payload: () => ({ uri: params.uri, metadata }),
      write(changed) {
        metadata = changed.metadata;
        writeText(params, "uri", changed.uri);
      },
    };
    const options = { id: call.callId };
    const conversion = { from: fromResourceRequest, to: toResourceRequest };
    yield documentStep("cmf.resource_pre_fetch", params, conversion, options, "cmf.mcp_request");
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    if (error !== undefined) {
      yield {
        hook: "resource_post_fetch",
        optional: true,
        writable: ["content"],
        payload: () => ({ uri: call.params.uri, content: { ...error } }),
        write: (changed) => writeError(error, changed.content),
      };
      const conversion = { from: fromResourceError, to: toResourceError };
      yield documentStep("cmf.resource_post_fetch", error, conversion, {}, "cmf.mcp_response");
      return;
    }
    const result = resultOf(outcome);
    const contents = contentsOf(result);
    // One content at a time, as plugins on the older hook expect.
    for (const place of contents.keys()) {
      yield {
        hook: "resource_post_fetch",
        optional: true,
        writable: ["content"],
        // One that a later plugin removed is shown as it was: it is not passed on anyway.
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
    const conversion = { from: fromResourceResult, to: toResourceResult };
    const options = { id: call.callId };
    yield documentStep("cmf.resource_post_fetch", result, conversion, options, "cmf.mcp_response");
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
