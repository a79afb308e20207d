/**
 * Connects one caller to several servers.
 *
 * Each server has its own guard behind the router, which sees names as the server knows them. A
 * request goes to the server that its name, URI or task belongs to. A request that concerns all
 * servers goes to all; their answers are merged, leaving out servers that keep the others waiting.
 */
import {
  cancellationOf,
  cancelledBy,
  type Extra,
  errorAnswer,
  idInUse,
  isAnswer,
  isCancellable,
  isMessage,
  isRequest,
  isRequestId,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
  refusalOf,
  type SendOptions,
  serverGone,
  type Transport,
} from "../transports/index.ts";
import { Acknowledgements, acknowledged } from "./acknowledgements.ts";
import {
  type Destination,
  destinationOf,
  handshakes,
  unknownMethod,
  unknownTask,
} from "./destination.ts";
import { urisIn } from "./linked-uris.ts";
import { lists, mergeHandshakes, mergeLists } from "./merge.ts";
import { type Peer, peerOf, type RouterLog } from "./peer.ts";
import type { RoutingMemory } from "./routing-memory.ts";
import { ServerRequests } from "./server-requests.ts";
import { handshakePatienceMs } from "./slow-servers.ts";
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
}

export interface Router {
  /** Rejects if no server can be reached at all. */
  start(): Promise<void>;
  close(): Promise<void>;
}

type Request = Message & { readonly id: RequestId; readonly method: string };

/** A request of the caller that has no answer yet. */
interface Asked {
  readonly request: Request;
  readonly kind: Destination["kind"];
  /** The servers that still have to answer, each with the timer that limits its wait, if any. */
  readonly waiting: Map<string, NodeJS.Timeout | undefined>;
  /** The servers to ask if those before do not have it. */
  readonly next: (readonly [server: string, message: Message])[];
  readonly answers: Map<string, Message>;
  readonly extra: Extra | undefined;
  /** For `subscriptions/listen`. */
  readonly acknowledgements: Acknowledgements | undefined;
  /** Whether the answer of a server that might have contributed is missing. */
  isPartial: boolean;
  progress: number;
}

const late = refusalOf(-32014, "peer_timeout", "The servers did not answer in time");

export function routerOf(options: RouterOptions): Router {
  const { front, servers, connect, reconnects, memory, owner, log } = options;
  const asked = new Map<string, Asked>();
  const serverRequests = new ServerRequests();
  const peers = new Map(servers.map((name) => [name, peerFor(name)] as const));
  let isOver = false;

  function peerFor(name: string): Peer {
    return peerOf({
      name,
      sessionId: front.sessionId,
      reconnects,
      log,
      connect: (transport) => connect(name, transport),
      receive: (message, sendOptions) => fromServer(name, message, sendOptions),
      isAwaited: (id) => asked.get(keyOf(id))?.waiting.has(name) === true,
      onJoined: (capabilities) => announce(capabilities),
      onLost: () => lost(name),
    });
  }

  function report(error: Error): void {
    front.onerror?.(error);
  }

  /** Tells the caller that what it knows about a server may be out of date. */
  function announce(capabilities: Message): void {
    for (const kind of ["tools", "prompts", "resources"])
      if (capabilities[kind] !== undefined)
        toCaller({ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` }, {});
  }

  function lost(server: string): void {
    if (isOver) return;
    for (const requestId of serverRequests.cancelAll(server)) {
      const params = { requestId, reason: "The server is gone" };
      toCaller({ jsonrpc: "2.0", method: "notifications/cancelled", params }, {});
    }
    for (const { request, waiting } of [...asked.values()]) {
      if (!waiting.has(server)) continue;
      const { id } = request;
      collect(server, { ...errorAnswer(id, serverGone), id }, { relatedRequestId: id }).catch(
        report,
      );
    }
    if ([...peers.values()].every((peer) => peer.isLost)) void front.close();
  }

  function fromCaller(message: unknown, extra: Extra | undefined): void {
    if (Array.isArray(message)) for (const each of message) fromCaller(each, extra);
    if (!isMessage(message)) return;
    if (isRequest(message)) request(message, extra);
    else if (isAnswer(message)) answerOf(message, extra);
    else notification(message, extra);
  }

  function sendTo(server: string, message: Message, extra: Extra | undefined): void {
    const own = isAnswer(message)
      ? inAnswer(message, "", toServer(server))
      : inParams(message, toServer(server));
    peers.get(server)?.send(own, extra);
  }

  function request(message: Request, extra: Extra | undefined): void {
    const { id } = message;
    const begunOf = (server: string) => peers.get(server)?.begun;
    const context = { servers, begunOf, memory, owner };
    const to = asked.has(keyOf(id)) ? idInUse : destinationOf(message, context);
    const related = { relatedRequestId: id };
    if ("code" in to) toCaller(errorAnswer(id, to), related);
    else if (to.kind === "here") toCaller({ jsonrpc: "2.0", id, result: to.result }, related);
    else send(message, to, extra);
  }

  function send(
    message: Request,
    { kind, messages }: Exclude<Destination, { readonly kind: "here" }>,
    extra: Extra | undefined,
  ): void {
    const isLasting = message.method === "subscriptions/listen";
    const names = messages.map(([server]) => server);
    const entry: Asked = {
      request: message,
      kind,
      waiting: new Map(),
      answers: new Map(),
      next: kind === "search" ? [...messages] : [],
      extra,
      isPartial: false,
      progress: Number.NEGATIVE_INFINITY,
      acknowledgements: isLasting ? new Acknowledgements(names, toCaller) : undefined,
    };
    asked.set(keyOf(message.id), entry);
    if (kind === "search") {
      askNext(entry);
      return;
    }
    for (const name of names)
      entry.waiting.set(name, kind === "all" ? timer(entry, name) : undefined);
    for (const [server, own] of messages) sendTo(server, own, extra);
  }

  /** Asks the next server that may have it. Returns false if there is none. */
  function askNext(entry: Asked): boolean {
    const [server, message] = entry.next.shift() ?? [];
    if (server === undefined || message === undefined) return false;
    entry.waiting.set(server, entry.next.length > 0 ? timer(entry, server) : undefined);
    sendTo(server, message, entry.extra);
    return true;
  }

  function timer(entry: Asked, server: string): NodeJS.Timeout {
    const ms = isHandshake(entry) ? handshakePatienceMs : memory.slow.patienceMs(owner, server);
    return setTimeout(() => outOfPatience(entry, server, ms), ms).unref();
  }

  function outOfPatience(entry: Asked, server: string, ms: number): void {
    const { kind, acknowledgements, waiting, answers } = entry;
    if (acknowledgements?.isMissing(server) === false) return;
    // There is nothing to begin with yet: all servers may only be starting.
    if (isHandshake(entry) && ![...answers.values()].some(({ result }) => isMessage(result))) {
      waiting.set(server, undefined);
      return;
    }
    wasSlow(entry, server, ms);
    // The slow server's answer still counts, unless another one has it.
    if (kind === "search") {
      askNext(entry);
      return;
    }
    if (acknowledgements !== undefined) {
      acknowledgements.without(server);
      return;
    }
    leaveOut(entry, server);
    complete(entry).catch(report);
  }

  function wasSlow({ request }: Asked, server: string, ms: number): void {
    memory.slow.wasSlow(owner, server, ms);
    log.warn("server_left_out", { server, method: request.method, code: late.data.code });
  }

  function leaveOut(entry: Asked, server: string): void {
    entry.waiting.delete(server);
    entry.isPartial = true;
    entry.answers.set(server, errorAnswer(entry.request.id, late));
    cancel(server, entry, "timeout");
  }

  /** Once a server has begun, leaves out those that have been waited for long enough. */
  function leaveOutOverdue(entry: Asked): void {
    for (const [server, timer] of [...entry.waiting]) {
      if (timer !== undefined) continue;
      wasSlow(entry, server, handshakePatienceMs);
      leaveOut(entry, server);
    }
  }

  function cancel(server: string, { request, extra }: Asked, reason: string): void {
    const message = cancellationOf(request, reason);
    if (message !== undefined) sendTo(server, message, extra);
  }

  function notification(message: Message, extra: Extra | undefined): void {
    const params = paramsOf(message);
    const { method } = message;
    if (method === "notifications/cancelled") cancelled(message, extra);
    else if (method === "notifications/progress") {
      const [server, own] = serverRequests.progress(message) ?? [];
      if (server !== undefined && own !== undefined) sendTo(server, own, extra);
    } else if (String(method).startsWith("notifications/tasks")) {
      const server = serverRequests.serverOfTask(params.taskId);
      if (server !== undefined) sendTo(server, message, extra);
    } else for (const server of servers) sendTo(server, message, extra);
  }

  function cancelled(message: Message, extra: Extra | undefined): void {
    const id = cancelledBy(message);
    const entry = id === undefined ? undefined : asked.get(keyOf(id));
    if (entry === undefined) return;
    const wanted = [...entry.waiting.keys()];
    if (isCancellable(entry.request.method)) forget(entry);
    for (const server of wanted) sendTo(server, message, extra);
  }

  function forget(entry: Asked): void {
    asked.delete(keyOf(entry.request.id));
    for (const each of entry.waiting.values()) clearTimeout(each);
    entry.waiting.clear();
  }

  /** Passes on the caller's answer to a server's request. */
  function answerOf(message: Message & { id: RequestId }, extra: Extra | undefined): void {
    const [server, own] = serverRequests.answer(message) ?? [];
    if (server !== undefined && own !== undefined) sendTo(server, own, extra);
  }

  async function fromServer(
    server: string,
    message: Message,
    sendOptions: SendOptions,
  ): Promise<void> {
    if (isAnswer(message)) return collect(server, message, sendOptions);
    const params = paramsOf(message);
    const own = inParams(message, (id) =>
      serverRequests.isTaskFor(server, id) ? id : toCallerOf(server)(id),
    );
    if (isRequest(message)) {
      const isOfTask = message.method.startsWith("tasks/") && params.taskId !== undefined;
      if (!isOfTask || serverRequests.isTaskFor(server, params.taskId))
        return askCaller(server, own as Request, sendOptions);
      return peers.get(server)?.send(errorAnswer(message.id, unknownTask), undefined);
    }
    if (message.method === "notifications/cancelled") {
      const requestId = serverRequests.cancel(server, params.requestId);
      if (requestId === undefined) return;
      return front.send({ ...message, params: { ...params, requestId } }, sendOptions);
    }
    if (message.method === "notifications/resources/updated")
      memory.addUri(owner, server, params.uri);
    const { relatedRequestId } = sendOptions;
    const entry = entryOf(message, relatedRequestId);
    if (entry?.acknowledgements !== undefined)
      return entry.acknowledgements.take(server, own, sendOptions);
    if (message.method === "notifications/progress" && entry?.kind === "all") {
      // Each server counts progress for itself, but the caller must only see it grow.
      if (!(Number(params.progress) > entry.progress)) return;
      entry.progress = Number(params.progress);
    }
    await front.send(own, sendOptions);
  }

  async function askCaller(server: string, message: Request, options: SendOptions): Promise<void> {
    try {
      await front.send(serverRequests.add(server, message), options);
    } catch (error) {
      serverRequests.cancel(server, message.id);
      throw error;
    }
  }

  /** Returns the subscription or request that a notification belongs to. */
  function entryOf(message: Message, related: RequestId | undefined): Asked | undefined {
    const named = metaOf(message)["io.modelcontextprotocol/subscriptionId"];
    const isNamed = isRequestId(named);
    const id = isNamed ? named : related;
    const entry = id === undefined ? undefined : asked.get(keyOf(id));
    // Over stdio, a notification that names no request was only assigned to one by a guess.
    const isGuess = !isNamed && message.method !== acknowledged;
    return entry?.acknowledgements !== undefined && isGuess ? undefined : entry;
  }

  async function collect(
    server: string,
    message: Message & { id: RequestId },
    sendOptions: SendOptions,
  ): Promise<void> {
    const entry = asked.get(keyOf(message.id));
    if (entry === undefined || !entry.waiting.has(server)) return;
    clearTimeout(entry.waiting.get(server));
    entry.waiting.delete(server);
    const { result } = message;
    if (isMessage(result)) memory.slow.answered(owner, server);
    if (entry.kind === "one") return finish(entry, server, message, sendOptions);
    if (entry.kind === "search") {
      if (isMessage(result)) {
        memory.addUri(owner, server, paramsOf(entry.request).uri);
        return finish(entry, server, message, sendOptions);
      }
      entry.answers.set(server, message);
      if (askNext(entry) || entry.waiting.size > 0) return;
      const [from, error = message] = bestError(entry) ?? [];
      return finish(entry, from ?? server, error, sendOptions);
    }
    entry.answers.set(server, message);
    const { acknowledgements, request } = entry;
    acknowledgements?.without(server);
    // The caller would not notice the missing part of its subscription, so end all of it.
    if (acknowledgements?.hasGrantOf(server) === true)
      return finish(entry, server, message, sendOptions);
    if (isHandshake(entry) && isMessage(result)) leaveOutOverdue(entry);
    const { code } = isMessage(message.error) ? message.error : {};
    if (!isMessage(result) && code !== unknownMethod.code) {
      entry.isPartial = true;
      const isResource =
        request.method.startsWith("resources/") && !Object.hasOwn(lists, request.method);
      if (!isResource) log.warn("server_left_out", { server, method: request.method, code });
    }
    await complete(entry);
  }

  /** Answers the caller with one server's answer, and cancels the request at the others. */
  async function finish(
    entry: Asked,
    server: string,
    message: Message,
    sendOptions: SendOptions,
  ): Promise<void> {
    const { method } = entry.request;
    const others = [...entry.waiting.keys()];
    forget(entry);
    for (const other of others) cancel(other, entry, "another server answered");
    if (isMessage(message.result))
      for (const uri of urisIn(message.result)) memory.addUri(owner, server, uri);
    await front.send(inAnswer(message, method, toCallerOf(server)), sendOptions);
  }

  async function complete(entry: Asked): Promise<void> {
    if (entry.waiting.size > 0) return;
    forget(entry);
    const { id } = entry.request;
    const result = merged(entry);
    const answer = result === undefined ? errorOfAll(entry) : { jsonrpc: "2.0", id, result };
    await front.send(answer, { relatedRequestId: id });
  }

  function errorOfAll(entry: Asked): Message {
    const { id, method } = entry.request;
    const [server, error] = bestError(entry) ?? [];
    if (server === undefined || error === undefined) return errorAnswer(id, unknownMethod);
    return inAnswer(error, method, toCallerOf(server));
  }

  function merged(entry: Asked): Message | undefined {
    const { request, answers, isPartial } = entry;
    const { method } = request;
    const parts = servers.flatMap((server) => {
      const result = answers.get(server)?.result;
      return isMessage(result) ? [{ server, result }] : [];
    });
    const [first] = parts;
    if (first === undefined) return undefined;
    const context = { memory, owner, isPartial };
    if (isHandshake(entry)) return mergeHandshakes(method, parts, context);
    return Object.hasOwn(lists, method) ? mergeLists(method, parts, context) : first.result;
  }

  function toCaller(message: Message, sendOptions: SendOptions): void {
    front.send(message, sendOptions).catch(report);
  }

  /** Returns the first error that says more than that a server does not have it. */
  function bestError({ answers }: Asked): readonly [string, Message] | undefined {
    const all = servers.flatMap((server) => {
      const answer = answers.get(server);
      return answer === undefined || answer.error === undefined ? [] : [[server, answer] as const];
    });
    return (
      all.find(([, { error }]) => !says(error, notHere)) ??
      all.find(([, { error }]) => !says(error, [unknownMethod.code])) ??
      all[0]
    );
  }

  return {
    async start() {
      const failures = await Promise.all([...peers.values()].map((peer) => peer.connect()));
      const nobody = new Error("There is no server.");
      // The first failure says what to do, as with a single server.
      if ([...peers.values()].every((peer) => peer.isLost)) throw failures[0] ?? nobody;
      front.onmessage = fromCaller;
      front.onclose = () => {
        isOver = true;
        for (const entry of [...asked.values()]) forget(entry);
        for (const peer of peers.values()) peer.close();
      };
      await front.start();
    },
    close: () => front.close(),
  };
}

function isHandshake({ request }: Asked): boolean {
  return handshakes.includes(request.method);
}

/** Codes for a missing method or resource. MCP 2025-11-25 and 2026-07-28. */
const notHere: readonly unknown[] = [unknownMethod.code, -32002, -32602];

function says(error: unknown, codes: readonly unknown[]): boolean {
  return isMessage(error) && codes.includes(error.code);
}
