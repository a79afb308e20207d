/**
 * Connects one caller to several servers.
 *
 * Each server has its own guard behind the router, which sees names as the server knows them. A
 * request goes to the server that its name, URI or task belongs to. A request that concerns all
 * servers goes to all; see `RoutedRequests` for how they are waited for.
 */
import {
  cancellation,
  cancelledBy,
  type Extra,
  errorAnswer,
  idInUse,
  isAnswer,
  isMessage,
  isRequest,
  type Message,
  paramsOf,
  type Refusal,
  type RequestMessage,
  type SendOptions,
  type Transport,
} from "../transports/index.ts";
import { destinationOf, unknownTask } from "./destination.ts";
import { Peer, type RouterLog } from "./peer.ts";
import { RoutedRequests } from "./routed-requests.ts";
import type { RoutingMemory } from "./routing-memory.ts";
import { ServerRequests } from "./server-requests.ts";
import { inAnswer, inParams, toCallerOf, toServer } from "./task-ids.ts";

export interface RouterOptions {
  readonly front: Transport;
  /** In the order of the configuration. */
  readonly servers: readonly string[];
  /** Connects a transport, which stands for the caller to a server's guard, to the server. */
  readonly connect: (server: string, transport: Transport) => Promise<unknown>;
  /** Whether to reconnect to a lost server: in a session, not in an exchange. */
  readonly reconnects: boolean;
  readonly memory: RoutingMemory;
  /** The session, or the subject of an exchange, for which `memory` remembers what it learns. */
  readonly owner: string;
  readonly log: RouterLog;
  /** A request was refused that no guard saw. */
  readonly onRefused: (code: string, about: object) => void;
  /** A message of the caller was for no server. */
  readonly onDropped: (message: Message) => void;
}

export class Router {
  readonly #options: RouterOptions;
  readonly #front: Transport;
  readonly #peers: ReadonlyMap<string, Peer>;
  readonly #requests: RoutedRequests;
  readonly #serverRequests = new ServerRequests();
  #isOver = false;

  constructor(options: RouterOptions) {
    const { front, servers } = options;
    this.#options = options;
    this.#front = front;
    this.#requests = new RoutedRequests({
      ...options,
      toServer: (server, message, extra) => this.#toServer(server, message, extra),
      toCaller: (message, sendOptions) => front.send(message, sendOptions),
      onError: (error) => front.onerror?.(error),
    });
    this.#peers = new Map(servers.map((name) => [name, this.#peerFor(name)] as const));
  }

  #peerFor(name: string): Peer {
    const { front, reconnects, log, connect } = this.#options;
    return new Peer({
      name,
      sessionId: front.sessionId,
      reconnects,
      log,
      connect: (transport) => connect(name, transport),
      receive: (message, sendOptions) => this.#fromServer(name, message, sendOptions),
      isAwaited: (id) => this.#requests.isAwaited(id, name),
      onJoined: (capabilities) => this.#announce(capabilities),
      onRefused: (message, refusal) => {
        // Merged answers go on without the server, which the log says.
        if (this.#requests.isForOne(message.id)) this.#refused(message, refusal, name);
      },
      onLost: () => this.#lost(name),
    });
  }

  /** Rejects if no server can be reached at all. */
  async start(): Promise<void> {
    const peers = [...this.#peers.values()];
    const failures = await Promise.all(peers.map((peer) => peer.connect()));
    const nobody = new Error("There is no server.");
    // The first failure says what to do, as with a single server.
    if (peers.every((peer) => peer.isLost)) throw failures[0] ?? nobody;
    this.#front.onmessage = (message, extra) => this.#fromCaller(message, extra);
    this.#front.onclose = () => {
      this.#isOver = true;
      this.#requests.forgetAll();
      for (const peer of peers) peer.close();
    };
    await this.#front.start();
  }

  close(): Promise<void> {
    return this.#front.close();
  }

  #fromCaller(message: unknown, extra: Extra | undefined): void {
    if (Array.isArray(message)) for (const each of message) this.#fromCaller(each, extra);
    if (!isMessage(message)) return;
    if (isRequest(message)) this.#request(message, extra);
    else if (isAnswer(message)) {
      const [server, own = message] = this.#serverRequests.answer(message) ?? [];
      this.#toServer(server, own, extra);
    } else this.#notification(message, extra);
  }

  #request(message: RequestMessage, extra: Extra | undefined): void {
    const { id } = message;
    const { servers, memory, owner } = this.#options;
    const begunOf = (server: string) => this.#peers.get(server)?.begun;
    const context = { servers, begunOf, memory, owner };
    const to = this.#requests.has(id) ? idInUse : destinationOf(message, context);
    const related = { relatedRequestId: id };
    if ("code" in to) {
      this.#refused(message, to);
      this.#toCaller(errorAnswer(id, to), related);
    } else if (to.kind === "here")
      this.#toCaller({ jsonrpc: "2.0", id, result: to.result }, related);
    else this.#requests.ask(message, to, extra);
  }

  #refused(message: RequestMessage, { data, message: text }: Refusal, server?: string): void {
    const { name } = paramsOf(message);
    const { method } = message;
    const named = typeof name === "string" ? { name } : {};
    this.#options.onRefused(data.code, { server, method, ...named, text });
  }

  #notification(message: Message, extra: Extra | undefined): void {
    const { method } = message;
    const { progressToken, taskId } = paramsOf(message);
    if (method === "notifications/cancelled") {
      const id = cancelledBy(message);
      if (id !== undefined) this.#requests.cancel(id, message, extra);
    } else if (method === "notifications/progress")
      this.#toServer(this.#serverRequests.serverOfToken(progressToken), message, extra);
    else if (String(method).startsWith("notifications/tasks"))
      this.#toServer(this.#serverRequests.serverOfTask(taskId), message, extra);
    else for (const server of this.#options.servers) this.#toServer(server, message, extra);
  }

  #toServer(server: string | undefined, message: Message, extra: Extra | undefined): void {
    if (server === undefined) return void this.#options.onDropped(message);
    const own = isAnswer(message)
      ? inAnswer(message, "", toServer(server))
      : inParams(message, toServer(server));
    this.#peers.get(server)?.send(own, extra);
  }

  async #fromServer(server: string, message: Message, sendOptions: SendOptions): Promise<void> {
    if (isAnswer(message)) return this.#requests.answered(server, message, sendOptions);
    const params = paramsOf(message);
    const own = inParams(message, (id) =>
      this.#serverRequests.isTaskFor(server, id) ? id : toCallerOf(server)(id),
    );
    if (isRequest(message)) {
      const isOfTask = message.method.startsWith("tasks/") && params.taskId !== undefined;
      if (!isOfTask || this.#serverRequests.isTaskFor(server, params.taskId))
        return this.#askCaller(server, own as RequestMessage, sendOptions);
      return this.#peers.get(server)?.send(errorAnswer(message.id, unknownTask), undefined);
    }
    if (message.method === "notifications/cancelled") {
      if (!this.#serverRequests.cancel(server, params.requestId)) return;
      return this.#front.send(message, sendOptions);
    }
    const { memory, owner } = this.#options;
    if (message.method === "notifications/resources/updated")
      memory.addUri(owner, server, params.uri);
    await this.#requests.notified(server, own, sendOptions);
  }

  async #askCaller(server: string, message: RequestMessage, options: SendOptions): Promise<void> {
    this.#serverRequests.add(server, message);
    try {
      await this.#front.send(message, options);
    } catch (error) {
      this.#serverRequests.cancel(server, message.id);
      throw error;
    }
  }

  /** Tells the caller that what it knows about a server may be out of date. */
  #announce(capabilities: Message): void {
    for (const kind of ["tools", "prompts", "resources"])
      if (capabilities[kind] !== undefined)
        this.#toCaller({ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` }, {});
  }

  #lost(server: string): void {
    if (this.#isOver) return;
    for (const id of this.#serverRequests.cancelAll(server))
      this.#toCaller(cancellation(id, "The server is gone"), {});
    this.#requests.lost(server);
    if ([...this.#peers.values()].every((peer) => peer.isLost)) void this.#front.close();
  }

  #toCaller(message: Message, sendOptions: SendOptions): void {
    this.#front.send(message, sendOptions).catch((error) => this.#front.onerror?.(error));
  }
}
