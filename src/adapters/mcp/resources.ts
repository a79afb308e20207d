import { align } from "./align.ts";
import type { Call, Step, Subject } from "./call.ts";
import { copyJson, isObject, type JsonObject, sameJson } from "./json.ts";
import {
  errorOf,
  keepId,
  messageOf,
  onlyPart,
  partsOf,
  resultOf,
  unfit,
  writeError,
  writeText,
} from "./payload.ts";
import { readResource, toResource, writeResource } from "./resource-fields.ts";
import { dataText, readDataText } from "./text-error.ts";

/** `resources/read`. */
export const resources: Subject = {
  isTool: false,
  accepts: (params) => typeof params.uri === "string",
  describe: (call) => ({
    resource: {
      uri: call.params.uri,
      ...(call.serverId !== undefined && { server_id: call.serverId }),
    },
  }),
  *pre(call) {
    const { params } = call;
    yield {
      hook: "resource_pre_fetch",
      older: true,
      payload: () => ({ uri: params.uri, metadata: {} }),
      write: (changed) => writeText(params, "uri", changed.uri),
    };
    yield {
      hook: "cmf.resource_pre_fetch",
      payload: () =>
        messageOf("user", [
          {
            content_type: "resource_ref",
            content: {
              resource_request_id: call.callId,
              uri: params.uri,
              resource_type: "uri",
            },
          },
        ]),
      write(changed) {
        const content = onlyPart(changed, "resource_ref");
        keepId(content.resource_request_id, call.callId);
        if (
          isGiven(content.range_start) ||
          isGiven(content.range_end) ||
          isGiven(content.selector)
        ) {
          throw unfit("a whole resource: MCP reads no ranges");
        }
        writeText(params, "uri", content.uri);
      },
    };
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    if (error !== undefined) {
      yield {
        hook: "resource_post_fetch",
        older: true,
        payload: () => ({ uri: call.params.uri, content: { ...error } }),
        write: (changed) => writeError(error, changed.content),
      };
      yield errorStep(error);
      return;
    }
    const result = resultOf(outcome);
    // One content at a time, which is what plugins of the older hook expect.
    for (let place = 0; place < contentsOf(result).length; place++) {
      yield {
        hook: "resource_post_fetch",
        older: true,
        payload: () => ({ uri: call.params.uri, content: contentsOf(result)[place] }),
        write(changed) {
          if (!isObject(changed.content)) throw unfit("an object as content");
          contentsOf(result)[place] = copyJson(changed.content) as JsonObject;
        },
      };
    }
    yield contentsStep(call, result);
  },
};

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The contents of a result. One that asks for input (2026-07-28) has none. */
function contentsOf(result: JsonObject): JsonObject[] {
  const { contents } = result;
  if (contents === undefined && result.resultType === "input_required") return [];
  if (!Array.isArray(contents) || !contents.every(isObject)) throw unfit("a list of contents");
  return contents;
}

function contentsStep(call: Call, result: JsonObject): Step {
  const originals = contentsOf(result);
  const shown = originals.map((item) => {
    const resource = toResource(item, call.callId);
    if (resource === undefined) throw unfit("contents with a uri and a text or a blob");
    return resource;
  });
  return {
    hook: "cmf.resource_post_fetch",
    payload: () =>
      messageOf(
        "tool",
        shown.map((content) => ({ content_type: "resource", content })),
      ),
    write(changed) {
      const next = partsOf(changed).map((part) => {
        if (part.content_type !== "resource" || !isObject(part.content)) {
          throw unfit("parts of type resource");
        }
        keepId(part.content.resource_request_id, call.callId);
        return readResource(part.content);
      });
      const plain = shown.map(readResource);
      if (!sameJson(next, plain)) result.contents = align(originals, plain, next, writeResource);
    },
  };
}

/** An error has no resource: its message and its data are shown as two texts. */
function errorStep(error: JsonObject): Step {
  const texts = [error.message, dataText(error.data)].filter((text) => typeof text === "string");
  return {
    hook: "cmf.resource_post_fetch",
    payload: () =>
      messageOf(
        "tool",
        texts.map((text) => ({ content_type: "text", text })),
      ),
    write(changed) {
      const next = partsOf(changed).map((part) => part.text);
      const [message, data] = next;
      if (typeof message !== "string" || next.length > 2) throw unfit("a message and perhaps data");
      const said = data === undefined ? undefined : readDataText(data, error.data);
      writeError(error, { code: error.code, message, data: said });
    },
  };
}
