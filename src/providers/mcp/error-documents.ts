/** Error answers: the `error` of a JSON-RPC answer, for each kind of request. */
import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import {
  type LimitOptions,
  type Path,
  type Read,
  type Reading,
  readDocument,
  readerWithLimits,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { type AnswerOptions, expectKnown, type Onto } from "./call-options.ts";
import { isObject, type JsonObject } from "./json.ts";
import { noMessage, type OnePart, reader, writer } from "./one-part.ts";
import {
  checkHead,
  lostReports,
  mcpReading,
  readMessages,
  readOf,
  reportForm,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { errorSchema } from "./schemas.ts";

const common = {
  what: "error of an answer",
  schema: errorSchema,
  role: "tool",
  isAnswer: true,
} as const;

const toolError: OnePart<"tool_result"> = {
  ...common,
  type: "tool_result",
  fixed: ({ id, name }) => ({ tool_call_id: id, tool_name: name, is_error: true }),
  read: (error) => ({ content: error }),
  write({ content }, before, lost, at) {
    const error = isObject(content) ? content : { message: content, code: before?.code };
    const next = withCode(error, before);
    const isNew = before === undefined && error.code === undefined;
    if (!isNew && error.code !== next.code) {
      lost.add([...at, "content", "code"], "The code of an error belongs to the protocol.");
    }
    return next;
  },
};

/**
 * Reads the error of `tools/call` as a message with one `tool_result`, which has `is_error` and the
 * error itself as `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromToolError = reader<AnswerOptions>("fromToolError", toolError);

/**
 * Writes a message with one `tool_result` as the error of `tools/call`. A string as `content`
 * replaces the whole error; the code of `onto` stays.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:errors`, `mcp:onto`
 */
export const toToolError = writer<AnswerOptions & Onto, "tool_result">("toToolError", toolError);

const promptError: OnePart<"prompt_result"> = {
  ...common,
  type: "prompt_result",
  fixed: ({ id, name }) => ({
    prompt_request_id: id,
    prompt_name: name,
    is_error: true,
    messages: [],
  }),
  read(error, reading, at) {
    reportError(reading, error, at);
    return { error_message: error.message, content: dataText(error.data) };
  },
  write: ({ error_message: message, content }, before) => withTexts(before, message, content),
};

/**
 * Reads the error of `prompts/get` as a message with one `prompt_result`, which has `is_error`, the
 * error's message as `error_message` and its data, as a string, as `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromPromptError = reader<AnswerOptions>("fromPromptError", promptError);

/**
 * Writes a message with one `prompt_result` as the error of `prompts/get`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:errors`, `mcp:onto`
 */
export const toPromptError = writer<AnswerOptions & Onto, "prompt_result">(
  "toPromptError",
  promptError,
);

/**
 * Reads the error of `resources/read` as a message: the error's message and its data as text parts.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromResourceError = readerWithLimits("fromResourceError", (error: object): Read => {
  const document = readDocument(errorSchema, error, common.what);
  const reading = mcpReading();
  reportError(reading, document, []);
  const texts = [document.message, dataText(document.data)].filter((text) => text !== undefined);
  const content = texts.map((text) => ({ content_type: "text", text }) as const);
  return readOf([messageOfPlain({ role: "tool", content })], {}, reading);
});

/**
 * Writes a message with one or two text parts as the error of `resources/read`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without a text part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:errors`, `mcp:onto`
 */
export const toResourceError = withLimits(
  "toResourceError",
  (messages: readonly Message[], options: Onto & LimitOptions): Written<object> => {
    expectKnown(options, "toResourceError");
    const lost = lostReports();
    const [first, ...more] = readMessages(messages);
    if (first === undefined) throw noMessage("with one or two texts");
    for (const place of more.keys()) lost.add([place + 1], "MCP takes one message here.");
    checkHead(first, lost, [0]);
    if (first.role !== "tool") lost.add([0, "role"], "The role must be tool here.");
    const [message, data] = first.content.map((part, place) => {
      const isText = part.content_type === "text";
      if (place > 1 || !isText) {
        lost.add([0, "content", place], "An MCP error has a message and optional data.");
      }
      return isText ? part.text : undefined;
    });
    const before = options.onto && readDocument(errorSchema, options.onto, common.what);
    return written(withTexts(before, message, data), common.what, lost);
  },
);

/** Reports data that is not a string: it is shown as JSON text, and stays text if written anew. */
function reportError(reading: Reading, error: JsonObject, at: Path): void {
  reportRest(reading, error, ["message", "data"], at, settingsOf.error);
  if (error.data !== undefined && typeof error.data !== "string") {
    reportForm(reading, [...at, "data"], "Shown as JSON text.");
  }
}

/** The data of an error as a string, for parts that cannot hold JSON. */
function dataText(data: unknown): string | undefined {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** The data for a changed text. In place of a string it stays text; otherwise it may be JSON. */
function dataOf(changed: string, original: unknown): unknown {
  if (changed === dataText(original)) return original;
  if (typeof original === "string" || original === undefined) return changed;
  try {
    return JSON.parse(changed);
  } catch {
    return changed;
  }
}

function withTexts(
  before: JsonObject = {},
  message: string | undefined,
  text: string | undefined,
): JsonObject {
  const data = text === undefined ? undefined : dataOf(text, before.data);
  return withCode({ ...before, message, data }, before);
}

/** JSON-RPC 2.0 §5.1, Internal error: the code for an error without one. */
const internalError = -32603;

/** @throws GlassineError `message_invalid` without a message */
function withCode(error: JsonObject, before: JsonObject = {}): JsonObject {
  if (typeof error.message !== "string") throw noMessage("with the text of the error");
  const { code = error.code } = before;
  return { ...error, code: typeof code === "number" ? code : internalError };
}
