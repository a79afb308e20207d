/** Checks for the values of the protocol's own fields. */
import { isObject } from "./json.ts";

export const isText = (value: unknown) => typeof value === "string";
export const isNumber = (value: unknown) => typeof value === "number";
export const isWord = (value: unknown) => typeof value === "string" && /^\w{1,32}$/.test(value);
const date = /\d{4}-\d\d-\d\d/.source;
const time = /T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?/.source;
/** A date or time in ISO 8601, as MCP writes it, or an empty string. */
const instant = new RegExp(`^(?:${date}(?:${time})?)?$`);
const isTime = (value: unknown) => typeof value === "string" && instant.test(value);

/** One of the words that the protocol defines. Any other string may be text, so plugins see it. */
const isOneOf =
  (...words: readonly string[]) =>
  (value: unknown) =>
    typeof value === "string" && words.includes(value);

/** MCP 2025-11-25 and SEP-2663, TaskStatus. */
const isStatus = isOneOf("working", "input_required", "completed", "failed", "cancelled");
/** MCP 2026-07-28, ResultType, and SEP-2663. Extensions may add words. */
const isResultType = isOneOf("complete", "input_required", "task");
/** MCP 2026-07-28, CacheableResult. */
const isCacheScope = isOneOf("public", "private");
/** RFC 5424, as LoggingLevel of MCP names them. */
const isLogLevel = isOneOf(
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
);

const isTimeSpan = (value: unknown) => value === null || isNumber(value);

/** A request to become a task, which holds only durations. */
const isTaskRequest = (value: unknown) =>
  hasOnly(value, { ttl: isTimeSpan, pollInterval: isTimeSpan });

const isId = (value: unknown) => isNumber(value) || isShort(value, 1024);
const isName = (value: unknown) => isShort(value, 256);

function isShort(value: unknown, units: number): boolean {
  return typeof value === "string" && value.length <= units;
}

/** Whether an object has only these fields, each of the right kind. */
function hasOnly(value: unknown, kinds: Kinds): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([key, field]) => isKind(kinds, key, field));
}

export type Kinds = Readonly<Record<string, (value: unknown) => boolean>>;

function isKind(kinds: Kinds, key: string, value: unknown): boolean {
  return Object.hasOwn(kinds, key) && kinds[key]?.(value) === true;
}

export const tokenKinds: Kinds = {
  cacheScope: isCacheScope,
  code: isNumber,
  createdAt: isTime,
  // Cursors and states are opaque: the receiver returns them unchanged.
  cursor: isText,
  elicitationId: isId,
  lastUpdatedAt: isTime,
  nextCursor: isText,
  pollInterval: isTimeSpan,
  pollIntervalMs: isTimeSpan,
  progress: isNumber,
  progressToken: isId,
  protocolVersion: isName,
  requestId: isId,
  requestState: isText,
  resultType: isResultType,
  size: isNumber,
  status: isStatus,
  task: isTaskRequest,
  taskId: isId,
  total: isNumber,
  ttl: isTimeSpan,
  ttlMs: isNumber,
};

/** Whether a field holds what the protocol puts there. Null means absent. */
export function isOfKind(key: string, value: unknown): boolean {
  return value === null || isKind(tokenKinds, key, value);
}

/** The client capabilities that MCP defines; the rest may be anything. */
const capabilityNames: ReadonlySet<string> = new Set([
  "applyDefaults",
  "cancel",
  "context",
  "create",
  "createMessage",
  "elicitation",
  "form",
  "list",
  "listChanged",
  "requests",
  "roots",
  "sampling",
  "tasks",
  "tools",
  "url",
]);

function areCapabilities(value: unknown, depth = 0): boolean {
  if (typeof value === "boolean") return true;
  if (!isObject(value) || depth > 4) return false;
  return Object.entries(value).every(
    ([key, field]) => capabilityNames.has(key) && areCapabilities(field, depth + 1),
  );
}

/** Names and versions, but no descriptions, which people and models read. */
const isParty = (value: unknown) => hasOnly(value, { name: isName, version: isName });

/** MCP's own keys of `_meta`: who sends, in which version, and about what. */
const metaKinds: Kinds = {
  progressToken: isId,
  "io.modelcontextprotocol/clientCapabilities": areCapabilities,
  "io.modelcontextprotocol/clientInfo": isParty,
  "io.modelcontextprotocol/logLevel": isLogLevel,
  "io.modelcontextprotocol/protocolVersion": isName,
  "io.modelcontextprotocol/related-task": (value) => hasOnly(value, { taskId: isId }),
  "io.modelcontextprotocol/serverInfo": isParty,
  "io.modelcontextprotocol/subscriptionId": isId,
};

/** Whether `_meta` holds only these keys. */
export const isMetaOfTokens = (value: unknown) => hasOnly(value, metaKinds);
