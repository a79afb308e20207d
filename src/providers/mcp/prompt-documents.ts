import { sameJson } from "../rewrite/index.ts";
import { promptBlocks } from "./blocks.ts";
import type { AnswerOptions, Onto, RequestOptions, ServerOptions } from "./call-options.ts";
import { isObject, type JsonObject } from "./json.ts";
import { type McpSlot, mcpSlot } from "./mcp-slot.ts";
import { type OnePart, reader, writer } from "./one-part.ts";
import { reportRest, settingsOf } from "./report.ts";
import { callSchema, promptResultSchema } from "./schemas.ts";
import { writtenArguments } from "./tool-documents.ts";
import { readTurns, type Turn, type TurnStyle, type Turns, writeTurns } from "./turns.ts";

const promptRequest: OnePart<"prompt_request"> = {
  what: "prompt request",
  schema: callSchema,
  role: "user",
  type: "prompt_request",
  fixed: ({ id, serverId }) => ({ prompt_request_id: id, server_id: serverId }),
  read(params, reading, at) {
    reportRest(reading, params, ["name", "arguments"], at, settingsOf.params);
    return { name: params.name, arguments: params.arguments ?? {} };
  },
  write(content, before, lost, at) {
    const { name } = content;
    if (name === "" && before?.name !== "") lost.add([...at, "name"], "A prompt needs a name.");
    const known = isObject(before?.arguments) ? before.arguments : {};
    const entries = Object.entries(content.arguments).filter(([key, value]) => {
      if (typeof value === "string" || sameJson(value, known[key])) return true;
      lost.add([...at, "arguments", key], "A prompt argument must be a string.");
      return false;
    });
    return { ...before, name, ...writtenArguments(before, Object.fromEntries(entries)) };
  },
};

/**
 * Reads the params of `prompts/get` as a message with one `prompt_request`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:prompt-request`
 */
export const fromPromptRequest = reader<RequestOptions & ServerOptions, McpSlot>(
  "fromPromptRequest",
  promptRequest,
  ({ name }, options) => mcpSlot("prompt", { name: String(name) }, options),
);

/**
 * Writes a message with one `prompt_request` as the params of `prompts/get`.
 *
 * Arguments of a prompt are strings; others are reported, unless `onto` has them.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:prompt-request`, `mcp:onto`
 */
export const toPromptRequest = writer<RequestOptions & ServerOptions & Onto, "prompt_request">(
  "toPromptRequest",
  promptRequest,
);

const style: TurnStyle = { blocks: promptBlocks, isSampling: false };

const promptResult: OnePart<"prompt_result"> = {
  what: "prompt result",
  schema: promptResultSchema,
  role: "tool",
  type: "prompt_result",
  isAnswer: true,
  fixed: ({ id, name }) => ({
    prompt_request_id: id,
    prompt_name: name,
    is_error: false,
    error_message: undefined,
  }),
  read(result, reading, at) {
    reportRest(reading, result, ["messages", "description"], at, settingsOf.result);
    return {
      messages: readTurns(turnsIn(result, at), style, reading),
      content: result.description,
    };
  },
  write({ messages, content }, before, lost, at, { id }) {
    const old = turnsIn(before ?? {}, []);
    const placeOf = (i: number) => [...at, "messages", i];
    const turns = writeTurns(messages, old, style, lost, placeOf, { id });
    const isAsking = before !== undefined && before.messages === undefined && turns.length === 0;
    return { ...before, description: content, messages: isAsking ? undefined : turns };
  },
};

/** The turns of a result. One that asks for input (2026-07-28) has none. */
function turnsIn({ messages = [] }: JsonObject, at: readonly (string | number)[]): Turns {
  // The schema has checked that they are turns.
  return { turns: messages as readonly Turn[], pathOf: (i) => [...at, "messages", i] };
}

/**
 * Reads the result of `prompts/get` as a message with one `prompt_result`, which has the
 * description as `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:prompt-result`, `mcp:name-of-the-call`
 * @example
 * ```ts
 * import { fromPromptResult } from "glassine/mcp";
 *
 * const result = { messages: [{ role: "user", content: { type: "text", text: "Ahoy" } }] };
 * const { messages, left } = fromPromptResult(result, { id: "7", name: "greet" });
 * console.log(messages[0]?.content[0]?.content_type, left.length); // prompt_result 0
 * ```
 */
export const fromPromptResult = reader<AnswerOptions>("fromPromptResult", promptResult);

/**
 * Writes a message with one `prompt_result` as the result of `prompts/get`.
 *
 * A message of a prompt has the role `user` or `assistant`, and one part. Any other message is left
 * out and reported.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:prompt-result`, `mcp:onto`
 */
export const toPromptResult = writer<AnswerOptions & Onto, "prompt_result">(
  "toPromptResult",
  promptResult,
);
