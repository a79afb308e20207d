/**
 * The caller's requests that have no answer yet, and the servers that each still waits for. A
 * request that concerns all servers gets one answer, which leaves out servers that keep the others
 * waiting.
 */
import {
  type AnswerMessage,
  cancellationOf,
  type Extra,
  errorAnswer,
  invalidAnswer,
  isCancellable,
  isLasting,
  isMessage,
  isRequestId,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
  type RequestMessage,
  refusalOf,
  refusedHere,
  type SendOptions,
  serverGone,
  subscriptionKey,
} from "../transports/index.ts";
import { Acknowledgements, acknowledged } from "./acknowledgements.ts";
import { type Destination, handshakes, unknownMethod } from "./destination.ts";
import { urisIn } from "./linked-uris.ts";
import { isMergeable, lists, mergeHandshakes, mergeLists } from "./merge.ts";
import type { RouterLog } from "./peer.ts";
import type { RoutingMemory } from "./routing-memory.ts";
import { handshakePatienceMs } from "./slow-servers.ts";
import { inAnswer, toCallerOf } from "./task-ids.ts";

export interface RoutedRequestsOptions {
  /** In the order of the configuration. */
  readonly servers: readonly string[];
  readonly memory: RoutingMemory;
  readonly owner: string;
  readonly log: RouterLog;
  readonly toServer: (server: string, message: Message, extra: Extra | undefined) => void;
  readonly toCaller: (message: Message, options: SendOptions) => Promise<void>;
  /** The caller could not be reached. */
  readonly onError: (error: Error) => void;
}

interface Asked {
  readonly request: RequestMessage;
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

interface ServerAnswer {
  readonly server: string;
  readonly message: Message;
  readonly options: SendOptions;
}

const late = refusalOf(-32014, "peer_timeout", "The servers did not answer in time");

export class RoutedRequests {
  readonly #options: RoutedRequestsOptions;
  readonly #asked = new Map<string, Asked>();

  constructor(options: RoutedRequestsOptions) {
    this.#options = options;
  }

  #of(id: RequestId): Asked | undefined {
    return this.#asked.get(keyOf(id));
  }

  has(id: RequestId): boolean {
    return this.#of(id) !== undefined;
  }

  /** Whether the caller gets the answer of a certain server. */
  isForOne(id: RequestId): boolean {
    return this.#of(id)?.kind === "one";
  }

  /** Whether the caller is waiting for the server's answer to this request. */
  isAwaited(id: RequestId, server: string): boolean {
    return this.#of(id)?.waiting.has(server) === true;
  }

  ask(
    request: RequestMessage,
    { kind, messages }: Exclude<Destination, { readonly kind: "here" }>,
    extra: Extra | undefined,
  ): void {
    const names = messages.map(([server]) => server);
    const send = (message: Message, options: SendOptions) => {
      this.#options.toCaller(message, options).catch(this.#options.onError);
    };
    const entry: Asked = {
      request,
      kind,
      waiting: new Map(),
      answers: new Map(),
      next: kind === "search" ? [...messages] : [],
      extra,
      isPartial: false,
      progress: Number.NEGATIVE_INFINITY,
      acknowledgements: isLasting(request.method) ? new Acknowledgements(names, send) : undefined,
    };
    this.#asked.set(keyOf(request.id), entry);
    if (kind === "search") {
      this.#askNext(entry);
      return;
    }
    for (const name of names)
      entry.waiting.set(name, kind === "all" ? this.#timer(entry, name) : undefined);
    for (const [server, own] of messages) this.#options.toServer(server, own, extra);
  }

  /** Asks the next server that may have it. Returns false if there is none. */
  #askNext(entry: Asked): boolean {
    const [server, message] = entry.next.shift() ?? [];
    if (server === undefined || message === undefined) return false;
    entry.waiting.set(server, entry.next.length > 0 ? this.#timer(entry, server) : undefined);
    this.#options.toServer(server, message, entry.extra);
    return true;
  }

  #timer(entry: Asked, server: string): NodeJS.Timeout {
    const { memory, owner } = this.#options;
    const ms = isHandshake(entry) ? handshakePatienceMs : memory.slow.patienceMs(owner, server);
    return setTimeout(() => this.#outOfPatience(entry, server, ms), ms).unref();
  }

  #outOfPatience(entry: Asked, server: string, ms: number): void {
    const { kind, acknowledgements, waiting, answers } = entry;
    if (acknowledgements?.isMissing(server) === false) return;
    // There is nothing to begin with yet: all servers may only be starting.
    if (isHandshake(entry) && ![...answers.values()].some(({ result }) => isMessage(result))) {
      waiting.set(server, undefined);
      return;
    }
    this.#wasSlow(entry, server, ms);
    // The slow server's answer still counts, unless another one has it.
    if (kind === "search") {
      this.#askNext(entry);
      return;
    }
    if (acknowledgements !== undefined) {
      acknowledgements.without(server);
      return;
    }
    this.#leaveOut(entry, server);
    this.#complete(entry).catch(this.#options.onError);
  }

  #wasSlow({ request }: Asked, server: string, ms: number): void {
    const { memory, owner, log } = this.#options;
    memory.slow.wasSlow(owner, server, ms);
    log.warn("server_left_out", { server, method: request.method, code: late.data.code });
  }

  #leaveOut(entry: Asked, server: string): void {
    entry.waiting.delete(server);
    entry.isPartial = true;
    entry.answers.set(server, errorAnswer(entry.request.id, late));
    this.#cancelAt(server, entry, "timeout");
  }

  /** Once a server has begun, leaves out those that have been waited for long enough. */
  #leaveOutOverdue(entry: Asked): void {
    for (const [server, timer] of [...entry.waiting]) {
      if (timer !== undefined) continue;
      this.#wasSlow(entry, server, handshakePatienceMs);
      this.#leaveOut(entry, server);
    }
  }

  #cancelAt(server: string, { request, extra }: Asked, reason: string): void {
    const message = cancellationOf(request, reason);
    if (message !== undefined) this.#options.toServer(server, message, extra);
  }

  /** The caller cancels a request. */
  cancel(id: RequestId, message: Message, extra: Extra | undefined): void {
    const entry = this.#of(id);
    if (entry === undefined) return;
    const wanted = [...entry.waiting.keys()];
    if (isCancellable(entry.request.method)) this.#forget(entry);
    for (const server of wanted) this.#options.toServer(server, message, extra);
  }

  #forget(entry: Asked): void {
    this.#asked.delete(keyOf(entry.request.id));
    for (const each of entry.waiting.values()) clearTimeout(each);
    entry.waiting.clear();
  }

  forgetAll(): void {
    for (const entry of [...this.#asked.values()]) this.#forget(entry);
  }

  /** Passes on a server's notification. If several servers were asked, it may have to wait. */
  async notified(server: string, message: Message, options: SendOptions): Promise<void> {
    const entry = this.#entryOf(message, options.relatedRequestId);
    if (entry?.acknowledgements !== undefined)
      return entry.acknowledgements.take(server, message, options);
    if (message.method === "notifications/progress" && entry?.kind === "all") {
      // Each server counts progress for itself, but the caller must only see it grow.
      const progress = Number(paramsOf(message).progress);
      if (!(progress > entry.progress)) return;
      entry.progress = progress;
    }
    await this.#options.toCaller(message, options);
  }

  /** Returns the subscription or request that a notification belongs to. */
  #entryOf(message: Message, related: RequestId | undefined): Asked | undefined {
    const named = metaOf(message)[subscriptionKey];
    const isNamed = isRequestId(named);
    const id = isNamed ? named : related;
    const entry = id === undefined ? undefined : this.#of(id);
    // Over stdio, a notification that names no request was only assigned to one by a guess.
    const isGuess = !isNamed && message.method !== acknowledged;
    return entry?.acknowledgements !== undefined && isGuess ? undefined : entry;
  }

  /** The server will not answer. */
  lost(server: string): void {
    for (const { request, waiting } of [...this.#asked.values()]) {
      if (!waiting.has(server)) continue;
      this.answered(server, ...refusedHere(request.id, serverGone)).catch(this.#options.onError);
    }
  }

  /** Takes a server's answer. */
  async answered(server: string, message: AnswerMessage, options: SendOptions): Promise<void> {
    const entry = this.#of(message.id);
    if (entry === undefined || !entry.waiting.has(server)) return;
    clearTimeout(entry.waiting.get(server));
    entry.waiting.delete(server);
    const { memory, owner } = this.#options;
    if (isMessage(message.result)) memory.slow.answered(owner, server);
    else if (entry.kind !== "one" && options.refusal?.code === late.data.code)
      memory.slow.timedOut(owner, server);
    const answer = { server, message, options };
    if (entry.kind === "one") await this.#finish(entry, answer);
    else if (entry.kind === "search") await this.#searched(entry, answer);
    else await this.#collect(entry, answer);
  }

  /** Takes the answer of a server that may have what is searched for. */
  async #searched(entry: Asked, answer: ServerAnswer): Promise<void> {
    const { server, message, options } = answer;
    if (isMessage(message.result)) {
      const { memory, owner } = this.#options;
      memory.addUri(owner, server, paramsOf(entry.request).uri);
      return this.#finish(entry, answer);
    }
    entry.answers.set(server, message);
    if (this.#askNext(entry) || entry.waiting.size > 0) return;
    const [from = server, error = message] = this.#bestError(entry) ?? [];
    await this.#finish(entry, { server: from, message: error, options });
  }

  /** Takes one of the answers that are merged. */
  async #collect(entry: Asked, answer: ServerAnswer): Promise<void> {
    const { acknowledgements, request, answers } = entry;
    const { server } = answer;
    const { id, method } = request;
    const given = answer.message.result;
    const isWrong = isMessage(given) && !isMergeable(request, given);
    const message = isWrong ? errorAnswer(id, invalidAnswer) : answer.message;
    const { result, error } = message;
    answers.set(server, message);
    acknowledgements?.without(server);
    // The caller would not notice the missing part of its subscription, so end all of it.
    if (acknowledgements?.hasGrantOf(server) === true) return this.#finish(entry, answer);
    if (isHandshake(entry) && isMessage(result)) this.#leaveOutOverdue(entry);
    const made = isWrong ? invalidAnswer.data : answer.options.refusal;
    const { code } = made ?? (isMessage(error) ? error : {});
    if (!isMessage(result) && code !== unknownMethod.code) {
      entry.isPartial = true;
      const isResource = method.startsWith("resources/") && !Object.hasOwn(lists, method);
      if (!isResource) this.#options.log.warn("server_left_out", { server, method, code });
    }
    await this.#complete(entry);
  }

  /** Answers the caller with one server's answer, and cancels the request at the others. */
  async #finish(entry: Asked, { server, message, options }: ServerAnswer): Promise<void> {
    const { memory, owner, toCaller } = this.#options;
    const others = [...entry.waiting.keys()];
    this.#forget(entry);
    for (const other of others) this.#cancelAt(other, entry, "another server answered");
    if (isMessage(message.result))
      for (const uri of urisIn(message.result)) memory.addUri(owner, server, uri);
    await toCaller(inAnswer(message, entry.request.method, toCallerOf(server)), options);
  }

  /** Answers the caller once no server is waited for. */
  async #complete(entry: Asked): Promise<void> {
    if (entry.waiting.size > 0) return;
    this.#forget(entry);
    const { id } = entry.request;
    const result = this.#merged(entry);
    const answer = result === undefined ? this.#errorOfAll(entry) : { jsonrpc: "2.0", id, result };
    await this.#options.toCaller(answer, { relatedRequestId: id });
  }

  #merged(entry: Asked): Message | undefined {
    const { servers, memory, owner } = this.#options;
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

  #errorOfAll(entry: Asked): Message {
    const { id, method } = entry.request;
    const [server, error] = this.#bestError(entry) ?? [];
    if (server === undefined || error === undefined) return errorAnswer(id, unknownMethod);
    return inAnswer(error, method, toCallerOf(server));
  }

  /** Returns the first error that says more than that a server does not have it. */
  #bestError({ answers }: Asked): readonly [string, Message] | undefined {
    const all = this.#options.servers.flatMap((server) => {
      const answer = answers.get(server);
      return answer === undefined || answer.error === undefined ? [] : [[server, answer] as const];
    });
    return (
      all.find(([, { error }]) => !says(error, notHere)) ??
      all.find(([, { error }]) => !says(error, [unknownMethod.code])) ??
      all[0]
    );
  }
}

function isHandshake({ request }: Asked): boolean {
  return handshakes.includes(request.method);
}

/** Codes for a missing method or resource. MCP 2025-11-25 and 2026-07-28. */
const notHere: readonly unknown[] = [unknownMethod.code, -32002, -32602];

function says(error: unknown, codes: readonly unknown[]): boolean {
  return isMessage(error) && codes.includes(error.code);
}
