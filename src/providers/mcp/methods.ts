/**
 * The messages of MCP that have no point of their own, by the groups in which a host may let them
 * pass, and what of every message is the protocol's own.
 */
import { isObject, type JsonObject } from "./json.ts";
import { isMetaOfTokens, isOfKind } from "./token-kinds.ts";

/** What a host may let pass without hooks. */
export const passGroups = [
  "completion",
  "elicitation",
  "handshake",
  "lists",
  "metadata",
  "notifications",
  "other",
  "roots",
  "sampling",
  "tasks",
  "tokens",
  "unknown",
] as const;

export type PassGroup = (typeof passGroups)[number];

/** What passes where the host does not choose. */
export const passByDefault: readonly PassGroup[] = ["tokens"];

const groups: Readonly<Record<string, PassGroup>> = {
  "completion/complete": "completion",
  "elicitation/create": "elicitation",
  initialize: "handshake",
  "server/discover": "handshake",
  "prompts/list": "lists",
  "resources/list": "lists",
  "resources/templates/list": "lists",
  "tools/list": "lists",
  "roots/list": "roots",
  "sampling/createMessage": "sampling",
};

export function groupOf(method: string): PassGroup {
  if (Object.hasOwn(groups, method)) return groups[method] as PassGroup;
  if (method.startsWith("notifications/")) return "notifications";
  return method.startsWith("tasks/") ? "tasks" : "other";
}

type Part = "params" | "result";

const task = ["taskId", "status", "createdAt", "lastUpdatedAt", "ttl", "pollInterval"];
const cached = ["resultType", "ttlMs", "cacheScope"];
const list: Tokens = { params: ["cursor"], result: [...cached, "nextCursor"] };
const versions: Tokens = { params: ["protocolVersion"], result: [...cached, "protocolVersion"] };
const ofTask: Tokens = { params: [...task, "task"], result: [...cached, ...task] };

type Tokens = Readonly<Partial<Record<Part, readonly string[]>>>;

/** Fields that the protocol itself reads and writes, at the top of the params or of the result. */
const tokens: Readonly<Record<string, Tokens>> = {
  initialize: versions,
  "server/discover": versions,
  "prompts/list": list,
  "resources/list": list,
  "resources/templates/list": list,
  "tools/list": list,
  "tasks/list": list,
  "tasks/get": ofTask,
  "tasks/cancel": ofTask,
  "tasks/result": ofTask,
  "tasks/update": ofTask,
  "elicitation/create": { params: ["elicitationId", "task"] },
  "sampling/createMessage": { params: ["task"] },
  "notifications/cancelled": { params: ["requestId"] },
  "notifications/elicitation/complete": { params: ["elicitationId"] },
  "notifications/progress": { params: ["progressToken", "progress", "total"] },
  "notifications/tasks": { params: task },
  "notifications/tasks/status": { params: task },
};

/** Settings of calls, prompts and resources that are such fields. */
const ofCalls = ["task", "requestState", "size", "code", ...cached, ...task, "pollIntervalMs"];

/** Whether a field is the protocol's own, and holds what it would hold. */
function isToken(method: string, part: Part, key: string, value: unknown): boolean {
  if (key === "_meta") return isMetaOfTokens(value);
  const own = Object.hasOwn(tokens, method) ? (tokens[method]?.[part] ?? cached) : cached;
  return own.includes(key) && isOfKind(key, value);
}

/** The same of a setting that MCP names where it stands. */
export function isTokenOfCall(key: string, value: unknown): boolean {
  if (key === "_meta") return isMetaOfTokens(value);
  return ofCalls.includes(key) && isOfKind(key, value);
}

/** A name under which a server asks for input. */
export function isInputName(name: string): boolean {
  return /^[\w.:/-]{1,64}$/.test(name);
}

/** Whether there is a text in a value: that of a field, or the name of one. */
export function holdsText(value: unknown): boolean {
  if (typeof value === "string") return value !== "";
  if (Array.isArray(value)) return value.some(holdsText);
  return isObject(value) && Object.keys(value).length > 0;
}

/** The fields of params or of a result that a hook is shown. */
export function shownFields(
  method: string,
  part: Part,
  document: JsonObject,
  passesTokens: boolean,
): readonly string[] {
  const keys = Object.keys(document);
  return passesTokens ? keys.filter((key) => !isToken(method, part, key, document[key])) : keys;
}

/**
 * Messages that no host can want to refuse, where they say nothing: the other side would only wait
 * for its connection. Every other message is put to plugins, also one without a field to show.
 */
const plumbing: Readonly<Record<Part, readonly string[]>> = {
  params: ["ping", "notifications/initialized", "notifications/cancelled"],
  result: ["ping"],
};

export function isPlumbing(
  method: string,
  part: Part,
  document: JsonObject,
  passesTokens: boolean,
): boolean {
  const mayBe = plumbing[part].includes(method);
  return mayBe && shownFields(method, part, document, passesTokens).length === 0;
}
