/**
 * A server over Streamable HTTP.
 *
 * One object serves a session of MCP 2025-11-25, with its session id and standalone stream, or a
 * single exchange of 2026-07-28. It passes each event on as soon as it is complete. It follows no
 * redirects, decodes no compression and has no deadlines for requests.
 */
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { attempt, ignore, within } from "../../core/data/index.ts";
import { quoted } from "../../core/errors/index.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { messagesIn } from "./caller-messages.ts";
import type { ReadEvent } from "./events.ts";
import { isEncoded } from "./forward.ts";
import {
  type HeaderFields,
  type HttpAnswer,
  HttpClient,
  type HttpClientOptions,
  headerIn,
  mediaTypeIn,
} from "./http-client.ts";
import { documentIn } from "./json-lines.ts";
import { bytesWithin } from "./read-body.ts";
import { noStream, ServerStream } from "./server-stream.ts";
import { inSlices } from "./slices.ts";
import { StandaloneStream } from "./standalone-stream.ts";
import {
  answerTo,
  cancelledBy,
  errorOf,
  type Handed,
  invalidAnswer,
  isAnswer,
  isAnswerTo,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  RefusalError,
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

export interface HttpBackOptions extends HttpClientOptions {
  readonly maxBytes: number;
  /** For what this server sends, on all connections to it. */
  readonly budget: ByteBudget;
  /** Removes the secrets in `headers` from an error, which may quote them. */
  readonly hide?: ((text: string) => string) | undefined;
  /** The server ended a request's stream before answering. The rest is being fetched. */
  readonly onCut?: (id: RequestId) => void;
}

/** A request that has no answer yet. */
interface Asked {
  readonly id: RequestId;
  /** The caller's headers that were sent on with it. */
  readonly forwarded: HeaderFields;
  readonly options: SendOptions;
  readonly signal: AbortSignal;
}

const sessionGone = refusalOf(-32014, "peer_session_ended", "The server ended the session");

/** How often the rest of a stream is fetched in a row without anything new in it. */
const maxResumes = 5;
/** How long messages wait until the server has taken the notification that its session begins. */
const beginMs = 2000;
/** How long they then wait for its own stream: some servers open it only with its first event. */
const openMs = 250;
/** How long the server may take to say whether it still has the session. */
const pingMs = 2000;
/** How much is read of its answer if that is 400. */
const maxPingBytes = 10_000;
/** How long the server may take to hear that its session, or a request, has ended. */
const endMs = 2000;
/** How long it may take to accept any other message that it does not answer. */
const notifyMs = 30_000;

export class HttpBack implements Transport {
  readonly takesHeaders = true;
  onmessage: Transport["onmessage"];
  onclose: Transport["onclose"];
  onerror: Transport["onerror"];
  readonly #options: HttpBackOptions;
  readonly #client: HttpClient;
  /** The streams of requests that have no answer yet, by id. */
  readonly #open = new Map<string, AbortController>();
  /**
   * The messages that the server does not answer, and has not taken yet. Each has its own controller:
   * one for all would keep something of each for as long as the session lasts.
   */
  readonly #notifying = new Set<AbortController>();
  /** The server's own stream, once it has been asked for. */
  #listening: AbortController | undefined;
  #isClosed = false;
  /** Settles when the server knows that the session has begun. Later messages wait for it. */
  #beginning: Promise<unknown> | undefined;
  /** The server's answer to `initialize`, until its headers have come. */
  #naming: Promise<HttpAnswer> | undefined;
  readonly #afterMessage = inSlices();

  constructor(options: HttpBackOptions) {
    this.#options = options;
    this.#client = new HttpClient(options);
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#client.version = version;
  }

  async send(message: Message, options: SendOptions = {}): Promise<void> {
    if (this.#beginning !== undefined) await this.#beginning;
    if (this.#isClosed) throw new Error("The connection to the server is closed.");
    this.#client.noteCaller(options.caller?.request);
    if (isRequest(message)) void this.#ask(message, options);
    else if (message.method === "notifications/initialized" && this.#isSession)
      await this.#begin(message, options);
    else await this.#notify(message, options);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const inTime = AbortSignal.timeout(endMs);
    for (const each of this.#notifying) each.abort();
    this.#listening?.abort();
    // Without its name, the server's session could not be ended.
    if (this.#naming !== undefined) await within(endMs, () => this.#naming);
    for (const stream of this.#open.values()) stream.abort();
    if (this.#client.sessionId !== undefined) await this.#client.endSession(inTime);
    this.onclose?.();
  }

  get #isSession(): boolean {
    return this.#options.exchange === undefined;
  }

  /** Sends a request and passes on everything up to its answer. Never rejects. */
  async #ask(message: RequestMessage, options: SendOptions): Promise<void> {
    const { id, method } = message;
    const key = keyOf(id);
    const stream = new AbortController();
    const asked = { id, forwarded: this.#client.forwarded, options, signal: stream.signal };
    this.#open.set(key, stream);
    try {
      const posted = this.#client.post(message, options, stream.signal);
      if (method === "initialize") this.#naming = posted;
      const answer = await posted;
      if (method === "initialize") {
        this.#client.sessionId = headerIn(answer.headers, "mcp-session-id");
        this.#naming = undefined;
      }
      await this.#readAnswer(answer, asked);
    } catch (thrown) {
      if (!stream.signal.aborted) this.#failed(id, errorOf(thrown));
      // Nobody reads the rest.
      stream.abort();
    } finally {
      if (this.#open.get(key) === stream) this.#open.delete(key);
    }
  }

  /** Answers a request, since the server did not. */
  #failed(id: RequestId, error: Error): void {
    this.onerror?.(error);
    const refusal = error instanceof RefusalError ? error.refusal : unreachable;
    if (!this.#isClosed) this.onmessage?.(...refusedHere(id, refusal));
    if (refusal !== sessionGone) return;
    // The session is already over: close at once, without ending it at the server.
    this.#client.sessionId = undefined;
    void this.close();
  }

  async #notify(message: Message, options: SendOptions): Promise<void> {
    const cancelled = cancelledBy(message);
    const stream = cancelled === undefined ? undefined : this.#open.get(keyOf(cancelled));
    // Otherwise a server that hangs would keep a connection for each.
    const inTime = AbortSignal.timeout(cancelled === undefined ? notifyMs : endMs);
    const own = new AbortController();
    // The end of the connection does not keep a server from hearing what was cancelled.
    if (cancelled === undefined) this.#notifying.add(own);
    const signal = AbortSignal.any([own.signal, inTime]);
    // In an exchange, closing the stream cancels the request.
    try {
      if (!this.#isSession && cancelled !== undefined) return;
      const { statusCode, body } = await this.#client.post(message, options, signal);
      await body.dump();
      if (statusCode >= 300) throw new RefusalError(refusedByServer, ` with ${statusCode}`);
    } finally {
      this.#notifying.delete(own);
      stream?.abort();
    }
  }

  /** Tells the server that the session begins, and opens the stream for its own messages. */
  async #begin(message: Message, options: SendOptions): Promise<void> {
    const notified = this.#notify(message, options);
    const begun = async () => {
      await within(beginMs, () => notified);
      // A caller may send it any number of times.
      if (this.#listening !== undefined || this.#isClosed) return;
      await within(openMs, () => new Promise<void>((resolve) => this.#listen(resolve)));
    };
    this.#beginning = begun().finally(() => {
      this.#beginning = undefined;
    });
    await notified;
  }

  #listen(onAnswered: () => void): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const stream = new StandaloneStream({
      maxBytes: this.#options.maxBytes,
      budget: this.#options.budget,
      open: (last) => this.#client.openStream(last, this.#client.forwarded, signal),
      onMessage: (message) => this.#deliver(message, undefined, undefined),
      onError: (error) => this.onerror?.(error),
      signal,
    });
    void stream.listen(onAnswered);
  }

  async #readAnswer(answer: HttpAnswer, asked: Asked): Promise<void> {
    const { statusCode: status, headers, body } = answer;
    const type = mediaTypeIn(headers);
    if (this.#client.sessionId !== undefined && (await this.#isOver(status, asked))) {
      await body.dump();
      throw new RefusalError(sessionGone);
    }
    if (isEncoded(headerIn(headers, "content-encoding")))
      throw new RefusalError(invalidAnswer, ": it is compressed, which nobody asked for");
    if (type === "text/event-stream" && status < 300) return this.#readStream(body, asked);
    const { maxBytes, budget } = this.#options;
    const length = headerIn(headers, "content-length");
    const { bytes, reserved } = await budget.read(body, length, maxBytes);
    if (bytes === undefined) throw new RefusalError(tooLarge);
    const handed: Handed[] = [];
    try {
      await this.#readDocument(bytes, answer, asked, handed);
    } finally {
      reserved.releaseAfter(handed);
    }
  }

  async #readDocument(
    bytes: Buffer,
    answer: HttpAnswer,
    { id }: Asked,
    handed: Handed[],
  ): Promise<void> {
    const { statusCode: status, headers } = answer;
    const type = mediaTypeIn(headers);
    const { hide = String } = status < 300 ? {} : this.#options;
    const isJson = type === "application/json";
    const messages = messagesIn(isJson ? documentIn(hide(bytes.toString("utf8"))) : undefined);
    if (!messages.some((each) => isAnswerTo(id, each)))
      throw status < 300
        ? new RefusalError(invalidAnswer, `: ${whatCame(status, type)}`)
        : new RefusalError(refusedByServer, ` with ${status}${this.#aboutUrl(answer)}`);
    for (const each of messages.filter(isMessage)) {
      handed.push(this.#deliver(answerTo(id, each), id, status));
      await this.#afterMessage();
    }
  }

  /** Doubts the URL, and says where a redirect leads, without the query: it may hold a secret. */
  #aboutUrl({ statusCode, headers }: HttpAnswer): string {
    // Servers over the older HTTP+SSE transport answer like this, too.
    if (statusCode === 404 || statusCode === 405) return `. ${isEndpoint}`;
    const to = headerIn(headers, "location");
    if (statusCode >= 400 || to === undefined) return "";
    const target = attempt(() => new URL(to, this.#options.url));
    const isShown = target !== undefined && /^https?:$/.test(target.protocol);
    const where = isShown ? ` to ${quoted(target.origin + target.pathname, 256)}` : "";
    return `, a redirect${where}. None is followed: if the MCP endpoint is there, configure its URL.`;
  }

  /**
   * Whether a status says that the server no longer has the session. MCP: whatever a 404 says, it is
   * over. Many servers answer 400 instead, which may also be about the request alone, so a ping, which
   * has no effect, decides. A server that answers that with 400, too, but by its id, has read it.
   */
  async #isOver(status: number, { options, signal }: Asked): Promise<boolean> {
    if (status !== 400) return status === 404;
    const ping = { jsonrpc: "2.0", id: `glassine-ping-${crypto.randomUUID()}`, method: "ping" };
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(pingMs)]);
    try {
      const { statusCode, body } = await this.#client.post(ping, options, inTime);
      if (statusCode === 400) {
        const bytes = await bytesWithin(body, maxPingBytes);
        const document = bytes && documentIn(bytes.toString("utf8"));
        return !messagesIn(document).some((each) => isMessage(each) && each.id === ping.id);
      }
      void ignore(body.dump());
      return statusCode === 404;
    } catch {
      return false;
    }
  }

  /** Reads a request's stream up to its answer. One that ends or breaks is asked for again. */
  async #readStream(first: Readable, asked: Asked): Promise<void> {
    const { id, signal } = asked;
    const stream = new ServerStream(this.#options.maxBytes, this.#options.budget);
    let body = first;
    let isCut = false;
    let broken: unknown;
    for (let resumes = 0; resumes <= maxResumes; resumes += 1) {
      const before = stream.lastEventId;
      try {
        if (isCut) body = await this.#rest(before, asked);
        if (await this.#readUpToAnswer(id, stream.read(body))) return;
        broken = undefined;
      } catch (thrown) {
        if (thrown instanceof RefusalError || signal.aborted) throw thrown;
        broken = thrown;
      }
      if (stream.lastEventId === undefined) break;
      if (stream.lastEventId !== before) resumes = 0;
      if (resumes === maxResumes) break;
      // At once the first time: a client that was cut off might not wait as long as the server asks.
      if (isCut) await pause(stream.waitMs(resumes), undefined, { signal });
      else this.#options.onCut?.(id);
      isCut = true;
    }
    throw broken ?? new RefusalError(unreachable);
  }

  /** @throws RefusalError if the server does not have the rest of the stream */
  async #rest(last: string | undefined, { forwarded, signal }: Asked): Promise<Readable> {
    const { statusCode, body } = await this.#client.openStream(last, forwarded, signal);
    if (statusCode < 300) return body;
    await body.dump();
    if (noStream.has(statusCode)) throw new RefusalError(unreachable);
    // It is busy, or takes the broken stream for an open one (409).
    throw new Error(`The server refused the rest of a stream with ${statusCode}.`);
  }

  /** Returns false if the stream ends before the answer. */
  async #readUpToAnswer(id: RequestId, events: AsyncIterable<ReadEvent>): Promise<boolean> {
    for await (const { messages, handed } of events) {
      if (!messages.every(isMessage)) throw new RefusalError(invalidAnswer);
      for (const each of messages) {
        handed.push(this.#deliver(answerTo(id, each), id, 200));
        await this.#afterMessage();
      }
      // Whatever follows belongs to no request.
      if (messages.some((each) => isAnswerTo(id, each))) return true;
    }
    return false;
  }

  #deliver(message: Message, related: RequestId | undefined, status: number | undefined): Handed {
    if (this.#isClosed) return;
    // Clients would take a server's 401 for one of the gateway, and drop the token it accepted.
    const isShown = isAnswer(message) && status !== undefined && status !== 401;
    const more = isShown ? { status } : {};
    return this.onmessage?.(message, { relatedRequestId: related, ...more });
  }
}

/** Says what came in place of an answer, such as the page of a wrong URL. */
function whatCame(status: number, type: string | undefined): string {
  if (type === "application/json") return "it is not JSON with an answer to the request";
  return `its type is ${type ?? "absent"} and its status ${status}. ${isEndpoint}`;
}

const isEndpoint = "Is the URL that of an MCP endpoint over Streamable HTTP?";
