/**
 * One HTTP exchange of MCP that a proxy in front holds: the caller's message goes to the server in
 * the same exchange, and the server's answer comes back in it.
 *
 * The gateway has no connection of its own, so sessions, event ids and statuses stay the server's.
 * The server's events are judged one by one, and each is passed on, with its id and retry, as soon
 * as it has been judged.
 */
import { ignore, putNewest } from "../../core/data/index.ts";
import { mediaTypeOf } from "../../providers/http/media-type.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { cancelledIn, messagesIn, requestsIn } from "./caller-messages.ts";
import { Deadline, tooLate } from "./deadline.ts";
import { type EventStream, eventHeaders, eventStream } from "./event-stream.ts";
import { readEvents } from "./events.ts";
import { statusOf } from "./exchange-front.ts";
import { type Forward, headersNamed, isEncoded, statusWithBody } from "./forward.ts";
import { documentIn } from "./json-lines.ts";
import { OpenQuestions } from "./open-questions.ts";
import { streamOf } from "./read-body.ts";
import { progressIn, type SessionExchanges } from "./session-exchanges.ts";
import { inSlices } from "./slices.ts";
import {
  type AnswerMessage,
  answerTo,
  awaitsTask,
  errorAnswer,
  invalidAnswer,
  isAnswer,
  isLasting,
  isMessage,
  isRequest,
  keyOf,
  late,
  type Message,
  metaOf,
  type Refusal,
  RefusalError,
  type RequestId,
  type RequestMessage,
  refusalOf,
  refusedByServer,
  refusedHere,
  type SendOptions,
  serverGone,
  type Transport,
  tooLarge,
  unreachable,
  writingFault,
} from "./transport.ts";

/** Answers to the server's requests that plugins refused, by the keys of their ids. */
export type RefusedAsks = Map<string, Message>;

export interface PassThroughOptions {
  readonly request: Request;
  /** The parsed body: a message, or a batch if the session takes batches. Absent without a body. */
  readonly body: unknown;
  readonly authInfo: unknown;
  readonly isModern: boolean;
  readonly forward: Forward;
  /** The server's path and query. */
  readonly path: string;
  /** Returns all headers for the server except those of plugins and of the trace. */
  readonly headersFor: (message: unknown) => Readonly<Record<string, string>>;
  /** Removes the secrets in those headers from an error, which may quote them. */
  readonly hide?: ((text: string) => string) | undefined;
  readonly maxBytes: number;
  /** For what this server sends, in all exchanges. */
  readonly budget: ByteBudget;
  readonly timeoutMs: number;
  /** The session's refused requests; absent for an exchange without a session. */
  readonly refusedAsks: RefusedAsks | undefined;
  /** The session's exchanges with requests; absent for an exchange without a session. */
  readonly session: SessionExchanges | undefined;
  /** The server named a new session. The caller learns its id once this has resolved. */
  readonly onSession: (id: string) => Promise<void>;
  /** The server says that the session is over. */
  readonly onSessionOver: () => void;
  readonly onUndelivered: (message: Message) => void;
}

const unknownAnswer = refusalOf(
  -32014,
  "answer_unknown",
  "The answer does not belong to a known request",
);
const sessionUnknown = refusalOf(-32001, "session_unknown", "Session not found");

/** A bound, since a caller may never answer the pings. */
const maxRefusedAsks = 1000;
/** Headers of the server's response that the caller needs, besides the content type. */
const returned = ["allow", "mcp-session-id", "retry-after"];

interface Sent {
  readonly message: Message;
  readonly status: number | undefined;
}

export class PassThrough {
  readonly front: Transport = {
    start: async () => {},
    send: async (message, { status } = {}) => this.#toCaller(message, status),
    close: async () => {
      this.sessionOver();
      this.#end();
    },
    endsRequests: true,
  };
  readonly back: Transport = {
    takesHeaders: true,
    start: async () => {},
    send: async (message, sendOptions = {}) => this.#toServer(message, sendOptions),
    close: async () => {},
  };
  readonly #options: PassThroughOptions;
  readonly #asked: readonly Message[];
  readonly requests: readonly RequestMessage[];
  /** The caller's request, if that is its only message. */
  readonly #only: RequestMessage | undefined;
  readonly tokens: ReadonlySet<unknown>;
  /** The caller's requests that have no answer yet. */
  readonly #open: Map<string, RequestId>;
  /** The keys of those that another exchange of the session may still answer. */
  readonly #awaited: Set<string>;
  /** The messages that plugins let pass to the server. */
  readonly #outgoing: Message[] = [];
  /** What the guard said about the first of them. A batch is sent as one request. */
  #sendOptions: SendOptions | undefined;
  /** The messages for the caller, until there is a stream for them. */
  readonly #incoming: Sent[] = [];
  readonly #deadline = new Deadline();
  readonly #questions: OpenQuestions<object>;
  readonly #begunAt = performance.now();
  readonly #isBeginning: boolean;
  readonly #hasDeadline: boolean;
  /** Whether the session that the server named has begun. */
  #hasBegun = false;
  #onAnswered: (last?: Message) => void = () => {};
  /** The last answer as plugins left it; undefined if the exchange ends without one. */
  readonly #answered = new Promise<Message | undefined>((resolve) => {
    this.#onAnswered = resolve;
  });
  #stream: EventStream | undefined;
  /** Whether the caller knows an event, so that it can ask for the rest in another exchange. */
  #canResume = false;
  #onNoneAwaited: () => void = () => {};
  readonly #noneAwaited = new Promise<void>((resolve) => {
    this.#onNoneAwaited = resolve;
  });
  #hasForwarded = false;
  #isOver = false;
  #settled: () => Promise<void> = async () => {};
  readonly #afterMessage = inSlices();

  constructor(options: PassThroughOptions) {
    const { body } = options;
    this.#options = options;
    this.#asked = messagesIn(body).filter(isMessage);
    this.requests = requestsIn(body);
    this.#only = this.#asked.length === 1 ? this.requests[0] : undefined;
    this.#open = new Map(this.requests.map(({ id }) => [keyOf(id), id]));
    const tokens = this.requests.map((each) => metaOf(each).progressToken);
    this.tokens = new Set(tokens.filter((each) => each !== undefined));
    this.#questions = options.session?.questions ?? new OpenQuestions();
    this.#isBeginning = this.#only?.method === "initialize";
    this.#hasDeadline = !this.requests.some(({ method }) => isLasting(method));
    const isBounded = options.session !== undefined && this.#hasDeadline;
    this.#awaited = new Set(isBounded ? this.#open.keys() : []);
  }

  /**
   * Passes the body on and resolves to the HTTP response. Call after both transports have started.
   * `whenSettled` resolves when no message is on its way between them.
   */
  async answer(whenSettled: () => Promise<void>): Promise<Response> {
    const { request, body } = this.#options;
    this.#settled = whenSettled;
    request.signal.addEventListener("abort", this.#end, { once: true });
    try {
      if (request.signal.aborted) throw new Error("The caller is gone.");
      this.#passToGuard();
      await this.#settled();
      this.#hasForwarded = true;
      // The gateway may have answered a request that plugins were still judging.
      const isAnswered = this.#only !== undefined && this.#open.size === 0;
      const isNothingLeft = body !== undefined && this.#outgoing.length === 0;
      const response =
        isAnswered || isNothingLeft ? this.#withoutServer() : await this.#throughServer();
      if (this.#stream === undefined) this.#end();
      return response;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Passes the caller's messages to the guard. */
  #passToGuard(): void {
    const { body, refusedAsks, authInfo, request, session } = this.#options;
    if (body === undefined) return;
    for (const key of cancelledIn(body)) session?.stopAwaiting(key);
    for (const message of this.#asked) if (isAnswer(message)) session?.answered(message.id);
    const kept = this.#asked.filter((message) => {
      if (!isAnswer(message)) return true;
      const refused = refusedAsks?.get(keyOf(message.id));
      if (refused === undefined) return true;
      refusedAsks?.delete(keyOf(message.id));
      this.#outgoing.push(refused);
      return false;
    });
    if (kept.length > 0)
      this.front.onmessage?.(Array.isArray(body) ? kept : kept[0], { authInfo, request });
  }

  /** Takes a message from the guard for the server. */
  #toServer(message: Message, sendOptions: SendOptions): void {
    if (!this.#hasForwarded) {
      this.#outgoing.push(message);
      this.#sendOptions ??= sendOptions;
    } else if (isAnswer(message)) this.#refuseAsk(message);
    // An abandoned request is cancelled by the end of its stream, or not at all.
    else if (message.method !== "notifications/cancelled") this.#options.onUndelivered(message);
  }

  /** Responds if nothing is to be sent: it was refused, or is a message that gets no answer. */
  #withoutServer(): Response {
    return this.#incoming.length === 0 ? new Response(null, { status: 202 }) : this.#inJson(200);
  }

  async #throughServer(): Promise<Response> {
    if (this.requests.length > 0 && this.#hasDeadline)
      this.#deadline.start(
        this.#options.timeoutMs,
        () => this.#mayTakeLonger,
        () => this.#options.session?.restartedAt ?? Number.NEGATIVE_INFINITY,
      );
    // The gateway may answer first, or end the exchange.
    const answered = await Promise.race([
      this.#deadline.unlessLate(this.#send()),
      this.#answered.then(() => undefined),
    ]);
    if (answered === tooLate) return this.#fail(late);
    if (answered !== undefined) return this.#relay(answered);
    if (this.#incoming.length === 0) throw new RefusalError(serverGone);
    return this.#inJson(undefined);
  }

  #send(): Promise<Response> {
    const { body, path, forward, headersFor } = this.#options;
    const message = Array.isArray(body) ? this.#outgoing : this.#outgoing[0];
    const { withHeaders, trace } = this.#sendOptions ?? {};
    const own = { ...headersFor(message), ...trace };
    const headers = withHeaders === undefined ? own : Object.fromEntries(withHeaders(own));
    const text = message === undefined ? null : JSON.stringify(message);
    return forward({ path, headers, body: text });
  }

  async #relay(answered: Response): Promise<Response> {
    const { headers, ok } = answered;
    const type = mediaTypeOf(headers.get("content-type"));
    if (isEncoded(headers.get("content-encoding"))) return this.#fail(invalidAnswer);
    if (type === "text/event-stream" && ok) return this.#relayEvents(answered);
    const { maxBytes, budget } = this.#options;
    const reading = budget.read(streamOf(answered), headers.get("content-length"), maxBytes);
    try {
      const read = await this.#deadline.unlessLate(reading);
      if (read === tooLate) return this.#fail(late);
      if (read.bytes === undefined) return this.#fail(tooLarge);
      const { hide = String } = ok ? {} : this.#options;
      return await this.#relayText(answered, hide(read.bytes.toString("utf8")));
    } finally {
      void ignore(reading.then(({ reserved }) => reserved.release()));
    }
  }

  async #relayText(answered: Response, text: string): Promise<Response> {
    const { status, headers, ok } = answered;
    const isJson = mediaTypeOf(headers.get("content-type")) === "application/json";
    const messages = messagesIn(isJson ? documentIn(text) : undefined).filter(isMessage);
    for (const each of messages) await this.#pass(each, status);
    if (this.#incoming.length > 0 && this.#open.size === 0) {
      if (this.#isBeginning) await this.#begin(answered);
      return this.#inJson(status, headers);
    }
    if (status === 404 && this.#options.refusedAsks !== undefined) {
      this.#options.onSessionOver();
      return this.#refusedWith(404, sessionUnknown);
    }
    if (this.requests.length > 0) return this.#fail(ok ? invalidAnswer : refusedByServer);
    if (messages.length > 0 && this.#incoming.length > 0) return this.#inJson(status, headers);
    if (ok && text === "")
      return new Response(null, { status, headers: this.#returnedIn(headers) });
    return this.#refusedWith(ok ? 502 : status, ok ? invalidAnswer : refusedByServer, headers);
  }

  /** Begins the session once `initialize` has been answered, unless with an error. */
  async #begin({ ok, headers }: Response): Promise<void> {
    const session = headers.get("mcp-session-id");
    const answer = await this.#answered;
    if (!ok || session === null || answer?.result === undefined) return;
    await this.#options.onSession(session);
    this.#hasBegun = true;
  }

  /** Passes a message of the server to the guard, and waits until the guard is done with it. */
  async #pass(given: Message, status: number): Promise<void> {
    const message = this.#only === undefined ? given : answerTo(this.#only.id, given);
    // Another request's answer belongs in its own exchange, or in a stream without a request.
    const isOwn = !isAnswer(message) || this.#open.has(keyOf(message.id));
    if (this.#options.body !== undefined && !isOwn) return this.#options.onUndelivered(message);
    // The other requests of a batch have all of their time again.
    if (isAnswer(message)) this.#deadline.restart();
    else this.#noteProgress(message);
    const fault = writingFault(message);
    if (fault !== undefined) {
      this.back.onerror?.(new Error(fault.message));
      this.#refuse(message, fault);
    } else {
      const more = isAnswer(message) ? { status } : {};
      this.back.onmessage?.(message, { relatedRequestId: this.#only?.id, ...more });
    }
    await this.#settled();
    await this.#afterMessage();
  }

  /** Refuses a message that could not be written for the caller. */
  #refuse(message: Message, fault: Refusal): void {
    if (isAnswer(message)) this.back.onmessage?.(...refusedHere(message.id, invalidAnswer));
    else if (isRequest(message)) this.#refuseAsk(errorAnswer(message.id, fault));
    else this.#options.onUndelivered(message);
  }

  /**
   * Handles a server's request to the caller that a plugin refused. Only the caller's answer can
   * tell the server that. So the caller gets a ping with the same id, which every client answers,
   * and the answer is replaced with the refusal.
   */
  #refuseAsk(answer: AnswerMessage): void {
    const { refusedAsks, onUndelivered } = this.#options;
    // Once the caller has left, nobody can answer.
    if (refusedAsks === undefined || this.#isOver) {
      onUndelivered(answer);
      return;
    }
    const [, dropped] = putNewest(refusedAsks, keyOf(answer.id), answer, maxRefusedAsks) ?? [];
    if (dropped !== undefined) onUndelivered(dropped);
    void this.front.send({ jsonrpc: "2.0", id: answer.id, method: "ping" });
  }

  /** Takes a message from the guard for the caller. */
  #toCaller(message: Message, status: number | undefined): void {
    if (isAnswer(message)) {
      this.#open.delete(keyOf(message.id));
      this.stopAwaiting(keyOf(message.id));
      if (this.#hasForwarded && this.#open.size === 0) this.#onAnswered(message);
    }
    // What comes in an exchange without requests may be about those of any other.
    const isElsewhere = this.requests.length === 0;
    if (isElsewhere) this.#options.session?.noteElsewhere(message);
    if (this.#isOver) throw new Error("The exchange is over.");
    // In MCP 2026-07-28 a server cannot ask anybody.
    if (!this.#options.isModern) this.#questions.note(message, isElsewhere ? undefined : this);
    if (this.#stream === undefined) this.#incoming.push({ message, status });
    else this.#stream.write(JSON.stringify(message));
  }

  /** Answers all open requests with `refusal`, since the server will not. */
  async #fail(refusal: Refusal): Promise<Response> {
    for (const id of [...this.#open.values()]) {
      this.back.onmessage?.(...refusedHere(id, refusal));
      await this.#settled();
    }
    return this.#incoming.length > 0 ? this.#inJson(undefined) : this.#refusedWith(502, refusal);
  }

  #inJson(status: number | undefined, headers?: Headers): Response {
    const { body, isModern } = this.#options;
    const [first] = this.#incoming;
    const all = this.#incoming.map(({ message }) => message);
    const own = first === undefined ? undefined : isModern ? statusOf(first.message) : 200;
    const found = first?.status ?? (headers === undefined ? own : status) ?? 200;
    return Response.json(Array.isArray(body) ? all : all[0], {
      status: statusWithBody(found),
      headers: this.#returnedIn(headers),
    });
  }

  #refusedWith(status: number, refusal: Refusal, headers?: Headers): Response {
    const document = errorAnswer(this.#only?.id ?? null, refusal);
    return Response.json(document, { status, headers: this.#returnedIn(headers) });
  }

  #returnedIn(headers: Headers | undefined): Readonly<Record<string, string>> {
    const isSession = !this.#isBeginning || this.#hasBegun;
    const names = isSession ? returned : returned.filter((name) => name !== "mcp-session-id");
    return headersNamed(headers, names);
  }

  /** Passes events on as they arrive. */
  async #relayEvents(answered: Response): Promise<Response> {
    const stream = eventStream(this.#end);
    this.#stream = stream;
    // Refusals of messages in a batch.
    for (const { message } of this.#incoming.splice(0)) stream.write(JSON.stringify(message));
    void this.#passEvents(answered, stream);
    if (this.#isBeginning) await this.#begin(answered);
    const headers = { ...eventHeaders, ...this.#returnedIn(answered.headers) };
    return new Response(stream.body, { status: answered.status, headers });
  }

  async #passEvents(answered: Response, stream: EventStream): Promise<void> {
    const { maxBytes, budget, isModern } = this.#options;
    const reader = readEvents(streamOf(answered), { maxUnits: maxBytes, budget });
    let reason: Refusal = unreachable;
    try {
      while (!this.#isOver) {
        const next = await this.#deadline.unlessLate(reader.next());
        if (next === tooLate) throw new RefusalError(late);
        if (next.done === true) break;
        const { event, messages } = next.value;
        const { id, retry } = event;
        this.#canResume ||= id !== undefined && !isModern;
        stream.begin(id, retry);
        await this.#passMessages(messages, stream);
        stream.finish();
        // Before the answer to `initialize`, nobody is reading the stream yet.
        const hasRoom = stream.hasRoom();
        await (this.#isBeginning ? this.#deadline.unlessLate(hasRoom) : hasRoom);
        // Whatever follows the last answer belongs to no request.
        if (this.requests.length > 0 && this.#open.size === 0) break;
      }
    } catch (error) {
      if (error instanceof RefusalError) reason = error.refusal;
      this.#canResume &&= !(error instanceof RefusalError);
    } finally {
      void ignore(reader.return(undefined));
    }
    // In a session, the client asks for the rest in another exchange.
    if (!this.#isOver && !this.#canResume) await this.#fail(reason).catch(() => {});
    this.#end();
  }

  async #passMessages(messages: readonly unknown[], stream: EventStream): Promise<void> {
    for (const message of messages.filter(isMessage)) {
      const before = stream.written;
      await this.#pass(message, 200);
      // Otherwise the caller would wait for the answer forever.
      if (this.#options.body === undefined && isAnswer(message) && stream.written === before)
        stream.write(JSON.stringify(errorAnswer(message.id, unknownAnswer)));
      // An event may have any number of messages.
      if (!this.#isBeginning) await stream.hasRoom();
    }
  }

  readonly #end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onAnswered();
    this.#options.request.signal.removeEventListener("abort", this.#end);
    this.#stream?.end();
    void this.#close();
  };

  /** Closes the front. The guard then ends all requests that have no answer yet. */
  async #close(): Promise<void> {
    if (this.#canResume && this.#awaited.size > 0)
      await this.#deadline.unlessLate(this.#noneAwaited);
    this.#deadline.stop();
    // Deferred, so that the sender can record the request's end first.
    setImmediate(() => this.front.onclose?.());
  }

  #noteProgress(message: Message): void {
    if (this.tokens.has(progressIn(message))) this.#deadline.restart();
  }

  get #mayTakeLonger(): boolean {
    if (this.#isOver) return false;
    const mayBeAsked = this.#questions.mayBeAbout(this, this.#begunAt);
    return mayBeAsked || this.requests.some(({ method }) => awaitsTask(method));
  }

  restart(): void {
    this.#deadline.restart();
  }

  stopAwaiting(key: string): void {
    this.#awaited.delete(key);
    if (this.#awaited.size === 0) this.#onNoneAwaited();
  }

  /** The session is over, so no other exchange brings an answer. */
  sessionOver(): void {
    this.#awaited.clear();
    this.#onNoneAwaited();
  }
}
