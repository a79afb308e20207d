import * as z from "zod";
import { createMessage, type Message, type MessageInput } from "../../core/messages/index.ts";
import {
  type Collector,
  collector,
  givenMessages,
  isRemoved,
  type Left,
  type Lost,
  pathOf,
  type Read,
  readDocument,
  removedReporter,
  type Written,
} from "../rewrite/index.ts";
import { isObject, type JsonObject } from "./json.ts";
import { isNumber, isTaskRequest, isText, isTime, isWord } from "./token-kinds.ts";

/** Where something is, in a document or in messages. */
export type Path = readonly (string | number)[];

/** Collects what one conversion leaves out, by path. */
export interface Reports {
  add(at: Path, reason: string): void;
}

/** Where in its document something is that no message shows. Absent for what is shown in another form. */
const places = new WeakMap<Left, Path>();

export function placeOf(left: Left): Path | undefined {
  return places.get(left);
}

/** What a document says and its messages do not show. */
export interface LeftReports {
  /** What a model or a person would read, or what acts. */
  content(at: Path, reason: string): void;
  setting(at: Path, reason: string): void;
  /** What is shown, but not as it stands in the document. */
  form(at: Path, reason: string): void;
  /** Takes over a report whose path begins here. */
  addUnder(at: Path, left: Left): void;
  list(): readonly Left[];
}

export function leftReports(): LeftReports {
  const left: Left[] = [];
  const add = (item: Left, place?: Path) => {
    left.push(Object.freeze(item));
    if (place !== undefined) places.set(item, place);
  };
  return {
    content: (at, reason) => add({ path: pathOf(...at), kind: "content", reason }, at),
    setting: (at, reason) => add({ path: pathOf(...at), kind: "setting", reason }, at),
    form: (at, reason) => add({ path: pathOf(...at), kind: "setting", reason }),
    addUnder: (at, { path, ...item }) => add({ ...item, path: joined(at, path) }),
    list: () => Object.freeze([...left]),
  };
}

function joined(before: Path, path: string): string {
  if (before.length === 0) return path;
  if (path === pathOf()) return pathOf(...before);
  return `${pathOf(...before)}${path.startsWith("[") ? "" : "."}${path}`;
}

export interface LostReports extends Reports {
  /** Takes over a report whose path begins here, or in the old document at `from`. */
  addUnder(at: Path, lost: Lost, from?: Path): void;
  list(): readonly Lost[];
}

export function lostReports(): LostReports {
  const lost: Collector<Lost> = collector();
  return {
    add: (at, reason) => lost.add({ path: pathOf(...at), reason }),
    addUnder: (at, item, from = []) => {
      const { path, reason } = item;
      if (!isRemoved(item)) return lost.add({ path: joined(at, path), reason });
      lost.add({ path: joined(["onto", ...from], path.replace(/^onto\.?/, "")), reason });
    },
    list: lost.list,
  };
}

/** Tells of old items that do not stay, by their paths in the old document. */
export type ReportRemovedAt = (at: Path) => void;

/** `left` is what reading the old document told. */
export function removedReporterIn(left: readonly Left[], lost: LostReports): ReportRemovedAt {
  const report = removedReporter(left, (item) => lost.addUnder([], item));
  return (at) => report(pathOf(...at));
}

/** Fields of MCP that messages have no room for: those that are read or act, and why. */
const contents: Readonly<Record<string, string>> = {
  description: "A part of this kind has no description.",
  statusMessage: "Messages show the outcome of a task, not its state.",
  inputRequests: "Asks for input. `fromInputRequests` shows it.",
  inputResponses: "Answers a request for input. `fromInputResponses` shows it.",
  error: "Messages show the result of a task, not its error.",
  tools: "Messages do not hold tool definitions.",
};

const noField = "Messages have no such field.";

/** A field of MCP that messages have no room for: why, and what its value looks like. */
type Setting = readonly [reason: string, fits: (value: unknown) => boolean];

/**
 * The rest of what MCP names, by 2025-11-25 and 2026-07-28: the wire's own, metadata for display,
 * and settings of tasks and of sampling. What stands here with another value may be anything.
 */
const settings: Readonly<Record<string, Setting>> = {
  _meta: ["Metadata of the wire.", isObject],
  annotations: ["A part of this kind has no annotations.", isObject],
  title: ["Metadata for display: a part has no title.", isText],
  icons: ["Metadata for display: a part has no icons.", Array.isArray],
  resultType: [noField, isWord],
  requestState: [noField, isText],
  ttlMs: [noField, isNumber],
  cacheScope: [noField, isWord],
  code: [noField, isNumber],
  size: [noField, isNumber],
  task: [noField, isTaskRequest],
  taskId: [noField, isText],
  status: [noField, isWord],
  createdAt: [noField, isTime],
  lastUpdatedAt: [noField, isTime],
  ttl: [noField, isNumber],
  pollInterval: [noField, isNumber],
  pollIntervalMs: [noField, isNumber],
  maxTokens: [noField, isNumber],
  temperature: [noField, isNumber],
  stopSequences: [noField, Array.isArray],
  modelPreferences: [noField, isObject],
  includeContext: [noField, isWord],
  metadata: [noField, isObject],
  toolChoice: [noField, isObject],
};

/** The settings that MCP names in a place. A name of another place may hold anything here. */
export const settingsOf = {
  block: ["_meta", "annotations"],
  bare: ["_meta"],
  contents: ["_meta", "annotations", "icons", "size", "title"],
  error: ["code"],
  link: ["_meta", "annotations", "icons", "size", "title"],
  params: ["_meta", "requestState"],
  result: ["_meta", "cacheScope", "requestState", "resultType", "ttlMs"],
  samplingParams: [
    ...["_meta", "includeContext", "maxTokens", "metadata", "modelPreferences"],
    ...["stopSequences", "task", "temperature", "toolChoice"],
  ],
  task: [
    ...["_meta", "cacheScope", "createdAt", "lastUpdatedAt", "pollInterval", "pollIntervalMs"],
    ...["requestState", "resultType", "status", "taskId", "ttl", "ttlMs"],
  ],
  toolParams: ["_meta", "requestState", "task"],
  toolResult: ["_meta", "cacheScope", "requestState", "resultType", "task", "ttlMs"],
} as const satisfies Record<string, readonly string[]>;

type Place = readonly string[];

/** Reports the fields of `item` except those that the messages show. */
export function reportRest(
  item: Readonly<JsonObject>,
  shown: readonly string[],
  left: LeftReports,
  at: Path,
  place: Place,
): void {
  for (const key of Object.keys(item))
    if (!shown.includes(key)) reportField(item, key, left, at, place);
}

/** Reports those of the fields that `item` has. */
export function reportFields(
  item: Readonly<JsonObject>,
  keys: readonly string[],
  left: LeftReports,
  at: Path,
  place: Place,
): void {
  for (const key of keys) if (Object.hasOwn(item, key)) reportField(item, key, left, at, place);
}

function reportField(
  item: Readonly<JsonObject>,
  key: string,
  left: LeftReports,
  at: Path,
  place: Place,
): void {
  const path = [...at, key];
  const value = item[key];
  const [reason, fits] = (place.includes(key) ? settings[key] : undefined) ?? [];
  const isKnown = reason !== undefined || Object.hasOwn(contents, key);
  // A name that MCP does not know may itself be a text.
  if (value === null && isKnown) left.setting(path, "It is empty.");
  else if (reason !== undefined && fits?.(value)) left.setting(path, reason);
  else if (reason !== undefined) left.content(path, "MCP has no such value here.");
  else if (Object.hasOwn(contents, key)) left.content(path, contents[key] as string);
  else left.content(path, "An unknown field.");
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
  return givenMessages(messages, "A function that writes an MCP document");
}

/** Reports what no message of MCP has. */
export function checkHead(message: Message, lost: Reports, at: Path): void {
  if (message.channel !== undefined) lost.add([...at, "channel"], "MCP has no channels.");
  if (message.schema_version !== "2.0") {
    lost.add([...at, "schema_version"], "MCP messages have no version.");
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
