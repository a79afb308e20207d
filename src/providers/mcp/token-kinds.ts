/** What the values of the protocol's own fields look like. */
import { isObject } from "./json.ts";

export const isText = (value: unknown) => typeof value === "string";
export const isNumber = (value: unknown) => typeof value === "number";
export const isWord = (value: unknown) => typeof value === "string" && /^\w{1,32}$/.test(value);
export const isTime = (value: unknown) =>
  typeof value === "string" && /^[\d:.TZ+-]{0,40}$/.test(value);

const isTimeSpan = (value: unknown) => value === null || isNumber(value);

/** How a request asks to become a task: by times alone. */
export const isTaskRequest = (value: unknown) =>
  hasOnly(value, { ttl: isTimeSpan, pollInterval: isTimeSpan });

const isId = (value: unknown) => isNumber(value) || isShort(value, 1024);
const isName = (value: unknown) => isShort(value, 256);

function isShort(value: unknown, units: number): boolean {
  return typeof value === "string" && value.length <= units;
}

/** An object of these fields and no others, each of its kind. */
function hasOnly(value: unknown, kinds: Kinds): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([key, field]) => isKind(kinds, key, field));
}

type Kinds = Readonly<Record<string, (value: unknown) => boolean>>;

function isKind(kinds: Kinds, key: string, value: unknown): boolean {
  return Object.hasOwn(kinds, key) && kinds[key]?.(value) === true;
}

const kinds: Kinds = {
  cacheScope: isWord,
  code: isNumber,
  createdAt: isTime,
  // Cursors and states are opaque: whoever gets one gives it back as it is.
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
  resultType: isWord,
  size: isNumber,
  status: isWord,
  task: isTaskRequest,
  taskId: isId,
  total: isNumber,
  ttl: isTimeSpan,
  ttlMs: isNumber,
};

/** Whether a field of this name holds what the protocol puts there. Null says nothing. */
export function isOfKind(key: string, value: unknown): boolean {
  return value === null || isKind(kinds, key, value);
}

/** What a client may say of itself in words of MCP: the rest may be anything. */
const capabilityNames: ReadonlySet<string> = new Set([
  ...["applyDefaults", "cancel", "context", "create", "createMessage", "elicitation", "form"],
  ...["list", "listChanged", "requests", "roots", "sampling", "tasks", "tools", "url"],
]);

function areCapabilities(value: unknown, depth = 0): boolean {
  if (typeof value === "boolean") return true;
  if (!isObject(value) || depth > 4) return false;
  return Object.entries(value).every(
    ([key, field]) => capabilityNames.has(key) && areCapabilities(field, depth + 1),
  );
}

/** Names and versions, but nothing that describes: that is read by people and by models. */
const isParty = (value: unknown) => hasOnly(value, { name: isName, version: isName });

/** Keys of `_meta` that MCP has for itself: they say who speaks, in which version, and of what. */
const metaKinds: Kinds = {
  progressToken: isId,
  "io.modelcontextprotocol/clientCapabilities": areCapabilities,
  "io.modelcontextprotocol/clientInfo": isParty,
  "io.modelcontextprotocol/logLevel": isWord,
  "io.modelcontextprotocol/protocolVersion": isName,
  "io.modelcontextprotocol/related-task": (value) => hasOnly(value, { taskId: isId }),
  "io.modelcontextprotocol/serverInfo": isParty,
  "io.modelcontextprotocol/subscriptionId": isId,
};

/** Whether `_meta` holds nothing else. */
export const isMetaOfTokens = (value: unknown) => hasOnly(value, metaKinds);
