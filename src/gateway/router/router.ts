/**
 * One caller in front of several servers.
 *
 * Each server has a guard of its own behind this, which sees names as the server knows them. A
 * request goes to the server that its name, URI or task belongs to; what concerns all goes to all,
 * and their answers become one. What a server asks of the caller gets an id of the router's, since
 * two servers may use the same.
 */
import {
  type End,
  type Extra,
  errorAnswer,
  isAnswer,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  type RequestId,
  type SendOptions,
} from "../ends/index.ts";
import { type Destination, destinationOf, handshakes, unknownMethod } from "./destination.ts";
import type { Homes } from "./homes.ts";
import { lists, mergeHandshakes, mergeLists, type Part } from "./merge.ts";

export interface RouterOptions {
  readonly front: End;
  /** In the order of the configuration. */
  readonly servers: readonly string[];
  readonly homes: Homes;
  /** Whose the connection is, for tasks. */
  readonly owner: string;
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly onNote: (event: string, fields: object) => void;
}

export interface Router {
  /** The caller, as each server's guard sees it. */
  readonly ends: ReadonlyMap<string, End>;
  start(): Promise<void>;
  close(): Promise<void>;
}

type Request = Message & { readonly id: RequestId; readonly method: string };

/** A request of the caller's that has no answer yet. */
interface Asked {
  readonly method: string;
  /** Those that still have to answer. */
  readonly waiting: Set<string>;
  readonly parts: Part[];
  readonly errors: Message[];
  /** Whether its answer is that of the one server, as it came. */
  readonly isAlone: boolean;
}

export function routerOf(options: RouterOptions): Router {
  const { front, servers, homes, owner, serverInfo, onNote } = options;
  const asked = new Map<string, Asked>();
  /** Requests of servers, by the ids that the caller knows. */
  const ofServers = new Map<string, { readonly server: string; readonly id: RequestId }>();
  const gone = new Set<string>();
  let count = 0;

  const ends = new Map(servers.map((name) => [name, endFor(name)] as const));

  function endFor(server: string): End {
    const end: End = {
      ...(front.sessionId !== undefined && { sessionId: front.sessionId }),
      start: async () => {},
      send: (message, sendOptions = {}) => fromServer(server, message, sendOptions),
      async close() {
        if (gone.has(server)) return;
        gone.add(server);
        for (const [key, { waiting }] of asked) if (waiting.has(server)) drop(key, server);
        end.onclose?.();
        if (gone.size === servers.length) await front.close();
      },
    };
    return end;
  }

  function fromCaller(message: unknown, extra: Extra | undefined): void {
    if (Array.isArray(message)) for (const each of message) fromCaller(each, extra);
    if (!isMessage(message)) return;
    if (isRequest(message)) request(message, extra);
    else if (isAnswer(message)) answerOf(message, extra);
    else notification(message, extra);
  }

  function request(message: Request, extra: Extra | undefined): void {
    const to = destinationOf(message, { servers: live(), homes, owner });
    if ("code" in to) toCaller(errorAnswer(message.id, to), { relatedRequestId: message.id });
    else send(message, to, extra);
  }

  function live(): readonly string[] {
    return servers.filter((server) => !gone.has(server));
  }

  function send(
    { id, method }: Request,
    { messages, isAlone }: Destination,
    extra: Extra | undefined,
  ): void {
    const waiting = new Set(messages.map(([server]) => server));
    asked.set(keyOf(id), { method, waiting, parts: [], errors: [], isAlone });
    for (const [server, message] of messages) ends.get(server)?.onmessage?.(message, extra);
  }

  function notification(message: Message, extra: Extra | undefined): void {
    const params = isMessage(message.params) ? message.params : {};
    const { requestId } = params;
    const isId = typeof requestId === "string" || typeof requestId === "number";
    const of = message.method === "notifications/cancelled" && isId ? keyOf(requestId) : undefined;
    const wanted = of === undefined ? live() : [...(asked.get(of)?.waiting ?? [])];
    // MCP: `initialize` cannot be cancelled.
    if (of !== undefined && asked.get(of)?.method !== "initialize") asked.delete(of);
    for (const server of wanted) ends.get(server)?.onmessage?.(message, extra);
  }

  /** The caller's answer to a request of a server. */
  function answerOf(message: Message & { id: RequestId }, extra: Extra | undefined): void {
    const key = keyOf(message.id);
    const found = ofServers.get(key);
    if (found === undefined) return;
    ofServers.delete(key);
    ends.get(found.server)?.onmessage?.({ ...message, id: found.id }, extra);
  }

  async function fromServer(
    server: string,
    message: Message,
    sendOptions: SendOptions,
  ): Promise<void> {
    if (isAnswer(message)) return collect(server, message, sendOptions);
    if (isRequest(message)) {
      count += 1;
      const id = `${server}-${count}`;
      ofServers.set(keyOf(id), { server, id: message.id });
      return front.send({ ...message, id }, sendOptions);
    }
    const params = isMessage(message.params) ? message.params : {};
    if (message.method !== "notifications/cancelled") return front.send(message, sendOptions);
    const found = [...ofServers].find(
      ([, each]) => each.server === server && each.id === params.requestId,
    );
    if (found === undefined) return;
    const requestId = found[0].slice(1);
    return front.send({ ...message, params: { ...params, requestId } }, sendOptions);
  }

  async function collect(
    server: string,
    message: Message & { id: RequestId },
    sendOptions: SendOptions,
  ): Promise<void> {
    const key = keyOf(message.id);
    const entry = asked.get(key);
    if (entry === undefined || !entry.waiting.delete(server)) return;
    const { result } = message;
    if (entry.isAlone) {
      asked.delete(key);
      learn(server, result);
      return front.send(message, sendOptions);
    }
    if (isMessage(result)) entry.parts.push({ server, result });
    else {
      entry.errors.push(message);
      const { code } = isMessage(message.error) ? message.error : {};
      onNote("server_left_out", { server, method: entry.method, code });
    }
    await complete(key, message.id, entry);
  }

  /** A server that is gone answers no more. */
  function drop(key: string, server: string): void {
    const entry = asked.get(key);
    if (entry === undefined || entry.isAlone || !entry.waiting.delete(server)) return;
    const id = key.startsWith("s") ? key.slice(1) : Number(key.slice(1));
    void complete(key, id, entry);
  }

  async function complete(key: string, id: RequestId, entry: Asked): Promise<void> {
    if (entry.waiting.size > 0) return;
    asked.delete(key);
    const { method, errors } = entry;
    const parts = servers.flatMap((server) => entry.parts.filter((part) => part.server === server));
    const [error] = errors;
    if (parts.length === 0)
      return front.send(error ?? errorAnswer(id, unknownMethod), { relatedRequestId: id });
    const result = merged(method, parts);
    await front.send({ jsonrpc: "2.0", id, result }, { relatedRequestId: id });
  }

  function merged(method: string, parts: readonly Part[]): Message {
    if (handshakes.includes(method)) return mergeHandshakes(parts, serverInfo);
    if (!Object.hasOwn(lists, method)) return parts[0]?.result ?? {};
    for (const { server, result } of parts)
      if (method === "tasks/list" && Array.isArray(result.tasks))
        for (const task of result.tasks)
          if (isMessage(task)) homes.addTask(server, owner, task.taskId);
    return mergeLists(method, parts, homes);
  }

  /** The task that an answer began. */
  function learn(server: string, result: unknown): void {
    if (!isMessage(result)) return;
    const task = isMessage(result.task) ? result.task : result;
    if (result.resultType === "task" || isMessage(result.task))
      homes.addTask(server, owner, task.taskId);
  }

  function toCaller(message: Message, sendOptions: SendOptions): void {
    front.send(message, sendOptions).catch((error: Error) => front.onerror?.(error));
  }

  return {
    ends,
    async start() {
      front.onmessage = fromCaller;
      front.onclose = () => {
        for (const end of ends.values()) end.onclose?.();
      };
      await front.start();
    },
    close: () => front.close(),
  };
}
