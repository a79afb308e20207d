/** Answers that are errors: `error` of a JSON-RPC answer, for each kind of request. */

import { type ContentPart, type Message, messageOfPlain } from "../../core/messages/index.ts";
import {
  type LimitOptions,
  type Read,
  readDocument,
  readerWithLimits,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { type AnswerOptions, expectKnown, type Onto, readAnswerOptions } from "./call-options.ts";
import { dataText, readDataText } from "./error-data.ts";
import { isObject, type JsonObject } from "./json.ts";
import { noMessage, onlyAnswerOf } from "./only-part.ts";
import {
  checkHead,
  type LeftReports,
  type LostReports,
  leftReports,
  lostReports,
  type Path,
  readMessages,
  readOf,
  readOnto,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { errorSchema } from "./schemas.ts";
import { answerMessage } from "./tool-messages.ts";

const what = "error of an answer";

/** JSON-RPC 2.0 §5.1, Internal error: the code for an error without one. */
const internalError = -32603;

type ErrorDocument = JsonObject & { readonly code: number; readonly message: string };

/**
 * The error of `tools/call` as a message: one `tool_result` with `is_error`, whose `content` is the
 * error itself.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromToolError = withLimits(
  "fromToolError",
  (error: object, options: AnswerOptions): Read => {
    const { id, name } = readAnswerOptions(options, "fromToolError");
    const document = readDocument(errorSchema, error, what);
    return readOf([answerMessage(id, name, document, true)], {}, []);
  },
);

/**
 * The error of `tools/call` for a message with one `tool_result`. A text as `content` stands for
 * the whole error; the code of `onto` stays.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:errors`, `mcp:onto`
 */
export const toToolError = withLimits(
  "toToolError",
  (messages: readonly Message[], options: AnswerOptions & Onto): Written<object> => {
    const { id, name, onto } = readAnswerOptions(options, "toToolError");
    const lost = lostReports();
    const { content, at } = onlyAnswerOf(messages, "tool_result", { id, name }, lost);
    checkError(content.is_error, at, lost);
    const said: unknown = content.content;
    const next = isObject(said) ? said : { message: said };
    const code = next.code ?? (isObject(said) ? undefined : "kept");
    return writtenError({ ...next, code }, readOnto(errorSchema, onto, what), lost, [
      ...at,
      "content",
    ]);
  },
);

/**
 * The error of `prompts/get` as a message: one `prompt_result` with `is_error`, the error's message
 * as `error_message` and its data, as a text, as `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromPromptError = withLimits(
  "fromPromptError",
  (error: object, options: AnswerOptions): Read => {
    const { id, name } = readAnswerOptions(options, "fromPromptError");
    const document = readDocument(errorSchema, error, what);
    const left = leftReports();
    reportError(document, left);
    const data = dataText(document.data);
    const content = {
      prompt_request_id: id,
      prompt_name: name,
      messages: [],
      is_error: true,
      error_message: document.message,
      ...(data !== undefined && { content: data }),
    };
    const message = messageOfPlain({
      role: "tool",
      content: [{ content_type: "prompt_result", content }],
    });
    return readOf([message], {}, left.list());
  },
);

/**
 * The error of `prompts/get` for a message with one `prompt_result`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:errors`, `mcp:onto`
 */
export const toPromptError = withLimits(
  "toPromptError",
  (messages: readonly Message[], options: AnswerOptions & Onto): Written<object> => {
    const { id, name, onto } = readAnswerOptions(options, "toPromptError");
    const lost = lostReports();
    const { content, at } = onlyAnswerOf(messages, "prompt_result", { id, name }, lost);
    checkError(content.is_error, at, lost);
    if (content.messages.length > 0) {
      lost.add([...at, "messages"], "An MCP error has no messages.");
    }
    const texts = { message: content.error_message, data: content.content };
    return writtenTexts(texts, readOnto(errorSchema, onto, what), lost, [...at, "error_message"]);
  },
);

/**
 * The error of `resources/read` as a message: its message and its data as texts.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `mcp:errors`
 */
export const fromResourceError = readerWithLimits("fromResourceError", (error: object): Read => {
  const document = readDocument(errorSchema, error, what);
  const left = leftReports();
  reportError(document, left);
  const texts = [document.message, dataText(document.data)];
  const content = texts.flatMap((text) =>
    text === undefined ? [] : [{ content_type: "text", text } as const],
  );
  return readOf([messageOfPlain({ role: "tool", content })], {}, left.list());
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
    const { onto } = options;
    const lost = lostReports();
    const [first, ...more] = readMessages(messages);
    if (first === undefined) throw noMessage("with one or two texts");
    for (const place of more.keys()) lost.add([place + 1], "MCP takes one message here.");
    checkHead(first, lost, [0]);
    if (first.role !== "tool") lost.add([0, "role"], "The role must be tool here.");
    const texts = first.content.map((part, place) => textOf(part, place, lost));
    const [message, data] = texts;
    return writtenTexts({ message, data }, readOnto(errorSchema, onto, what), lost, [0, "content"]);
  },
);

function textOf(part: ContentPart, place: number, lost: LostReports): string | undefined {
  if (place > 1 || part.content_type !== "text") {
    lost.add([0, "content", place], "An MCP error has a message and optional data.");
  }
  return part.content_type === "text" ? part.text : undefined;
}

/** Data other than text is shown as JSON text; a new document keeps it as text. */
function reportError(document: ErrorDocument, left: LeftReports): void {
  reportRest(document, ["message", "data"], left, [], settingsOf.error);
  if (document.data !== undefined && typeof document.data !== "string") {
    left.form(["data"], "Shown as JSON text.");
  }
}

function checkError(isError: boolean, at: Path, lost: LostReports): void {
  if (!isError) lost.add([...at, "is_error"], "An MCP error stays an error.");
}

interface Texts {
  readonly message: string | undefined;
  readonly data: string | undefined;
}

function writtenTexts(
  { message, data }: Texts,
  before: ErrorDocument | undefined,
  lost: LostReports,
  at: Path,
): Written<object> {
  const { data: old, ...rest } = before ?? { data: undefined };
  const next = readDataText(data, old);
  const error = { ...rest, code: "kept", message, ...(next !== undefined && { data: next }) };
  return writtenError(error, before, lost, at);
}

/** @throws GlassineError `message_invalid` without a message */
function writtenError(
  error: JsonObject,
  before: ErrorDocument | undefined,
  lost: LostReports,
  at: Path,
): Written<object> {
  if (typeof error.message !== "string") throw noMessage("that says what the error is");
  const code = before?.code ?? (typeof error.code === "number" ? error.code : internalError);
  if (error.code !== "kept" && error.code !== code) {
    lost.add([...at, "code"], "The code of an error belongs to the protocol.");
  }
  return written({ ...error, code }, what, lost);
}
