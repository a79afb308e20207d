/** The list of messages of a chat request. */

import { type ContentPart, createMessage, type Message } from "../../core/messages/index.ts";
import { collector, type Left, pairMessages, pathOf, removedReporter } from "../rewrite/index.ts";
import { type CallNames, nameOfResult, type ToolResult } from "./calls.ts";
import { readFields } from "./chat-message.ts";
import { compact, given, type JsonObject, textAt, withFields } from "./json.ts";
import {
  ignoreLeft,
  type LossReporter,
  type ReportLeft,
  type ReportLost,
  reportFields,
  under,
} from "./report-fields.ts";
import { type Placed, rewrite, type Source } from "./rewrite.ts";
import { readToolContent, writeToolContent } from "./tool-content.ts";
import { type Kinds, overBeside, writeFields } from "./write-chat-message.ts";

type Sources = readonly Source<JsonObject, Message>[];
type Result = Extract<ContentPart, { content_type: "tool_result" }>;

const plainRoles = ["system", "developer", "user", "assistant"] as const;
type PlainRole = (typeof plainRoles)[number];

/** Each message with what it shows. */
export function readMessages(messages: readonly JsonObject[], left: ReportLeft): Sources {
  const names: CallNames = new Map();
  return messages.map((item, index) => {
    const path = under("messages", index);
    const message = readMessage(item, path, names, left);
    return { item, parts: message === undefined ? [] : [message], path };
  });
}

function readMessage(
  json: JsonObject,
  path: string,
  names: CallNames,
  left: ReportLeft,
): Message | undefined {
  const role = textAt(json, "role") ?? "";
  if (role === "tool" || role === "function") return readResult(json, role, path, names, left);
  if (!isPlainRole(role)) {
    left({ path, kind: "content", reason: "Messages have no such role." });
    return undefined;
  }
  const fields = role === "assistant" ? ["refusal", "audio", "tool_calls", "function_call"] : [];
  reportFields(json, path, ["role", "content", ...fields], ["parsed"], left);
  const parts = readFields(shownIn(json), path, names, left).flatMap((source) => source.parts);
  return createMessage({ role, content: parts });
}

/** Only the assistant refuses, speaks and calls. */
function shownIn(json: JsonObject): JsonObject {
  return json.role === "assistant" ? json : compact([["content", json.content]]);
}

function isPlainRole(role: string): role is PlainRole {
  return (plainRoles as readonly string[]).includes(role);
}

/** A message of role `function` answers a call without an id, and names it itself. */
function readResult(
  json: JsonObject,
  role: "tool" | "function",
  path: string,
  names: CallNames,
  left: ReportLeft,
): Message {
  const key = role === "tool" ? "tool_call_id" : "name";
  reportFields(json, path, ["role", "content", key], [], left);
  const id = role === "tool" ? (textAt(json, key) ?? "") : "";
  const name =
    role === "tool" ? nameOfResult(id, names, under(path, key), left) : (textAt(json, key) ?? "");
  if (role === "tool" && id === "") {
    left({ path: under(path, key), kind: "setting", reason: "An empty id." });
  }
  const content = readToolContent(given(json, "content"), under(path, "content"), left);
  const result = { tool_call_id: id, tool_name: name, ...(content !== undefined && { content }) };
  return createMessage({
    role: "tool",
    content: [{ content_type: "tool_result", content: result }],
  });
}

/** The list of messages of a request, over the old one where there is one. */
export function writeMessages(
  old: readonly JsonObject[],
  messages: readonly Message[],
  lost: ReportLost,
): readonly JsonObject[] {
  reportNames(messages, lost, "");
  const left = collector<Left>();
  const sources = readMessages(old, left.add);
  const reporter: LossReporter = { lost, removed: removedReporter(left.list(), lost) };
  return rewrite<JsonObject, Message>(sources, messages, {
    pair: pairMessages,
    over: (source, [now]) => now && overMessage(source, now, reporter),
    fresh: (placed) => freshMessages(placed, reporter),
    removed: ({ path }) => reporter.removed(path),
  });
}

function overMessage(
  { item: json, parts: [before], path: from }: Source<JsonObject, Message>,
  { part: message, index }: Placed<Message>,
  reporter: LossReporter,
): JsonObject | undefined {
  const path = pathOf(index);
  const { lost, removed } = reporter;
  if (message.role !== "tool") {
    reportMessage(message, path, lost);
    const shown = shownIn(json);
    const sources = readFields(shown, from, new Map(), ignoreLeft);
    const kinds = kindsOf(message);
    const fields = writeFields(shown, sources, message.content, path, kinds, reporter);
    return withFields(json, {
      ...overBeside(json, before, message, path, lost),
      ...(kinds.calls ? fields : { content: fields.content }),
    });
  }
  const [part] = message.content;
  const [old] = before?.content ?? [];
  const isAlike =
    part?.content_type === "tool_result" &&
    old?.content_type === "tool_result" &&
    part.content.tool_call_id === old.content.tool_call_id;
  if (!isAlike || message.content.length !== 1) {
    removed(from);
    const [written, ...more] = freshMessages({ part: message, index, isSame: false }, reporter);
    for (const _ of more) lost({ path, reason: "One message holds the result of one call." });
    return written;
  }
  reportMessage(message, path, lost);
  reportResult(part.content, under(path, "content", 0), lost);
  const where = under(path, "content", 0, "content");
  const { content, tool_name } = part.content;
  return withFields(json, {
    ...(json.role === "function" && { name: tool_name }),
    content: writeToolContent(
      content,
      { content: given(json, "content"), path: under(from, "content") },
      where,
      "chat",
      reporter,
    ),
  });
}

function freshMessages(
  { part: message, index }: Placed<Message>,
  reporter: LossReporter,
): readonly JsonObject[] {
  const path = pathOf(index);
  const { lost } = reporter;
  reportMessage(message, path, lost);
  const isResult = (part: ContentPart): part is Result => part.content_type === "tool_result";
  const results = message.content.flatMap((part, at) =>
    isResult(part) ? [freshResult(part.content, under(path, "content", at), reporter)] : [],
  );
  const others = message.content.filter((part) => !isResult(part));
  if (message.role === "tool" && (results.length > 1 || message.content.length === 0)) {
    lost({ path, reason: "One message holds the result of one call." });
  }
  if (message.role === "tool") {
    message.content.forEach((part, at) => {
      const reason = "A message with the role tool holds the result of a call and nothing else.";
      if (!isResult(part)) lost({ path: under(path, "content", at), reason });
    });
    return results;
  }
  if (results.length > 0) {
    lost({ path, reason: "Results belong in messages of their own, with the role tool." });
    if (others.length === 0) return results;
  }
  const { role } = message;
  const fields = writeFields(undefined, [], others, path, kindsOf(message), reporter);
  return [...results, compact([["role", role], ...Object.entries(fields)])];
}

function kindsOf({ role }: Message): Kinds {
  return { media: role === "user", calls: role === "assistant" };
}

function freshResult(result: ToolResult, path: string, reporter: LossReporter): JsonObject {
  const { tool_call_id: id, tool_name, content } = result;
  reportResult(result, path, reporter.lost);
  const where = under(path, "content");
  const written = writeToolContent(content, undefined, where, "chat", reporter);
  if (id === "") return { role: "function", name: tool_name, content: written };
  return { role: "tool", tool_call_id: id, content: written };
}

/** What no format of OpenAI says of a result. */
export function reportResult(result: ToolResult, path: string, lost: ReportLost): void {
  if (!result.is_error) return;
  const reason = "A result is not marked as an error.";
  lost({ path: under(path, "content", "is_error"), reason });
}

/** A result says which call it answers; the name of the tool is that of the call. */
export function reportNames(messages: readonly Message[], lost: ReportLost, anonymous?: ""): void {
  const names: CallNames = new Map();
  for (const [index, { content }] of messages.entries()) {
    for (const [at, part] of content.entries()) {
      if (part.content_type === "tool_call")
        names.set(part.content.tool_call_id, part.content.name);
      if (part.content_type !== "tool_result") continue;
      const { tool_call_id: id, tool_name } = part.content;
      if (id === anonymous || tool_name === (names.get(id) ?? "")) continue;
      const path = under("", index, "content", at, "content", "tool_name");
      lost({
        path,
        reason: "A result has no tool name of its own; its call has another name or is not here.",
      });
    }
  }
}

/** What no chat message says. */
export function reportMessage(message: Message, path: string, lost: ReportLost): void {
  if (message.channel !== undefined) {
    lost({ path: under(path, "channel"), reason: "A message has no channel." });
  }
  if (message.schema_version !== "2.0") {
    lost({ path: under(path, "schema_version"), reason: "A message has no version." });
  }
}
