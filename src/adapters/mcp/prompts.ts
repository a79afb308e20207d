import { align } from "./align.ts";
import type { Call, Step, Subject } from "./call.ts";
import { isObject, type JsonObject, sameJson } from "./json.ts";
import { olderAnswer } from "./older-answer.ts";
import { readPart, toPart, writeBlock } from "./parts.ts";
import {
  errorOf,
  keepId,
  messageOf,
  onlyPart,
  partsOf,
  resultOf,
  unfit,
  writeArguments,
  writeError,
  writeText,
} from "./payload.ts";
import { dataText, readDataText } from "./text-error.ts";

/** `prompts/get`. */
export const prompts: Subject = {
  isTool: false,
  accepts: (params) =>
    typeof params.name === "string" &&
    (params.arguments === undefined || isObject(params.arguments)),
  describe: (call) => ({ prompt: { name: call.params.name, ...serverOf(call) } }),
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
    yield {
      hook: "cmf.prompt_pre_fetch",
      payload: () =>
        messageOf("user", [
          {
            content_type: "prompt_request",
            content: {
              prompt_request_id: call.callId,
              name: params.name,
              arguments: params.arguments ?? {},
              ...serverOf(call),
            },
          },
        ]),
      write(changed) {
        const content = onlyPart(changed, "prompt_request");
        keepId(content.prompt_request_id, call.callId);
        writeText(params, "name", content.name);
        writeArguments(params, content.arguments);
      },
    };
  },
  outcome: (answer) => answer,
  *post(call, outcome) {
    const error = errorOf(outcome);
    yield olderAnswer("prompt_post_fetch", { prompt_id: call.params.name }, outcome);
    yield error === undefined ? resultStep(call, resultOf(outcome)) : errorStep(call, error);
  },
};

function serverOf(call: Call): JsonObject {
  return call.serverId === undefined ? {} : { server_id: call.serverId };
}

function promptResult(call: Call, fields: JsonObject): object {
  const ids = { prompt_request_id: call.callId, prompt_name: call.params.name };
  return messageOf("tool", [{ content_type: "prompt_result", content: { ...ids, ...fields } }]);
}

/** The description, which is all the text of a result beside its messages, is shown as `content`. */
function resultStep(call: Call, result: JsonObject): Step {
  const originals = messagesIn(result);
  const shown = originals.map((message) => toMessage(message, call.callId));
  const described = typeof result.description === "string" ? { content: result.description } : {};
  return {
    hook: "cmf.prompt_post_fetch",
    payload: () => promptResult(call, { messages: shown, is_error: false, ...described }),
    write(changed) {
      const content = onlyPart(changed, "prompt_result");
      keepId(content.prompt_request_id, call.callId);
      if (content.is_error !== false) throw unfit("a result that stays one: deny it instead");
      const text = content.content ?? undefined;
      if (text !== described.content) {
        if (text === undefined) delete result.description;
        else if (typeof text === "string") result.description = text;
        else throw unfit("a text as description");
      }
      if (!Array.isArray(content.messages)) throw unfit("a list of messages");
      const next = content.messages.map(readMessage);
      const plain = shown.map(readMessage);
      if (!sameJson(next, plain)) result.messages = align(originals, plain, next, writeMessage);
    },
  };
}

function errorStep(call: Call, error: JsonObject): Step {
  const data = dataText(error.data);
  return {
    hook: "cmf.prompt_post_fetch",
    payload: () =>
      promptResult(call, {
        messages: [],
        is_error: true,
        error_message: error.message,
        ...(data !== undefined && { content: data }),
      }),
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

/** The messages of a result. One that asks for input (2026-07-28) has none. */
function messagesIn(result: JsonObject): JsonObject[] {
  const { messages } = result;
  if (messages === undefined && result.resultType === "input_required") return [];
  if (!Array.isArray(messages) || !messages.every(isObject)) throw unfit("a list of messages");
  return messages;
}

function blocksOf(message: JsonObject): JsonObject[] {
  const blocks: unknown[] = Array.isArray(message.content) ? message.content : [message.content];
  if (!blocks.every(isObject)) throw unfit("content blocks");
  return blocks;
}

function toMessage(message: JsonObject, requestId: string): JsonObject {
  if (message.role !== "user" && message.role !== "assistant") throw unfit("a known role");
  return { role: message.role, content: blocksOf(message).map((b) => toPart(b, requestId)) };
}

function readMessage(message: unknown): JsonObject {
  if (!isObject(message)) throw unfit("a message");
  return { role: message.role, content: partsOf(message).map(readPart) };
}

/** A prompt message of MCP has one block, unless the server sent it with a list. */
function writeMessage(changed: JsonObject, original?: JsonObject, shown?: JsonObject): JsonObject {
  if (changed.role !== "user" && changed.role !== "assistant")
    throw unfit("role user or assistant");
  const before = original === undefined ? [] : blocksOf(original);
  const known = shown === undefined ? [] : partsOf(shown);
  const blocks = align(before, known, partsOf(changed), writeBlock);
  const [only] = blocks;
  const asList = Array.isArray(original?.content);
  if (!asList && (blocks.length !== 1 || only === undefined)) throw unfit("one part a message");
  return { ...original, role: changed.role, content: asList ? blocks : only };
}
