/**
 * The MCP messages without hooks of their own, in the groups that a host may let
 * pass, and the fields of every message that belong to the protocol.
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

/** What passes by default. */
export const passByDefault: readonly PassGroup[] = ["tokens"];

const groups: Readonly<Record<string, PassGroup>> = {
  "completion/complete": "completion",
  "elicitation/create": "elicitation",
  initialize: "handshake",
  "server/discover": "handshake",
  "prompts/list": "lists",
  "resources/directory/read": "lists",
  "resources/list": "lists",
  "resources/templates/list": "lists",
  "skills/list": "lists",
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

/** Top-level fields of the params or the result that the protocol itself reads and writes. */
const tokens: Readonly<Record<string, Tokens>> = {
  initialize: versions,
  "server/discover": versions,
  "prompts/list": list,
  "resources/directory/read": list,
  "resources/list": list,
  "resources/templates/list": list,
  "skills/list": list,
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

/** The settings of calls, prompts and resources that the protocol itself reads and writes. */
const ofCalls = ["task", "requestState", "size", "code", ...cached, ...task, "pollIntervalMs"];

/** Whether a field belongs to the protocol and holds a value of the expected kind. */
function isToken(method: string, part: Part, key: string, value: unknown): boolean {
  if (key === "_meta") return isMetaOfTokens(value);
  const own = Object.hasOwn(tokens, method) ? (tokens[method]?.[part] ?? cached) : cached;
  return own.includes(key) && isOfKind(key, value);
}

/** The same for a field that MCP defines as a setting of a call, prompt or resource. */
export function isTokenOfCall(key: string, value: unknown): boolean {
  if (key === "_meta") return isMetaOfTokens(value);
  return ofCalls.includes(key) && isOfKind(key, value);
}

/** Whether a name is a plausible key for input. */
export function isInputName(name: string): boolean {
  return /^[\w.:/-]{1,64}$/.test(name);
}

/** Whether a value holds text: in a field, or as the name of one. */
export function holdsText(value: unknown): boolean {
  if (typeof value === "string") return value !== "";
  if (Array.isArray(value)) return value.some(holdsText);
  return isObject(value) && Object.keys(value).length > 0;
}

/** The fields of params or of a result that hooks see. */
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
 * Messages that, without content, no host has a reason to refuse: the other side would only be kept
 * waiting. Plugins see every other message, even one without fields.
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
