/** Decides where a request of the caller goes. */
import {
  isLasting,
  isMessage,
  isModern,
  type Message,
  paramsOf,
  type Refusal,
  refusalOf,
} from "../transports/index.ts";
import { cursorsIn, lists } from "./merge.ts";
import { splitName } from "./names.ts";
import type { RoutingMemory } from "./routing-memory.ts";

/** The message for each server, in the order of the configuration. */
type Messages = readonly (readonly [server: string, message: Message])[];

export type Destination =
  /** The router answers it itself. */
  | { readonly kind: "here"; readonly result: Message }
  /** `one`: the caller gets that server's answer. `all`: the answers are merged into one. */
  | { readonly kind: "one" | "all"; readonly messages: Messages }
  /** The owner is unknown: the servers are asked one after the other until one has it. */
  | { readonly kind: "search"; readonly messages: Messages };

export interface RoutingContext {
  /** In the order of the configuration. */
  readonly servers: readonly string[];
  /** Returns a server's answer to `initialize`; undefined if there is none. */
  readonly begunOf: (server: string) => Message | undefined;
  readonly memory: RoutingMemory;
  /** The session or subject that owns the connection. */
  readonly owner: string;
}

const unknownName = refusalOf(
  -32602,
  "name_unknown",
  "No server has a tool or prompt with this name: see the list",
);
const unknownUri = refusalOf(-32602, "resource_unknown", "No server has this resource");
export const unknownTask = refusalOf(-32602, "task_unknown", "No server has this task");
const unknownCursor = refusalOf(-32602, "cursor_unknown", "The cursor is not from this gateway");
export const unknownMethod = refusalOf(-32601, "method_unknown", "Method not found");

export const handshakes: readonly string[] = ["initialize", "server/discover"];

export function destinationOf(message: Message, context: RoutingContext): Destination | Refusal {
  const method = String(message.method);
  const { servers } = context;
  const params = paramsOf(message);
  const toOne = (
    server: string | undefined,
    refusal: Refusal,
    changed: Message = {},
  ): Destination | Refusal => {
    if (server === undefined || !servers.includes(server)) return refusal;
    const own = { ...message, params: { ...params, ...changed } };
    return { kind: "one", messages: [[server, own]] };
  };
  // A ping asks whether the gateway itself is there. MCP 2026-07-28 has no such request.
  if (method === "ping" && !isModern(message)) return { kind: "here", result: {} };
  if (handshakes.includes(method) || method === "logging/setLevel")
    return toMany("all", message, context);
  if (isLasting(method)) return { kind: "all", messages: subscribed(message, context) };
  if (Object.hasOwn(lists, method)) return pagesOf(message, params, context);
  if (method === "tools/call" || method === "prompts/get") {
    const found = splitName(params.name);
    return toOne(found?.server, unknownName, { name: found?.name });
  }
  if (method === "completion/complete") {
    const ref = isMessage(params.ref) ? params.ref : {};
    const found = splitName(ref.name);
    if (found !== undefined || ref.uri === undefined)
      return toOne(found?.server, unknownName, { ref: { ...ref, name: found?.name } });
    return ofResource(message, ref.uri, context);
  }
  if (method.startsWith("resources/")) return ofResource(message, params.uri, context);
  if (method.startsWith("tasks/")) {
    const found = splitName(params.taskId);
    return toOne(found?.server, unknownTask);
  }
  return unknownMethod;
}

/** Sends a request to the server that the resource belongs to, or else looks for that server. */
function ofResource(
  message: Message,
  uri: unknown,
  context: RoutingContext,
): Destination | Refusal {
  const { memory, owner, servers } = context;
  if (typeof uri !== "string") return unknownUri;
  const server = memory.ofUri(owner, uri, servers);
  if (server !== undefined) return { kind: "one", messages: [[server, message]] };
  // Servers accept subscriptions to resources that they do not have, so a success proves little.
  const isSubscribing = String(message.method).endsWith("subscribe");
  return toMany(isSubscribing ? "all" : "search", message, context);
}

/** Sends to all servers, except those that said that they do not have such methods. */
function toMany(
  kind: "all" | "search",
  message: Message,
  { servers, begunOf }: RoutingContext,
): Destination | Refusal {
  const able = servers.filter((server) => mayKnow(begunOf(server), String(message.method)));
  if (able.length === 0) return unknownMethod;
  return { kind, messages: able.map((server) => [server, message] as const) };
}

/** Sends to all servers; each gets only the resources that are, or could be, its own. */
function subscribed(message: Message, { servers, memory, owner }: RoutingContext): Messages {
  const params = paramsOf(message);
  const { notifications } = params;
  const wanted = isMessage(notifications) ? notifications.resourceSubscriptions : undefined;
  if (!isMessage(notifications) || !Array.isArray(wanted))
    return servers.map((server) => [server, message] as const);
  // Once for all servers: a caller may send any number of URIs, and a server any of templates.
  const known = wanted.map((uri) =>
    typeof uri === "string" ? memory.ofUri(owner, uri, servers) : undefined,
  );
  return servers.map((server) => {
    const resourceSubscriptions = wanted.filter((_, at) => (known[at] ?? server) === server);
    const own = { ...notifications, resourceSubscriptions };
    return [server, { ...message, params: { ...params, notifications: own } }] as const;
  });
}

/** Asks all servers for their first page, or those that have more for their next. */
function pagesOf(
  message: Message,
  params: Message,
  context: RoutingContext,
): Destination | Refusal {
  if (params.cursor === undefined) return toMany("all", message, context);
  const cursors = cursorsIn(params.cursor) ?? {};
  const wanted = context.servers.filter((server) => Object.hasOwn(cursors, server));
  if (wanted.length === 0) return unknownCursor;
  const page = (server: string) => ({ ...message, params: { ...params, cursor: cursors[server] } });
  return { kind: "all", messages: wanted.map((server) => [server, page(server)] as const) };
}

/** The capabilities of servers whose methods begin with the same word. */
const areas: readonly string[] = ["prompts", "resources", "tasks", "tools"];

/**
 * Whether a server may know a method. True if it has not answered `initialize`, as in an exchange.
 *
 * @param begun the result of `initialize`
 */
function mayKnow(begun: Message | undefined, method: string): boolean {
  const capability = capabilityOf(method);
  if (begun === undefined || capability === undefined) return true;
  // MCP 2024-11-05 has completion, but no capability for it.
  if (capability === "completions" && begun.protocolVersion === "2024-11-05") return true;
  return isMessage(begun.capabilities) && begun.capabilities[capability] !== undefined;
}

function capabilityOf(method: string): string | undefined {
  if (method === "logging/setLevel") return "logging";
  if (method === "completion/complete") return "completions";
  return areas.find((area) => method.startsWith(`${area}/`));
}
