/** Calls and results as items of Responses. */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import { inputOf, type ToolCall, type ToolResult, textOfArguments } from "./calls.ts";
import {
  compact,
  fitsShape,
  given,
  isSameJsonText,
  type JsonObject,
  textAt,
  withFields,
} from "./json.ts";
import { type LossReporter, type ReportLost, staleKeys, under } from "./report-fields.ts";
import { reportResult } from "./report-messages.ts";
import type { Placed } from "./rewrite.ts";
import { writeToolContent } from "./tool-content.ts";
import {
  type CallKind,
  callKinds,
  type KnownCalls,
  kindIn,
  type ResultKind,
} from "./tool-items.ts";

type Now = Placed<ContentPart> | undefined;

/** The path of a part among messages, and that of what it holds. */
const at = (path: string, { index }: Placed<ContentPart>) => under(path, "content", index);
const inside = (path: string, placed: Placed<ContentPart>) => under(at(path, placed), "content");

/** A changed call over its item, with its result, if any; `undefined` if it cannot be expressed. */
export function overCallItem(
  item: JsonObject,
  kind: CallKind,
  before: readonly ContentPart[],
  [first, second]: readonly Now[],
  path: string,
  lost: ReportLost,
): JsonObject | undefined {
  const call = first?.part;
  if (first === undefined || call?.content_type !== "tool_call") {
    if (second) lost({ path: at(path, second), reason: "This result and its call are one item." });
    return undefined;
  }
  const where = inside(path, first);
  const changes = overArguments(item, kind, call.content, where, lost);
  if (changes === undefined) {
    lost({
      path: under(where, "arguments"),
      reason: `The arguments do not have the shape that ${item.type} takes.`,
    });
    return undefined;
  }
  const { name, tool_call_id, namespace } = call.content;
  const isNamed = typeof kind.name !== "string";
  if (!isNamed && name !== kind.name)
    lost({ path: under(where, "name"), reason: "The kind of call determines the name." });
  const spaceKey = kind.namespace;
  if (spaceKey === undefined && namespace !== undefined) {
    lost({ path: under(where, "namespace"), reason: "This kind of call has no namespace." });
  }
  const isServer = spaceKey === "server_label";
  if (isServer && namespace === undefined) {
    lost({ path: where, reason: "A call to a server has the server's name as its namespace." });
  }
  const isSame = Object.entries(changes).every(([key, value]) => isSameJsonText(item[key], value));
  const stale = isSame ? [] : staleKeys(item, ["parsed_arguments"], where, lost);
  return withFields(item, {
    [kind.id]: tool_call_id,
    ...(isNamed && { name }),
    ...(spaceKey !== undefined && overSpace(item, spaceKey, namespace, isServer)),
    ...changes,
    ...Object.fromEntries(stale.map((key) => [key, undefined])),
    ...overOutput(item, kind, before[1], [first, second], path, lost),
  });
}

function overSpace(
  item: JsonObject,
  key: string,
  namespace: string | undefined,
  isNeeded: boolean,
): { readonly [key: string]: Json | undefined } {
  if (namespace === textAt(item, key)) return {};
  return namespace === undefined && isNeeded ? {} : { [key]: namespace };
}

function overArguments(
  item: JsonObject,
  { arguments: of }: CallKind,
  call: ToolCall,
  path: string,
  lost: ReportLost,
): { readonly [key: string]: Json | undefined } | undefined {
  const values = call.arguments;
  switch (of.as) {
    case "text": {
      return { [of.key]: textOfArguments(values, textAt(item, of.key)) };
    }
    case "input": {
      const input = inputOf(values);
      if (input === undefined)
        lost({
          path: under(path, "arguments"),
          reason: "A custom tool takes one text; JSON text was written.",
        });
      return { [of.key]: input ?? textOfArguments(values) };
    }
    case "object": {
      const old = given(item, of.key) ?? {};
      return fitsShape(old, values)
        ? { [of.key]: isSameJsonText(old, values) ? item[of.key] : values }
        : undefined;
    }
    case "fields": {
      const old = compact(of.keys.map((key) => [key, given(item, key)]));
      return fitsShape(old, values) ? values : undefined;
    }
  }
}

function overOutput(
  item: JsonObject,
  { output, error }: CallKind,
  before: ContentPart | undefined,
  [call, now]: readonly [Placed<ContentPart>, Now],
  path: string,
  lost: ReportLost,
): { readonly [key: string]: Json } {
  if (output === undefined || before === undefined || now?.isSame) return {};
  const emptied = { [output]: null, ...(error !== undefined && { [error]: null }) };
  if (
    error !== undefined &&
    given(item, error) !== undefined &&
    given(item, output) !== undefined
  ) {
    lost({ path: at(path, call), reason: "The error belongs to the old result and is dropped." });
  }
  if (now?.part.content_type !== "tool_result") return emptied;
  const { content, is_error } = now.part.content;
  const wasError = given(item, output) === undefined;
  const key = wasError && error !== undefined ? error : output;
  const old = given(item, key) ?? "";
  if (is_error !== (error !== undefined && given(item, error) !== undefined)) {
    lost({
      path: under(inside(path, now), "is_error"),
      reason: "The item says whether it is an error.",
    });
  }
  if (content !== undefined && fitsShape(old, content)) {
    return wasError ? { [key]: content } : { ...emptied, [key]: content };
  }
  reportShape(item, content, inside(path, now), lost);
  return emptied;
}

function reportShape(
  item: JsonObject,
  content: Json | undefined,
  path: string,
  lost: ReportLost,
): void {
  const reason = `The result does not have the shape that ${item.type} returns.`;
  lost({ path: content === undefined ? path : under(path, "content"), reason });
}

/** An item with a result, and its place in the document. */
interface ResultItem {
  readonly item: JsonObject;
  readonly kind: ResultKind;
  readonly from: string;
}

/** A changed result over its item. */
export function overResultItem(
  { item, kind, from }: ResultItem,
  before: ContentPart | undefined,
  placed: Placed<ContentPart>,
  path: string,
  reporter: LossReporter,
): JsonObject | undefined {
  const { part } = placed;
  if (part.content_type !== "tool_result") return undefined;
  const { lost } = reporter;
  const where = inside(path, placed);
  const { content, is_error } = part.content;
  const wasError = before?.content_type === "tool_result" && before.content.is_error;
  if (is_error !== wasError) {
    lost({ path: under(where, "is_error"), reason: "A result is not marked as an error." });
  }
  const old = given(item, kind.output);
  if (kind.as === "blocks" || (kind.as === "text" && typeof content === "string")) {
    const before = { content: old, path: under(from, kind.output) };
    return withFields(item, {
      [kind.output]: writeToolContent(content, before, where, "input", reporter),
    });
  }
  if (content !== undefined && old !== undefined && fitsShape(old, content)) {
    return withFields(item, { [kind.output]: content });
  }
  reportShape(item, content, where, lost);
  return undefined;
}

/**
 * A call that has no item. A call by the id of one that is of a kind of its own is left out: as a
 * function call the caller would run what the provider ran.
 */
export function freshCallItem(
  call: ToolCall,
  known: KnownCalls,
  path: string,
  lost: ReportLost,
): JsonObject | undefined {
  const { tool_call_id: call_id, name, namespace } = call;
  const type = known.get(call_id) ?? "function_call";
  const input = type === "custom_tool_call" ? inputOf(call.arguments) : undefined;
  if (type !== "function_call" && input === undefined) {
    lost({
      path,
      reason: `The call with this id is a ${type}, and no other item can stand for it.`,
    });
    return undefined;
  }
  return compact([
    ["type", type],
    ["call_id", call_id],
    ["name", name],
    input === undefined ? ["arguments", textOfArguments(call.arguments)] : ["input", input],
    ["namespace", namespace],
  ]);
}

/** A result that has no item. What the item of its call holds is left out. */
export function freshResultItem(
  result: ToolResult,
  known: KnownCalls,
  path: string,
  reporter: LossReporter,
): JsonObject | undefined {
  const { tool_call_id: call_id, content } = result;
  const type = known.get(call_id) ?? "";
  if (kindIn(callKinds, type)?.output !== undefined) {
    reporter.lost({ path, reason: `The result of a ${type} belongs in its own item.` });
    return undefined;
  }
  reportResult(result, path, reporter.lost);
  const output = writeToolContent(content, undefined, under(path, "content"), "input", reporter);
  const kind = type === "custom_tool_call" ? type : "function_call";
  return { type: `${kind}_output`, call_id, output };
}
