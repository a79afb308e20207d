/** Answers that are errors: `error` of a JSON-RPC answer, for each kind of request. */
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
 * The error of `tools/call` as a message: one `tool_result` with `is_error`, whose `content` is the
 * error itself.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromToolError = reader<AnswerOptions>("fromToolError", toolError);

/**
 * The error of `tools/call` for a message with one `tool_result`. A text as `content` stands for
 * the whole error; the code of `onto` stays.
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
 * The error of `prompts/get` as a message: one `prompt_result` with `is_error`, the error's message
 * as `error_message` and its data, as a text, as `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromPromptError = reader<AnswerOptions>("fromPromptError", promptError);

/**
 * The error of `prompts/get` for a message with one `prompt_result`.
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
 * The error of `resources/read` as a message: its message and its data as texts.
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
 * The error of `resources/read` for a message with one or two texts.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without a text
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

/** Data other than text is shown as JSON text; a new document keeps it as text. */
function reportError(reading: Reading, error: JsonObject, at: Path): void {
  reportRest(reading, error, ["message", "data"], at, settingsOf.error);
  if (error.data !== undefined && typeof error.data !== "string") {
    reportForm(reading, [...at, "data"], "Shown as JSON text.");
  }
}

/** The data of an error as text, for parts that cannot hold JSON. */
function dataText(data: unknown): string | undefined {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** The data for a changed text. Text stays text; in place of other data it may be JSON. */
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
  if (typeof error.message !== "string") throw noMessage("that says what the error is");
  const { code = error.code } = before;
  return { ...error, code: typeof code === "number" ? code : internalError };
}
