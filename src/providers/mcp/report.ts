import type * as z from "zod/mini";
import type { Message } from "../../core/messages/index.ts";
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
  writtenDocument,
} from "../rewrite/index.ts";
import { isObject, type JsonObject } from "./json.ts";
import { isNumber, isTaskRequest, isText, isTime, isWord } from "./token-kinds.ts";

/** Where something is, in a document or in messages. */
export type Path = readonly (string | number)[];

/** Collects what one conversion leaves out, by path. */
export interface Reports {
  add(at: Path, reason: string): void;
}

/** The place in its document of what no message shows; absent for what is shown in another form. */
const places = new WeakMap<Left, Path>();

export function placeOf(left: Left): Path | undefined {
  return places.get(left);
}

/** Reports what messages do not show of a document. */
export interface LeftReports {
  /** What a model or a person would read, or what has an effect. */
  content(at: Path, reason: string): void;
  setting(at: Path, reason: string): void;
  /** What is shown, but not in the form that the document has. */
  form(at: Path, reason: string): void;
  /** Adds a report whose path begins at `at`. */
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
  /** Adds a report whose path begins at `at`, or at `from` in the old document. */
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

/** Reports removed items by their paths in the old document. */
export type ReportRemovedAt = (at: Path) => void;

/** `left` holds the reports of reading the old document. */
export function removedReporterIn(left: readonly Left[], lost: LostReports): ReportRemovedAt {
  const report = removedReporter(left, (item) => lost.addUnder([], item));
  return (at) => report(pathOf(...at));
}

/** MCP fields with content that messages cannot hold, with the reason. */
const contents: Readonly<Record<string, string>> = {
  description: "A part of this kind has no description.",
  statusMessage: "Messages show the outcome of a task, not its state.",
  inputRequests: "Asks for input. `fromInputRequests` shows it.",
  inputResponses: "Answers a request for input. `fromInputResponses` shows it.",
  error: "Messages show the result of a task, not its error.",
  tools: "Messages do not hold tool definitions.",
};

const noField = "Messages have no such field.";

/** Why messages cannot hold an MCP field, and a check of its value. */
type Setting = readonly [reason: string, fits: (value: unknown) => boolean];

/**
 * The other fields of MCP 2025-11-25 and 2026-07-28: the protocol's own, metadata for display,
 * and settings of tasks and sampling. With any other value, such a field counts as content.
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

/** The settings that MCP defines for each place. Elsewhere the same name may hold anything. */
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

/** Reports the fields among `keys` that `item` has. */
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
  // A name that MCP does not define may itself be text.
  if (value === null && isKnown) left.setting(path, "It is empty.");
  else if (reason !== undefined && fits?.(value)) left.setting(path, reason);
  else if (reason !== undefined) left.content(path, "MCP has no such value here.");
  else if (Object.hasOwn(contents, key)) left.content(path, contents[key] as string);
  else left.content(path, "An unknown field.");
}

/** The result of a `from…` function, frozen. */
export function readOf<Extensions extends object>(
  messages: readonly Message[],
  extensions: Extensions,
  left: readonly Left[],
): Read<Extensions> {
  return Object.freeze({
    messages: Object.freeze(messages),
    extensions: Object.freeze(extensions),
    left: Object.freeze(left),
  });
}

/** The document to write over, or `undefined`. */
export function readOnto<Schema extends z.ZodMiniType>(
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

/** Reports the fields that MCP messages do not have. */
export function checkHead(message: Message, lost: Reports, at: Path): void {
  if (message.channel !== undefined) lost.add([...at, "channel"], "MCP has no channels.");
  if (message.schema_version !== "2.0") {
    lost.add([...at, "schema_version"], "MCP messages have no version.");
  }
}

/** A deep-frozen copy of the new document. */
export function written(document: object, what: string, lost: LostReports): Written<object> {
  return Object.freeze({ document: writtenDocument(document, what), lost: lost.list() });
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
