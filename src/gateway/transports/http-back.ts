/**
 * A server over Streamable HTTP.
 *
 * One object serves a session of MCP 2025-11-25, with its session id and standalone stream, or a
 * single exchange of 2026-07-28. It passes each event on as soon as it is complete. It follows no
 * redirects, decodes no compression and has no deadlines.
 */
import { setMaxListeners } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { Agent, type Dispatcher, request as send } from "undici";
import { within } from "../../core/data/index.ts";
import { mcpRequestHeaders } from "../../providers/mcp/index.ts";
import { messagesIn, messagesInEvent } from "./caller-messages.ts";
import { readEvents } from "./events.ts";
import { headersNamed, isEncoded, mediaTypeOf } from "./forward.ts";
import { documentIn } from "./json-lines.ts";
import { bytesWithin } from "./read-body.ts";
import {
  answerTo,
  cancelledBy,
  errorOf,
  invalidAnswer,
  isAnswer,
  isAnswerTo,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  type Refusal,
  type RequestId,
  type RequestMessage,
  refusalOf,
  refusedByServer,
  refusedHere,
  type SendOptions,
  type Transport,
  tooLarge,
  unreachable,
} from "./transport.ts";

export interface HttpBackOptions {
  readonly url: string;
  readonly dispatcher: Dispatcher;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case names of the caller's headers that are sent on. */
  readonly forward: readonly string[];
  readonly maxBytes: number;
  /** The caller's request, for an exchange. Absent for a session. */
  readonly exchange?: { readonly headers: Headers; readonly message: unknown };
  /** The server ended a request's stream before answering. The rest is being fetched. */
  readonly onCut?: (id: RequestId) => void;
}

export interface HttpBack extends Transport {
  readonly takesHeaders: true;
  setProtocolVersion(version: string): void;
}

const sessionGone = refusalOf(-32014, "peer_session_ended", "The server ended the session");

/** How often the rest of a stream is fetched in a row without anything new in it. */
const maxResumes = 5;
const waits = [0, 250, 1000, 3000, 10_000];
/** The shortest and the longest wait before a stream is opened again. */
const shortestWait = 250;
const longestWait = 60_000;
/** The longest wait that a server may ask for. */
const longestRetry = 3_600_000;
/** How long messages wait until the server has taken the notification that its session begins. */
const beginMs = 2000;
/** How long they then wait for its own stream: some servers open it only with its first event. */
const openMs = 250;
/** Statuses of a server that has no standalone stream, or none any more. */
const noStream: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 410, 501]);

class BackFault extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, more = "") {
    super(`${refusal.message}${more}`);
    this.refusal = refusal;
  }
}

/**
 * Makes the pool of connections to a server. They have no timeouts, since every request has a
 * deadline. There are as many as needed: each session keeps one open for its own stream, and the
 * limit on sessions bounds them.
 */
export function httpAgent(): Agent {
  return new Agent({ bodyTimeout: 0, headersTimeout: 0 });
}

/** How far a stream has been read, and how long the server asks to wait before it goes on. */
interface Position {
  lastEventId: string | undefined;
  retryMs: number;
}

export function httpBack(options: HttpBackOptions): HttpBack {
  const { url, dispatcher, headers: own, forward, maxBytes, exchange, onCut } = options;
  /** The streams of requests that have no answer yet, by id. */
  const open = new Map<string, AbortController>();
  /** Aborts everything that belongs to no request. */
  let whole: AbortController | undefined;
  let sessionId: string | undefined;
  let version: string | undefined;
  /** The headers sent on from the caller's newest message, for requests that no message causes. */
  let forwarded: Readonly<Record<string, string>> = {};
  let isListening = false;
  let isClosed = false;
  /** Settles when the server knows that the session has begun. Later messages wait for it. */
  let beginning: Promise<unknown> | undefined;

  const transport: HttpBack = {
    takesHeaders: true,
    start: async () => {},
    setProtocolVersion(agreed) {
      version = agreed;
    },
    async send(message, sendOptions: SendOptions = {}) {
      if (beginning !== undefined) await beginning;
      if (isClosed) throw new Error("The connection to the server is closed.");
      const { request } = sendOptions.caller ?? {};
      if (request !== undefined) forwarded = headersNamed(request.headers, forward);
      if (isRequest(message)) void ask(message, sendOptions);
      else if (message.method === "notifications/initialized" && exchange === undefined)
        await begin(message, sendOptions);
      else await notify(message, sendOptions);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      whole?.abort();
      for (const stream of open.values()) stream.abort();
      if (sessionId !== undefined) await endSession(sessionId);
      transport.onclose?.();
    },
  };

  /** Sends a request and passes on everything up to its answer. Never rejects. */
  async function ask(message: RequestMessage, sendOptions: SendOptions) {
    const key = keyOf(message.id);
    const stream = new AbortController();
    const sent = forwarded;
    open.set(key, stream);
    try {
      const response = await post(message, sendOptions, stream.signal);
      await readAnswer(message, response, sent, stream.signal);
    } catch (thrown) {
      if (stream.signal.aborted) return;
      transport.onerror?.(errorOf(thrown));
      const refusal = thrown instanceof BackFault ? thrown.refusal : unreachable;
      // Without the status: a 401 from the server must not look like one from the gateway.
      if (!isClosed) transport.onmessage?.(...refusedHere(message.id, refusal));
      if (refusal !== sessionGone) return;
      // The session is already over: close at once, without ending it at the server.
      sessionId = undefined;
      void transport.close();
    } finally {
      if (open.get(key) === stream) open.delete(key);
    }
  }

  async function notify(message: Message, sendOptions: SendOptions): Promise<void> {
    const cancelled = cancelledBy(message);
    const stream = cancelled === undefined ? undefined : open.get(keyOf(cancelled));
    // In an exchange, closing the stream cancels the request.
    if (exchange === undefined || cancelled === undefined) {
      const response = await post(message, sendOptions, signalOfAll());
      await response.body.dump();
      if (response.statusCode >= 300)
        throw new BackFault(refusedByServer, ` with ${response.statusCode}`);
    }
    stream?.abort();
  }

  /** Tells the server that the session begins, and opens the stream for its own messages. */
  async function begin(message: Message, sendOptions: SendOptions): Promise<void> {
    const notified = notify(message, sendOptions);
    const begun = async () => {
      await within(beginMs, () => notified);
      // A caller may send it any number of times.
      if (isListening) return;
      await within(openMs, () => new Promise<void>((resolve) => void listen(resolve)));
    };
    beginning = begun().finally(() => {
      beginning = undefined;
    });
    await notified;
  }

  /** Created on first use, since most exchanges never need it. */
  function signalOfAll(): AbortSignal {
    if (whole === undefined) {
      whole = new AbortController();
      // Any number of messages may be in flight.
      setMaxListeners(0, whole.signal);
    }
    return whole.signal;
  }

  function post(message: Message, { withHeaders, trace }: SendOptions, signal: AbortSignal) {
    const base = {
      ...own,
      ...forwarded,
      ...trace,
      ...(exchange === undefined ? ofSession() : ofExchange(message)),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const headers = withHeaders === undefined ? base : Object.fromEntries(withHeaders(base));
    // Sends what was parsed, never the bytes that arrived.
    return exchangeWith(JSON.stringify(message), "POST", headers, signal);
  }

  function exchangeWith(
    body: string | null,
    method: "POST" | "GET" | "DELETE",
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    return send(url, { method, headers, body, signal, dispatcher });
  }

  /** Opens the session's own stream, or resumes the stream of an event, with the caller's headers. */
  function openStream(
    lastEventId: string | undefined,
    sent: typeof forwarded,
    signal: AbortSignal,
  ) {
    const headers = {
      ...own,
      ...sent,
      ...ofSession(),
      accept: "text/event-stream",
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    };
    return exchangeWith(null, "GET", headers, signal);
  }

  function ofSession(): Readonly<Record<string, string>> {
    return {
      ...(sessionId !== undefined && { "mcp-session-id": sessionId }),
      ...(version !== undefined && { "mcp-protocol-version": version }),
    };
  }

  function ofExchange(message: Message): Readonly<Record<string, string>> {
    const asked = exchange?.headers.get("mcp-protocol-version");
    return {
      ...(asked != null && { "mcp-protocol-version": asked }),
      ...mcpRequestHeaders(message, exchange),
    };
  }

  type Answer = Awaited<ReturnType<typeof send>>;

  async function readAnswer(
    message: RequestMessage,
    response: Answer,
    sent: typeof forwarded,
    signal: AbortSignal,
  ): Promise<void> {
    const { statusCode: status, headers, body } = response;
    const { id } = message;
    if (message.method === "initialize") sessionId = textOf(headers, "mcp-session-id");
    const type = typeOf(headers);
    if (isEncoded(textOf(headers, "content-encoding"))) throw new BackFault(invalidAnswer);
    if (type === "text/event-stream" && status < 300) {
      await readStream(id, body, sent, signal);
      return;
    }
    const text = await textIn(body, maxBytes);
    const document = type === "application/json" ? documentIn(text) : undefined;
    const messages = messagesIn(document);
    if (!messages.some((each) => isAnswerTo(id, each))) {
      if (status === 404 && sessionId !== undefined) throw new BackFault(sessionGone);
      throw status < 300
        ? new BackFault(invalidAnswer)
        : new BackFault(refusedByServer, ` with ${status}`);
    }
    for (const each of messages) if (isMessage(each)) deliver(answerTo(id, each), id, status);
  }

  /** Yields the messages of each event of a stream, and notes how far it has been read. */
  async function* readOn(body: Readable, position: Position): AsyncGenerator<readonly unknown[]> {
    const limits = {
      maxUnits: maxBytes,
      tooLarge: () => new BackFault(tooLarge),
      onRetry(milliseconds: number) {
        position.retryMs = Math.min(milliseconds, longestRetry);
      },
    };
    for await (const event of readEvents(body, limits)) {
      position.lastEventId = event.id ?? position.lastEventId;
      yield messagesInEvent(event);
    }
  }

  /** Reads a request's stream up to its answer. One that ends or breaks is asked for again. */
  async function readStream(
    id: RequestId,
    first: Readable,
    sent: typeof forwarded,
    signal: AbortSignal,
  ): Promise<void> {
    const position: Position = { lastEventId: undefined, retryMs: 0 };
    let body = first;
    let isCut = false;
    let broken: unknown;
    for (let resumes = 0; resumes <= maxResumes; resumes += 1) {
      const before = position.lastEventId;
      try {
        if (isCut) body = await rest(position.lastEventId, sent, signal);
        if (await readUpToAnswer(id, body, position)) return;
        broken = undefined;
      } catch (thrown) {
        if (thrown instanceof BackFault || signal.aborted) throw thrown;
        broken = thrown;
      }
      if (position.lastEventId === undefined) break;
      if (position.lastEventId !== before) resumes = 0;
      if (resumes === maxResumes) break;
      const wait = Math.max(waits[resumes] ?? 0, position.retryMs, shortestWait);
      // At once the first time: a client that was cut off might not wait as long as the server asks.
      if (isCut) await pause(wait, undefined, { signal });
      else onCut?.(id);
      isCut = true;
    }
    throw broken ?? new BackFault(unreachable);
  }

  /** @throws BackFault if the server does not have the rest of the stream */
  async function rest(
    lastEventId: string | undefined,
    sent: typeof forwarded,
    signal: AbortSignal,
  ): Promise<Readable> {
    const { statusCode, body } = await openStream(lastEventId, sent, signal);
    if (statusCode < 300) return body;
    await body.dump();
    throw new BackFault(unreachable);
  }

  /** Returns false if the stream ends before the answer. */
  async function readUpToAnswer(
    id: RequestId,
    body: Readable,
    position: Position,
  ): Promise<boolean> {
    for await (const messages of readOn(body, position)) {
      if (!messages.every(isMessage)) throw new BackFault(invalidAnswer);
      for (const each of messages) deliver(answerTo(id, each), id, 200);
      // Whatever follows belongs to no request.
      if (messages.some((each) => isAnswerTo(id, each))) return true;
    }
    return false;
  }

  /**
   * Reads a session's standalone stream, reopening it whenever it ends. Calls `onAnswered` when the
   * server has opened or refused it. Never rejects.
   */
  async function listen(onAnswered: () => void): Promise<void> {
    isListening = true;
    const position: Position = { lastEventId: undefined, retryMs: 0 };
    let failures = 0;
    let reported = "";
    const report = (error: Error) => {
      if (error.message !== reported) transport.onerror?.(error);
      reported = error.message;
    };
    while (!isClosed) {
      let opened = Number.POSITIVE_INFINITY;
      try {
        const response = await openStream(position.lastEventId, forwarded, signalOfAll());
        onAnswered();
        const { statusCode: status, headers, body } = response;
        if (status >= 300 || typeOf(headers) !== "text/event-stream") {
          await body.dump();
          const isUsual = status === 405 || status === 404;
          if (!isUsual) report(new Error(`The server refused a stream of its own with ${status}.`));
          if (status < 300 || noStream.has(status)) return;
        } else {
          opened = performance.now();
          reported = "";
          for await (const messages of readOn(body, position)) {
            failures = 0;
            for (const each of messages) if (isMessage(each)) deliver(each, undefined, undefined);
          }
        }
      } catch (thrown) {
        onAnswered();
        if (isClosed) return;
        report(errorOf(thrown));
      }
      // A stream that ends at once counts as one that could not be opened.
      failures = performance.now() - opened < shortestWait ? failures + 1 : 0;
      const wait = Math.max(waits[failures] ?? longestWait, position.retryMs, shortestWait);
      await pause(wait, undefined, { signal: signalOfAll() }).catch(() => {});
    }
  }

  async function endSession(id: string): Promise<void> {
    try {
      const headers = { ...own, ...forwarded, ...ofSession(), "mcp-session-id": id };
      const { body } = await exchangeWith(null, "DELETE", headers, AbortSignal.timeout(2000));
      await body.dump();
    } catch {
      // The server will drop the session in time.
    }
  }

  function deliver(message: Message, related: RequestId | undefined, status: number | undefined) {
    if (isClosed) return;
    const more = isAnswer(message) && status !== undefined ? { status } : {};
    transport.onmessage?.(message, { relatedRequestId: related, ...more });
  }

  return transport;
}

function typeOf(headers: IncomingHttpHeaders): string | undefined {
  return mediaTypeOf(textOf(headers, "content-type"));
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function textIn(body: Readable, maxBytes: number): Promise<string> {
  const bytes = await bytesWithin(body, maxBytes);
  if (bytes === undefined) throw new BackFault(tooLarge);
  return bytes.toString("utf8");
}
