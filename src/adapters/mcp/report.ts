import * as z from "zod";
import {
  type Collector,
  collector,
  givenMessages,
  goneTeller,
  isGone,
  type Left,
  type Lost,
  pathOf,
  type Read,
  readDocument,
  type Written,
} from "../../documents/index.ts";
import { createMessage, type Message, type MessageInput } from "../../messages/index.ts";
import { isObject, type JsonObject } from "./json.ts";

/** Where something is, in a document or in messages. */
export type Path = readonly (string | number)[];

/** Collects what one conversion leaves out, by path. */
export interface Reports {
  add(at: Path, reason: string): void;
}

/** What a document says and its messages do not show. */
export interface LeftReports {
  /** What a model or a person would read, or what acts. */
  content(at: Path, reason: string): void;
  setting(at: Path, reason: string): void;
  /** Takes over a report whose path begins here. */
  take(at: Path, left: Left): void;
  list(): readonly Left[];
}

export function leftReports(): LeftReports {
  const left: Collector<Left> = collector();
  const adder = (kind: Left["kind"]) => (at: Path, reason: string) =>
    left.add({ path: pathOf(...at), kind, reason });
  return {
    content: adder("content"),
    setting: adder("setting"),
    take: (at, { path, ...item }) => left.add({ ...item, path: joined(at, path) }),
    list: left.list,
  };
}

function joined(before: Path, path: string): string {
  if (before.length === 0) return path;
  if (path === pathOf()) return pathOf(...before);
  return `${pathOf(...before)}${path.startsWith("[") ? "" : "."}${path}`;
}

export interface LostReports extends Reports {
  /** Takes over a report whose path begins here, or in the old document at `from`. */
  take(at: Path, lost: Lost, from?: Path): void;
  list(): readonly Lost[];
}

export function lostReports(): LostReports {
  const lost: Collector<Lost> = collector();
  return {
    add: (at, reason) => lost.add({ path: pathOf(...at), reason }),
    take: (at, item, from = []) => {
      const { path, reason } = item;
      if (!isGone(item)) return lost.add({ path: joined(at, path), reason });
      lost.add({ path: joined(["onto", ...from], path.replace(/^onto\.?/, "")), reason });
    },
    list: lost.list,
  };
}

/** Tells of old items that do not stay, by their paths in the old document. */
export type Gone = (at: Path) => void;

/** `left` is what reading the old document told. */
export function goneIn(left: readonly Left[], lost: LostReports): Gone {
  const tell = goneTeller(left, (item) => lost.take([], item));
  return (at) => tell(pathOf(...at));
}

/** Fields of MCP that messages have no room for: those that are read or act, and why. */
const contents: Readonly<Record<string, string>> = {
  description: "A part of this kind has no description.",
  statusMessage: "Messages show the outcome of a task, not its state.",
  inputRequests: "Asks for input. `fromInputRequests` shows it.",
  inputResponses: "Answers a request for input. `fromInputResponses` shows it.",
  error: "Messages show the result of a task, not its error.",
  tools: "Messages have no room for definitions of tools.",
};

const noField = "Messages have no such field.";

/**
 * The rest of what MCP names, by 2025-11-25 and 2026-07-28: the wire's own, metadata for display,
 * and settings of tasks and of sampling. A field that stands nowhere here may be anything.
 */
const settings: Readonly<Record<string, string>> = {
  _meta: "Metadata of the wire.",
  annotations: "A part of this kind has no annotations.",
  title: "Metadata for display: a part has no title.",
  icons: "Metadata for display: a part has no icons.",
  ...Object.fromEntries(
    [
      ["resultType", "requestState", "ttlMs", "cacheScope", "nextCursor"],
      ["code", "name", "size"],
      ["task", "taskId", "status", "createdAt", "lastUpdatedAt", "ttl"],
      ["pollInterval", "pollIntervalMs"],
      ["maxTokens", "temperature", "stopSequences", "modelPreferences", "includeContext"],
      ["metadata", "toolChoice"],
    ]
      .flat()
      .map((key) => [key, noField]),
  ),
};

/** Reports the fields of `item` except those that the messages show. */
export function leaveRest(
  item: Readonly<JsonObject>,
  shown: readonly string[],
  left: LeftReports,
  at: Path,
): void {
  for (const key of Object.keys(item)) if (!shown.includes(key)) leave(item, key, left, at);
}

/** Reports those of the fields that `item` has. */
export function leaveThese(
  item: Readonly<JsonObject>,
  keys: readonly string[],
  left: LeftReports,
  at: Path,
): void {
  for (const key of keys) if (Object.hasOwn(item, key)) leave(item, key, left, at);
}

function leave(item: Readonly<JsonObject>, key: string, left: LeftReports, at: Path): void {
  const path = [...at, key];
  if (item[key] === null) left.setting(path, "It says nothing.");
  else if (Object.hasOwn(settings, key)) left.setting(path, settings[key] as string);
  else if (Object.hasOwn(contents, key)) left.content(path, contents[key] as string);
  else left.content(path, "A field that is not known here.");
}

/** What `from…` gives, frozen. */
export function readOf<Extensions extends object>(
  messages: readonly MessageInput[],
  extensions: Extensions,
  left: LeftReports,
): Read<Extensions> {
  const made = Object.freeze(messages.map((message) => createMessage(message)));
  return Object.freeze({
    messages: made,
    extensions: Object.freeze(extensions),
    left: left.list(),
  });
}

/** The document to write over, or nothing where there is none. */
export function readOnto<Schema extends z.ZodType>(
  schema: Schema,
  onto: object | undefined,
  what: string,
): z.output<Schema> | undefined {
  return onto === undefined ? undefined : readDocument(schema, onto, what);
}

/** @throws GlassineError `message_invalid` */
export function readMessages(messages: readonly Message[]): readonly Message[] {
  return givenMessages(messages, "What writes a document of MCP");
}

/** Reports what no message of MCP has. */
export function checkHead(message: Message, lost: Reports, at: Path): void {
  if (message.channel !== undefined) lost.add([...at, "channel"], "MCP has no channels.");
  if (message.schema_version !== "2.0") {
    lost.add([...at, "schema_version"], "MCP has no version of messages.");
  }
}

const anyObject = z.looseObject({});

/** A deep-frozen copy of what was put together. */
export function written(document: object, what: string, lost: LostReports): Written<object> {
  return Object.freeze({ document: readDocument(anyObject, document, what), lost: lost.list() });
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
