/** Where a request of the caller's goes. */
import { isMessage, type Message, type Refusal, refusalOf } from "../ends/index.ts";
import type { Homes } from "./homes.ts";
import { cursorsIn, lists } from "./merge.ts";
import { splitName } from "./names.ts";

/** The message for each server, and whether the answer of the one is the caller's as it came. */
export interface Destination {
  readonly messages: readonly (readonly [server: string, message: Message])[];
  readonly isAlone: boolean;
}

export interface Known {
  /** The servers that are there, in the order of the configuration. */
  readonly servers: readonly string[];
  readonly homes: Homes;
  /** Whose the connection is, for tasks. */
  readonly owner: string;
}

const unknownName = refusalOf(-32602, "name_unknown", "No server has this name: see the list");
const unknownUri = refusalOf(-32602, "resource_unknown", "No server has listed this resource");
const unknownTask = refusalOf(-32602, "task_unknown", "No server has this task");
const unknownCursor = refusalOf(-32602, "cursor_unknown", "The cursor is not one of this gateway");
export const unknownMethod = refusalOf(-32601, "method_unknown", "Method not found");

export const handshakes: readonly string[] = ["initialize", "server/discover"];
/** Requests whose answers say nothing but that it is done. */
const forAll: readonly string[] = ["ping", "logging/setLevel", "subscriptions/listen"];

export function destinationOf(message: Message, known: Known): Destination | Refusal {
  const method = String(message.method);
  const { servers, homes, owner } = known;
  const params = isMessage(message.params) ? message.params : {};
  const only = (server: string | undefined, refusal: Refusal, changed: Message = {}) => {
    if (server === undefined || !servers.includes(server)) return refusal;
    const own = { ...message, params: { ...params, ...changed } };
    return { messages: [[server, own] as const], isAlone: true };
  };
  if (handshakes.includes(method) || forAll.includes(method))
    return { messages: servers.map((server) => [server, message] as const), isAlone: false };
  if (Object.hasOwn(lists, method)) return pagesOf(message, params, servers);
  if (method === "tools/call" || method === "prompts/get") {
    const found = splitName(params.name);
    return only(found?.server, unknownName, { name: found?.name });
  }
  if (method === "completion/complete") {
    const ref = isMessage(params.ref) ? params.ref : {};
    const found = splitName(ref.name);
    if (found === undefined) return only(homes.ofUri(ref.uri), unknownUri);
    return only(found.server, unknownName, { ref: { ...ref, name: found.name } });
  }
  if (method.startsWith("resources/")) return only(homes.ofUri(params.uri), unknownUri);
  if (method.startsWith("tasks/")) return only(homes.ofTask(owner, params.taskId), unknownTask);
  return unknownMethod;
}

/** The first page of all servers, or the next of those that have one. */
function pagesOf(
  message: Message,
  params: Message,
  servers: readonly string[],
): Destination | Refusal {
  if (params.cursor === undefined)
    return { messages: servers.map((server) => [server, message] as const), isAlone: false };
  const cursors = cursorsIn(params.cursor) ?? {};
  const wanted = servers.filter((server) => Object.hasOwn(cursors, server));
  if (wanted.length === 0) return unknownCursor;
  const page = (server: string) => ({ ...message, params: { ...params, cursor: cursors[server] } });
  return { messages: wanted.map((server) => [server, page(server)] as const), isAlone: false };
}
