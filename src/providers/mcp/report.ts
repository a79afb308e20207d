/** Reports what conversions of MCP documents do not carry over. */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  type Collector,
  collector,
  type FieldReporter,
  type Given,
  givenMessages,
  isRemoved,
  type Left,
  type LeftKind,
  type Lost,
  type Path,
  pathOf,
  type Read,
  type Reading,
  readingWith,
  removedReporter,
  silentReporter,
  type Written,
  writtenDocument,
} from "../rewrite/index.ts";
import { isObject, type JsonObject } from "./json.ts";
import { isNumber, isText, isWord, type Kinds, tokenKinds } from "./token-kinds.ts";

/** The path of each field that no message shows. A field that is shown in another form has none. */
const places = new WeakMap<Left, Path>();

export function placeOf(left: Left): Path | undefined {
  return places.get(left);
}

/** Begins to read an MCP document. `left` lists all reports: the guard shows what each is about. */
export function mcpReading(given: Given = {}): Reading {
  const reports: Left[] = [];
  const left: Collector<Left> = {
    add(item, keys) {
      reports.push(Object.freeze(item));
      if (keys !== undefined) places.set(item, keys);
    },
    list: () => Object.freeze([...reports]),
  };
  return readingWith(left, given, reportField);
}

/** Reports something that is shown, but in another form than in the document. */
export function reportForm({ left }: Pick<Reading, "left">, at: Path, reason: string): void {
  left.add({ path: pathOf(...at), kind: "setting", reason });
}

/** Collects what MCP cannot express, by its path in the messages. */
export interface LostReports {
  add(at: Path, reason: string): void;
  /** The collector itself, for the rewrite engine. */
  readonly all: Collector<Lost>;
}

export function lostReports(all: Collector<Lost> = collector()): LostReports {
  return { add: (at, reason) => all.add({ path: pathOf(...at), reason }), all };
}

/** Adds an inner document's reports: its messages are at `at`, its place in the whole is `from`. */
export function addUnder(
  all: Collector<Lost>,
  at: string,
  lost: readonly Lost[],
  from: Path,
): void {
  for (const item of lost) {
    const path = isRemoved(item)
      ? joined(pathOf("onto", ...from), item.path.replace(/^onto\.?/, ""))
      : joined(at, item.path);
    all.add({ ...item, path });
  }
}

function joined(before: string, path: string): string {
  if (path === pathOf()) return before;
  return `${before}${path.startsWith("[") ? "" : "."}${path}`;
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

/** Why messages cannot hold a setting, unless it is that they have no such field. */
const reasons: Readonly<Record<string, string>> = {
  _meta: "Wire metadata.",
  annotations: "A part of this kind has no annotations.",
  title: "Metadata for display: a part has no title.",
  icons: "Metadata for display: a part has no icons.",
};

/**
 * The other fields of MCP 2025-11-25 and 2026-07-28, each with a check of its value: the protocol's
 * own, metadata for display, and settings of tasks and sampling. With any other value, such a field
 * counts as content.
 */
const settings: Kinds = {
  ...tokenKinds,
  // An extension may add words, and an id may be any text: these count as settings and are shown.
  cacheScope: isWord,
  resultType: isWord,
  status: isWord,
  taskId: isText,
  _meta: isObject,
  annotations: isObject,
  title: isText,
  icons: Array.isArray,
  maxTokens: isNumber,
  temperature: isNumber,
  stopSequences: Array.isArray,
  modelPreferences: isObject,
  includeContext: isWord,
  metadata: isObject,
  toolChoice: isObject,
};

/** The settings of each document; elsewhere the same name may hold anything. */
export const settingsOf = {
  error: ["code"],
  params: ["_meta", "requestState"],
  result: ["_meta", "cacheScope", "requestState", "resultType", "ttlMs"],
  samplingParams: [
    "_meta",
    "includeContext",
    "maxTokens",
    "metadata",
    "modelPreferences",
    "stopSequences",
    "task",
    "temperature",
    "toolChoice",
  ],
  task: [
    "_meta",
    "cacheScope",
    "createdAt",
    "lastUpdatedAt",
    "pollInterval",
    "pollIntervalMs",
    "requestState",
    "resultType",
    "status",
    "taskId",
    "ttl",
    "ttlMs",
  ],
  toolParams: ["_meta", "requestState", "task"],
  toolResult: ["_meta", "task", "resultType", "requestState", "ttlMs", "cacheScope"],
} as const satisfies Record<string, readonly string[]>;

/** Reports a field that messages do not show: as content if MCP does not define its value. */
const reportField: FieldReporter = (left, path, value, isSetting) => {
  const key = String(path.at(-1));
  const fits = isSetting ? settings[key] : undefined;
  const content = Object.hasOwn(contents, key) ? contents[key] : undefined;
  const add = (kind: LeftKind, why: string) =>
    left.add({ path: pathOf(...path), kind, reason: why }, path);
  // Under a name that MCP does not define, null is content too: the name may itself be text.
  if (value === null && (isSetting || content !== undefined)) add("setting", "It is empty.");
  else if (fits?.(value)) add("setting", reasons[key] ?? "Messages have no such field.");
  else if (fits !== undefined) add("content", "MCP does not define this value here.");
  else {
    const isTools = key === "tools" && path.length === 1;
    add(isTools ? "tools" : "content", content ?? "An unknown field.");
  }
};

/** Reports the fields of `item` except those that the messages show. */
export function reportRest(
  reading: Reading,
  item: Readonly<JsonObject>,
  shown: readonly string[],
  at: Path,
  settings: readonly string[],
): void {
  for (const [key, value] of Object.entries(item)) {
    if (shown.includes(key)) continue;
    reading.reportField(reading.left, [...at, key], value as Json, settings.includes(key));
  }
}

/** Returns the reports of `reportRest`. */
export function leftOf(
  item: Readonly<JsonObject>,
  shown: readonly string[],
  settings: readonly string[],
): readonly Left[] {
  const reading = mcpReading();
  reportRest(reading, item, shown, [], settings);
  return reading.left.list();
}

/** The result of a `from…` function, frozen. */
export function readOf<Extensions extends object>(
  messages: readonly Message[],
  extensions: Extensions,
  { left }: Pick<Reading, "left">,
): Read<Extensions> {
  return Object.freeze({
    messages: Object.freeze(messages),
    extensions: Object.freeze(extensions),
    left: left.list(),
  });
}

/** @throws GlassineError `message_invalid` */
export function readMessages(messages: readonly Message[]): readonly Message[] {
  return givenMessages(messages, "A function that writes an MCP document");
}

/** Reports the fields of a message that MCP cannot express. */
export function checkHead(message: Message, lost: LostReports, at: Path): void {
  if (message.channel !== undefined) lost.add([...at, "channel"], "MCP has no channels.");
  if (message.schema_version !== "2.0") {
    lost.add([...at, "schema_version"], "MCP messages have no version.");
  }
}

/** A deep-frozen copy of the new document, without fields that are `undefined`. */
export function written(document: object, what: string, { all }: LostReports): Written<object> {
  const fields = Object.entries(document).filter(([, value]) => value !== undefined);
  const copy = writtenDocument(Object.fromEntries(fields), what);
  return Object.freeze({ document: copy, lost: all.list() });
}

/** What the engine needs to write blocks over a document that was read with `reading`. */
export function lossReporter({ left, given }: Reading, { all }: LostReports) {
  const removed = removedReporter(left.list(), all.add);
  return { ...silentReporter, lost: all, removed, given };
}
