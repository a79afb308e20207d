/** Merges the answers of several servers into one. */
import { packageVersion } from "../../core/plugins/index.ts";
import { documentIn, isMessage, isModern, type Message } from "../transports/index.ts";
import { joinName } from "./names.ts";
import type { RoutingMemory } from "./routing-memory.ts";
import { renamed, toCallerOf } from "./task-ids.ts";

/** The result of one server. */
export interface Part {
  readonly server: string;
  readonly result: Message;
}

/** The context in which answers are merged. */
export interface MergeContext {
  readonly memory: RoutingMemory;
  /** The session or subject that owns the connection. */
  readonly owner: string;
  /** Whether the answer of a server that might have contributed is missing. */
  readonly isPartial: boolean;
}

/**
 * The field that holds a list's items, the field of an item that names it, and what is done with
 * each: renamed, or remembered.
 */
interface ListKind {
  readonly field: string;
  readonly key?: string;
  readonly item: (server: string, item: Message, context: MergeContext) => Message;
}

const named = (server: string, item: Message): Message => ({
  ...item,
  name: joinName(server, String(item.name)),
});

export const lists: Readonly<Record<string, ListKind>> = {
  "tools/list": { field: "tools", key: "name", item: named },
  "prompts/list": { field: "prompts", key: "name", item: named },
  "resources/list": {
    field: "resources",
    key: "uri",
    item(server, item, { memory, owner }) {
      memory.addUri(owner, server, item.uri);
      return item;
    },
  },
  "resources/templates/list": {
    field: "resourceTemplates",
    key: "uriTemplate",
    item(server, item, { memory, owner }) {
      memory.addTemplate(owner, server, item.uriTemplate);
      return item;
    },
  },
  "tasks/list": { field: "tasks", item: (server, item) => renamed(item, toCallerOf(server)) },
};

/**
 * Whether a result has what is merged: for a list, an array of objects that are named; for a
 * handshake, versions. Clients of MCP 2026-07-28 refuse what a server says that does not know it,
 * which has no `resultType`.
 */
export function isMergeable(request: Message, result: Message): boolean {
  const method = String(request.method);
  if (method === "initialize") return typeof result.protocolVersion === "string";
  if (method === "server/discover") return Array.isArray(result.supportedVersions);
  if (!Object.hasOwn(lists, method)) return true;
  const isOlder = isModern(request) && typeof result.resultType !== "string";
  return !isOlder && itemsIn(method, result) !== undefined;
}

/** The items of a list; undefined if it is not an array, or one is no object or has no name. */
function itemsIn(method: string, result: Message): readonly Message[] | undefined {
  const { field, key } = lists[method] as ListKind;
  const items = result[field];
  const isItem = (each: unknown): each is Message =>
    isMessage(each) && (key === undefined || typeof each[key] === "string");
  return Array.isArray(items) && items.every(isItem) ? items : undefined;
}

/** Concatenates the servers' lists, with a cursor for the servers that have more. */
export function mergeLists(method: string, parts: readonly Part[], context: MergeContext): Message {
  const { field, item } = lists[method] as ListKind;
  const items = parts.flatMap(({ server, result }) =>
    (itemsIn(method, result) ?? []).map((each) => item(server, each, context)),
  );
  const more = parts.flatMap(({ server, result }) =>
    typeof result.nextCursor === "string" ? [[server, result.nextCursor] as const] : [],
  );
  return {
    ...cacheFacts(parts, context),
    [field]: items,
    ...(more.length > 0 && { nextCursor: cursorOf(Object.fromEntries(more)) }),
  };
}

/** Merges caching hints: the strictest wins, and an incomplete list must not be cached. */
function cacheFacts(parts: readonly Part[], { isPartial }: MergeContext): Message {
  const results = parts.map(({ result }) => result);
  const ttls = results.map(({ ttlMs }) => ttlMs).filter((ttl) => typeof ttl === "number");
  const scopes = results.map(({ cacheScope }) => cacheScope).filter((scope) => scope !== undefined);
  const types = results.map(({ resultType }) => resultType).filter((type) => type !== undefined);
  return {
    ...(types.length > 0 && { resultType: types[0] }),
    ...(ttls.length > 0 && { ttlMs: isPartial ? 0 : Math.min(...ttls) }),
    ...(scopes.length > 0 && {
      cacheScope: scopes.every((scope) => scope === "public") ? "public" : "private",
    }),
  };
}

/** Makes the gateway's cursor from those of the servers that have more, by server name. */
function cursorOf(cursors: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(cursors)).toString("base64url");
}

/** Reads the servers' cursors from the gateway's; undefined if the gateway did not make it. */
export function cursorsIn(cursor: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof cursor !== "string") return undefined;
  const read = documentIn(Buffer.from(cursor, "base64url").toString("utf8"));
  const isFit = isMessage(read) && Object.values(read).every((each) => typeof each === "string");
  return isFit ? (read as Readonly<Record<string, string>>) : undefined;
}

/** A late server may have any of these lists, and will announce them once it is there. */
const anyList: Message = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true },
};

/** Merges the answers to `initialize` or `server/discover` as if they came from one server. */
export function mergeHandshakes(
  method: string,
  parts: readonly Part[],
  context: MergeContext,
): Message {
  const { isPartial } = context;
  const results = parts.map(({ result }) => result);
  const versions = results.map(({ protocolVersion }) => protocolVersion);
  const known = versions.filter((version): version is string => typeof version === "string");
  const supported = results.map(({ supportedVersions }) => supportedVersions).filter(Array.isArray);
  const instructions = parts.flatMap(({ server, result }) =>
    typeof result.instructions === "string" ? [`# ${server}\n\n${result.instructions}`] : [],
  );
  return {
    ...cacheFacts(parts, context),
    // All servers speak the oldest version.
    ...(known.length > 0 && { protocolVersion: [...known].sort()[0] }),
    ...(supported.length > 0 && { supportedVersions: common(supported) }),
    capabilities: results
      .map(({ capabilities }) => capabilities)
      .reduce<Message>(union, isPartial && method === "initialize" ? anyList : {}),
    serverInfo: { name: "glassine", version: packageVersion },
    ...(instructions.length > 0 && { instructions: instructions.join("\n\n") }),
  };
}

function common(lists: readonly (readonly unknown[])[]): readonly unknown[] {
  const [first = [], ...others] = lists.map((list) => new Set(list));
  return [...first].filter((each) => others.every((list) => list.has(each)));
}

/** Merges capabilities or grants: what any server can do, or sends. */
export function union(all: Message, own: unknown): Message {
  if (!isMessage(own)) return all;
  const merged = Object.entries(own).map(([key, value]) => {
    const known = all[key];
    if (isMessage(known) && isMessage(value)) return [key, union(known, value)] as const;
    if (Array.isArray(known) && Array.isArray(value))
      return [key, [...new Set<unknown>([...known, ...value])]] as const;
    return [key, known === true ? true : value] as const;
  });
  return { ...all, ...Object.fromEntries(merged) };
}
