/**
 * One HTTP exchange of MCP that a proxy in front holds: the caller's message goes to the server in
 * the same exchange, and the server's answer comes back in it.
 *
 * The gateway has no connection of its own, so sessions, event ids and statuses stay the server's.
 * The server's events are judged one by one, and each is passed on, with its id and retry, as soon
 * as it has been judged.
 */
import type { ServerEvent } from "../../providers/http/event-reader.ts";
import { messagesIn, messagesInEvent, requestsIn, takesBatches } from "./caller-messages.ts";
import { type EventStream, eventHeaders, eventStream } from "./event-stream.ts";
import { readEvents } from "./events.ts";
import { statusOf } from "./exchange-front.ts";
import { type Forward, headersNamed, isEncoded, mediaTypeOf } from "./forward.ts";
import { documentIn } from "./json-lines.ts";
import { bytesWithin, streamOf } from "./read-body.ts";
import {
  type AnswerMessage,
  answerTo,
  errorAnswer,
  invalidAnswer,
  isAnswer,
  isMessage,
  isRequest,
  isTooDeep,
  keyOf,
  late,
  type Message,
  type Refusal,
  RefusalError,
  type RequestId,
  refusalOf,
  refusedByServer,
  refusedHere,
  type SendOptions,
  type Transport,
  tooDeep,
  tooLarge,
  unreachable,
} from "./transport.ts";
import { isLasting } from "./watched.ts";

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
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** The session's refused requests; absent for an exchange without a session. */
  readonly refusedAsks: RefusedAsks | undefined;
  /** The server named a new session. The caller learns its id once this has resolved. */
  readonly onSession: (id: string) => Promise<void>;
  /** The server says that the session is over. */
  readonly onSessionOver: () => void;
  readonly onUndelivered: (message: Message) => void;
}

export interface PassThrough {
  readonly front: Transport;
  readonly back: Transport;
  /**
   * Passes the body on and resolves to the HTTP response. Call after both transports have started.
   * `whenSettled` resolves when no message is on its way between them.
   */
  answer(whenSettled: () => Promise<void>): Promise<Response>;
}

const unknownAnswer = refusalOf(
  -32014,
  "answer_unknown",
  "The answer does not belong to a known request",
);
const sessionUnknown = refusalOf(-32001, "session_unknown", "Session not found");

/** A bound, since a caller may never answer the pings. */
const maxRefusedAsks = 1000;
/** Statuses of responses without a body. */
const empty: readonly number[] = [202, 204, 205, 304];

const tooLate = Symbol("The server is late.");

/** Headers of the server's response that the caller needs, besides the content type. */
const returned = ["allow", "mcp-session-id", "retry-after"];

interface Sent {
  readonly message: Message;
  readonly status: number | undefined;
}

export function passThrough(options: PassThroughOptions): PassThrough {
  const { request, body, authInfo, isModern, forward, refusedAsks, maxBytes } = options;
  const asked = messagesIn(body).filter(isMessage);
  const requests = requestsIn(body);
  const [only] = asked.length === 1 ? requests : [];
  /** The caller's requests that have no answer yet. */
  const open = new Map<string, RequestId>(requests.map(({ id }) => [keyOf(id), id]));
  /** The messages that plugins let pass to the server, and the options to send them with. */
  const outgoing: Message[] = [];
  const sentWith: SendOptions[] = [];
  /** The messages for the caller, until there is a stream for them. */
  const incoming: Sent[] = [];
  let stream: EventStream | undefined;
  let hasForwarded = false;
  const isBeginning = only?.method === "initialize";
  /** Whether the session that the server named has begun. */
  let hasBegun = false;
  let begun: (answer?: Message) => void = () => {};
  /** The answer to `initialize` as plugins left it; undefined if there is none. */
  const beginning = new Promise<Message | undefined>((resolve) => {
    begun = resolve;
  });
  let isOver = false;

  const front: Transport = {
    start: async () => {},
    async send(message, { status } = {}) {
      if (isOver) throw new Error("The exchange is over.");
      if (isAnswer(message)) {
        open.delete(keyOf(message.id));
        if (isBeginning && message.id === only.id) begun(message);
      }
      if (stream === undefined) incoming.push({ message, status });
      else stream.write(JSON.stringify(message));
    },
    async close() {
      over();
    },
  };

  const back: Transport = {
    takesHeaders: true,
    start: async () => {},
    async send(message, sendOptions = {}) {
      if (!hasForwarded) {
        outgoing.push(message);
        sentWith.push(sendOptions);
      } else if (isAnswer(message)) refuseAsk(message);
      // An abandoned request is cancelled by the end of its stream, or not at all.
      else if (message.method !== "notifications/cancelled") options.onUndelivered(message);
    },
    async close() {},
  };

  /**
   * Handles a server's request to the caller that a plugin refused. Only the caller's answer can
   * tell the server that. So the caller gets a ping with the same id, which every client answers,
   * and the answer is replaced with the refusal.
   */
  function refuseAsk(answer: AnswerMessage): void {
    if (refusedAsks === undefined) {
      options.onUndelivered(answer);
      return;
    }
    const [oldest] = refusedAsks;
    if (refusedAsks.size >= maxRefusedAsks && oldest !== undefined) {
      refusedAsks.delete(oldest[0]);
      options.onUndelivered(oldest[1]);
    }
    refusedAsks.set(keyOf(answer.id), answer);
    void front.send({ jsonrpc: "2.0", id: answer.id, method: "ping" });
  }

  function over(): void {
    if (isOver) return;
    isOver = true;
    begun();
    clearTimeout(timer);
    request.signal.removeEventListener("abort", over);
    stream?.end();
    // Deferred, so that the sender can record the request's end first.
    setImmediate(() => front.onclose?.());
  }

  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  let onLate: () => void = () => {};
  const onTimeout = () => {
    isLate = true;
    onLate();
  };

  /** Resolves to the result of `work`, or to `tooLate`. Only the latest call can time out. */
  function unlessLate<Value>(work: Promise<Value>): Promise<Value | typeof tooLate> {
    if (isLate) return Promise.resolve(tooLate);
    return new Promise((resolve, reject) => {
      onLate = () => resolve(tooLate);
      work.then(resolve, reject);
    });
  }

  const isTimed = requests.length > 0 && !requests.some(({ method }) => isLasting(method));

  let settled: () => Promise<void> = async () => {};

  async function answer(whenSettled: () => Promise<void>): Promise<Response> {
    settled = whenSettled;
    request.signal.addEventListener("abort", over, { once: true });
    if (request.signal.aborted) over();
    try {
      passToGuard();
      await settled();
      hasForwarded = true;
      if (body !== undefined && outgoing.length === 0) return withoutServer();
      if (isTimed) timer = setTimeout(onTimeout, options.timeoutMs).unref();
      const answered = await unlessLate(send());
      const response = answered === tooLate ? await fail(late) : await relay(answered);
      if (stream === undefined) over();
      return response;
    } catch (error) {
      over();
      throw error;
    }
  }

  /** Passes the caller's messages to the guard. */
  function passToGuard(): void {
    if (body === undefined) return;
    const kept = asked.filter((message) => {
      if (!isAnswer(message)) return true;
      const refused = refusedAsks?.get(keyOf(message.id));
      if (refused === undefined) return true;
      refusedAsks?.delete(keyOf(message.id));
      outgoing.push(refused);
      return false;
    });
    if (kept.length > 0)
      front.onmessage?.(Array.isArray(body) ? kept : kept[0], { authInfo, request });
  }

  /** Responds if plugins let nothing pass: it was refused, or is a message that gets no answer. */
  function withoutServer(): Response {
    return incoming.length === 0 ? new Response(null, { status: 202 }) : inJson(200);
  }

  function send(): Promise<Response> {
    const message = Array.isArray(body) ? outgoing : outgoing[0];
    const { withHeaders, trace } = sentWith[0] ?? {};
    const own = { ...options.headersFor(message), ...trace };
    const headers = withHeaders === undefined ? own : Object.fromEntries(withHeaders(own));
    const text = message === undefined ? null : JSON.stringify(message);
    return forward({ path: options.path, headers, body: text });
  }

  async function relay(answered: Response): Promise<Response> {
    const { status, headers, ok } = answered;
    const type = mediaTypeOf(headers.get("content-type"));
    if (isEncoded(headers.get("content-encoding"))) return await fail(invalidAnswer);
    if (type === "text/event-stream" && ok) return await eventsOf(answered);
    const bytes = await unlessLate(bytesWithin(streamOf(answered), maxBytes));
    if (bytes === tooLate) return await fail(late);
    if (bytes === undefined) return await fail(tooLarge);
    const text = bytes.toString("utf8");
    const document = type === "application/json" ? documentIn(text) : undefined;
    const messages = messagesIn(document).filter(isMessage);
    for (const each of messages)
      await pass(only === undefined ? each : answerTo(only.id, each), status);
    if (incoming.length > 0 && open.size === 0) {
      if (isBeginning) await begin(answered);
      return inJson(status, headers);
    }
    if (status === 404 && refusedAsks !== undefined) {
      options.onSessionOver();
      return refusedWith(404, sessionUnknown);
    }
    if (requests.length > 0) return await fail(ok ? invalidAnswer : refusedByServer);
    if (messages.length > 0 && incoming.length > 0) return inJson(status, headers);
    if (ok && text === "") return new Response(null, { status, headers: returnedIn(headers) });
    return refusedWith(ok ? 502 : status, ok ? invalidAnswer : refusedByServer, headers);
  }

  /** Begins the session once `initialize` has been answered, unless with an error. */
  async function begin({ ok, headers }: Response): Promise<void> {
    const session = headers.get("mcp-session-id");
    const answer = await beginning;
    if (!ok || session === null || answer?.result === undefined) return;
    await options.onSession(session);
    hasBegun = true;
  }

  function returnedIn(headers: Headers | undefined): Readonly<Record<string, string>> {
    const isSession = !isBeginning || hasBegun;
    const names = isSession ? returned : returned.filter((name) => name !== "mcp-session-id");
    return headersNamed(headers, names);
  }

  /** Passes a message of the server to the guard, and waits until the guard is done with it. */
  async function pass(message: Message, status: number | undefined): Promise<void> {
    timer?.refresh();
    // Another request's answer belongs in its own exchange, or in a stream without a request.
    if (body !== undefined && isAnswer(message) && !open.has(keyOf(message.id))) {
      options.onUndelivered(message);
      return;
    }
    if (isTooDeep(message)) refuseDeep(message);
    else {
      const related = { relatedRequestId: only?.id };
      const more = isAnswer(message) && status !== undefined ? { status } : {};
      back.onmessage?.(message, { ...related, ...more });
    }
    await settled();
  }

  /** Refuses a message that could not be written for the caller. */
  function refuseDeep(message: Message): void {
    if (isAnswer(message)) back.onmessage?.(...refusedHere(message.id, invalidAnswer));
    else if (isRequest(message)) refuseAsk(errorAnswer(message.id, tooDeep));
    else options.onUndelivered(message);
  }

  /** Answers all open requests with `refusal`, since the server will not. */
  async function fail(refusal: Refusal): Promise<Response> {
    for (const id of [...open.values()]) {
      back.onmessage?.(...refusedHere(id, refusal));
      await settled();
    }
    return incoming.length > 0 ? inJson(undefined) : refusedWith(502, refusal);
  }

  function inJson(status: number | undefined, headers?: Headers): Response {
    const [first] = incoming;
    const document = Array.isArray(body) ? incoming.map((each) => each.message) : first?.message;
    const own = first === undefined ? undefined : isModern ? statusOf(first.message) : 200;
    const found = first?.status ?? (headers === undefined ? own : status) ?? 200;
    return Response.json(document, {
      status: empty.includes(found) ? 200 : found,
      headers: returnedIn(headers),
    });
  }

  function refusedWith(status: number, refusal: Refusal, headers?: Headers): Response {
    const id = only?.id ?? null;
    return Response.json(errorAnswer(id, refusal), {
      status,
      headers: returnedIn(headers),
    });
  }

  /** Passes events on as they arrive. */
  async function eventsOf(answered: Response): Promise<Response> {
    const made = eventStream({ onLeft: over });
    stream = made;
    // Refusals of messages in a batch.
    for (const { message } of incoming.splice(0)) made.write(JSON.stringify(message));
    void readAll(answered, made);
    if (isBeginning) await begin(answered);
    const headers = { ...eventHeaders, ...returnedIn(answered.headers) };
    return new Response(made.body, { status: answered.status, headers });
  }

  async function readAll({ body: events }: Response, made: EventStream): Promise<void> {
    let canResume = false;
    let reason: Refusal = unreachable;
    try {
      const reader = readEvents((events ?? []) as AsyncIterable<Uint8Array>, {
        maxUnits: maxBytes,
      });
      while (!isOver) {
        const next = await unlessLate(reader.next());
        if (next === tooLate) {
          reason = late;
          canResume = false;
          break;
        }
        if (next.done === true) break;
        const { id, retry } = next.value;
        canResume ||= id !== undefined;
        made.begin(id, retry);
        await passEvent(next.value);
        made.finish();
        // Before the answer to `initialize`, nobody is reading the stream yet.
        await (isBeginning ? unlessLate(made.hasRoom()) : made.hasRoom());
        // Whatever follows the last answer belongs to no request.
        if (requests.length > 0 && open.size === 0) break;
      }
    } catch (error) {
      if (error instanceof RefusalError) reason = error.refusal;
      canResume &&= !(error instanceof RefusalError);
    }
    // In a session, the client asks for the rest in another exchange.
    if (!isOver && !(canResume && !isModern)) await fail(reason).catch(() => {});
    over();
  }

  async function passEvent(event: ServerEvent): Promise<void> {
    for (const each of messagesInEvent(event).filter(isMessage)) {
      const before = stream?.written ?? 0;
      const message = only === undefined ? each : answerTo(only.id, each);
      await pass(message, 200);
      // Otherwise the caller would wait for the answer forever.
      if (body === undefined && isAnswer(message) && stream?.written === before)
        stream.write(JSON.stringify(errorAnswer(message.id, unknownAnswer)));
    }
  }

  return { front, back, answer };
}

/** Whether a session with this version header takes batches. Versions without the header do. */
export function mayBatch(headers: Headers): boolean {
  return takesBatches(headers.get("mcp-protocol-version") ?? "2025-03-26");
}
