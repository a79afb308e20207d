/**
 * Shows a server's request to a client as a call named after its method, and the answer as its
 * result.
 */
import type * as z from "zod/mini";
import type { Message } from "../../core/messages/index.ts";
import { type Read, readDocument, type Written } from "../rewrite/index.ts";
import type { Onto, ReadOptions, RequestOptions } from "./call-options.ts";
import { isObject, type JsonObject, without } from "./json.ts";
import { checkCall, onlyAnswerOf, onlyPartOf } from "./only-part.ts";
import {
  type LostReports,
  leftReports,
  lostReports,
  type Path,
  readOf,
  readOnto,
  reportFields,
  settingsOf,
  written,
} from "./report.ts";
import { answerMessage, callMessage } from "./tool-messages.ts";

type AskedOptions = ReadOptions<RequestOptions> & Onto;

/** Fields of the protocol. The rest of the params or of the result is shown. */
const requestHidden = ["_meta", "task"];
const resultHidden = ["_meta", "resultType"];

export function fromAsked(method: string, params: JsonObject, { id }: AskedOptions): Read {
  const left = leftReports();
  reportFields(params, requestHidden, left, [], settingsOf.toolParams);
  const message = callMessage(id, method, without(params, requestHidden));
  return readOf([message], {}, left.list());
}

export function toAsked(
  method: string,
  schema: z.ZodMiniType,
  what: string,
  messages: readonly Message[],
  { id, onto }: AskedOptions,
): Written<object> {
  const lost = lostReports();
  const found = onlyPartOf(messages, "assistant", "tool_call", lost);
  const { content, at } = found;
  checkCall(found, "tool_call_id", content.tool_call_id, id, lost);
  checkCall(found, "name", content.name, method, lost);
  if (content.namespace !== undefined) lost.add([...at, "namespace"], "MCP has no namespaces.");
  const before = readOnto(schema, onto, what) as JsonObject | undefined;
  const values = shownIn(content.arguments, requestHidden, lost, [...at, "arguments"]);
  return writtenAs(schema, what, { ...hiddenIn(before, requestHidden), ...values }, lost);
}

export function fromAnswered(method: string, result: JsonObject, { id }: AskedOptions): Read {
  const left = leftReports();
  reportFields(result, resultHidden, left, [], settingsOf.result);
  const message = answerMessage(id, method, without(result, resultHidden));
  return readOf([message], {}, left.list());
}

export function toAnswered(
  method: string,
  schema: z.ZodMiniType,
  what: string,
  messages: readonly Message[],
  { id, onto }: AskedOptions,
): Written<object> {
  const lost = lostReports();
  const { content, at } = onlyAnswerOf(messages, "tool_result", { id, name: method }, lost);
  if (content.is_error) lost.add([...at, "is_error"], "An MCP error is not a result.");
  const before = readOnto(schema, onto, what) as JsonObject | undefined;
  const said = isObject(content.content) ? content.content : {};
  const values = shownIn(said, resultHidden, lost, [...at, "content"]);
  return writtenAs(schema, what, { ...hiddenIn(before, resultHidden), ...values }, lost);
}

function hiddenIn(before: JsonObject | undefined, hidden: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(before ?? {}).filter(([key]) => hidden.includes(key)));
}

/** What a message may set: everything except fields of the protocol. */
function shownIn(
  values: Readonly<JsonObject>,
  hidden: readonly string[],
  lost: LostReports,
  at: Path,
): JsonObject {
  for (const key of hidden) {
    if (Object.hasOwn(values, key)) lost.add([...at, key], "This field belongs to the protocol.");
  }
  return without(values, hidden);
}

/** @throws GlassineError `document_invalid` for anything but a document of this kind */
function writtenAs(
  schema: z.ZodMiniType,
  what: string,
  document: JsonObject,
  lost: LostReports,
): Written<object> {
  const copy = written(document, what, lost);
  readDocument(schema, copy.document, what);
  return copy;
}
