/**
 * The MCP endpoint over HTTP. Requests are checked in this order: host and origin, identity, rate,
 * size, JSON, and protocol era. Then a session or an exchange takes them.
 */
import { within } from "../../core/data/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { type Identity, isAnonymous } from "../identity/index.ts";
import {
  type AdmittedConnection,
  batchRefused,
  errorOf,
  eventStores,
  exchangeFront,
  type Held,
  hasOtherThanRequests,
  idInUse,
  isMessage,
  isRequest,
  type Message,
  noAnswer,
  type RequestId,
  type RequestMessage,
  type SessionFront,
  sessionFront,
  TooManyProcesses,
  type Transport,
  whenClosed,
} from "../transports/index.ts";
import { answer, answerBad, codedRefusal } from "./answers.ts";
import {
  Connected,
  type EndpointOptions,
  forgetSession,
  type Limit,
  type McpEndpoint,
  OpenExchanges,
} from "./endpoint.ts";
import { sessionOfSubject } from "./guarded-server.ts";
import { heldUntil, notificationMs } from "./held-bytes.ts";
import { type McpSdk, readInbound } from "./inbound.ts";
import type { Server } from "./server.ts";
import { type Session, Sessions } from "./sessions.ts";
import type { Wired, WireFor } from "./wire.ts";

export interface DirectOptions extends EndpointOptions {
  readonly path: string;
  readonly sdk: McpSdk;
  /** Returns the current limits. */
  readonly limits: () => GatewayConfig["limits"];
}

/** A caller's request, as far as it has been read. */
interface Asked {
  readonly request: Request;
  readonly identity: Identity;
  readonly held: Held;
  readonly body: unknown;
}

interface HttpSession extends Session {
  readonly front: SessionFront;
  /** Holds the bytes of messages that get no answer until they have been passed on. */
  readonly holdUntilPassed: (held: Held) => void;
}

/** How long nobody has to be connected to a session before a new one may take its place. */
const leftMs = 60_000;

const serversGone = new Error("The server is gone.");

export class DirectEndpoint implements McpEndpoint {
  readonly sessions: Sessions<HttpSession>;
  readonly connected = new Connected();
  readonly #options: DirectOptions;
  readonly #exchanges: OpenExchanges;
  readonly #eventStore = eventStores();

  constructor(options: DirectOptions) {
    const { limits } = options;
    this.#options = options;
    this.sessions = new Sessions(limits);
    this.#exchanges = new OpenExchanges(() => limits().inFlight);
  }

  isAt(path: string): boolean {
    return path === this.#options.path;
  }

  async handle(
    request: Request,
    identity: Identity,
    { held }: AdmittedConnection,
    limit: Limit,
  ): Promise<Response> {
    const { sdk, limits } = this.#options;
    const about = { request, identity, held };
    if (request.method !== "POST") return this.#inSession({ ...about, body: undefined });
    const inbound = await readInbound(request, sdk, limits(), held, limit);
    if (inbound instanceof Response) return inbound;
    const { body, isModern } = inbound;
    if (isModern) return this.#exchange(about, body);
    return this.#inSession({ ...about, body });
  }

  async #inSession(asked: Asked): Promise<Response> {
    const { request, identity, held, body } = asked;
    const id = request.headers.get("mcp-session-id");
    if (id === null) return this.#withoutSession(asked);
    const session = this.sessions.of(id, identity);
    if (session === undefined) return answer("session_unknown", body);
    const { front } = session;
    if (Array.isArray(body) && !front.takesBatches) return answerBad(batchRefused, body);
    if (front.repeatsId(body)) return answerBad(idInUse, body);
    const last = request.method === "GET" ? request.headers.get("last-event-id") : null;
    if (last && !front.keepsEvent(last)) return answer("event_unknown");
    if (last && front.endsStream(last)) return nothingFollows();
    this.#options.callers.set(id, { identity, session: id });
    const response = await front.handle(request, body, identity, held);
    if (hasOtherThanRequests(body)) session.holdUntilPassed(held);
    // The session ended in the meantime.
    if (response.status === 404) return answer("session_unknown", body);
    return response.status < 400 ? response : codedRefusal(response);
  }

  async #withoutSession(asked: Asked): Promise<Response> {
    const { body } = asked;
    const { method } = asked.request;
    if (isMessage(body) && isRequest(body) && body.method === "initialize")
      return this.#begin(asked, body);
    const isAllowed = method === "POST" || method === "GET" || method === "DELETE";
    return isAllowed ? answer("session_missing", body) : answer("method_not_allowed");
  }

  /** Begins a session, with its own connection to each server. */
  async #begin({ request, identity, held }: Asked, body: RequestMessage): Promise<Response> {
    const { callers, servers } = this.#options;
    const { key } = identity;
    if (!this.sessions.hasRoomFor(identity) || !servers().every((server) => server.makeRoom()))
      await this.#endLeft(key);
    if (!this.sessions.hasRoomFor(identity)) return answer("too_many_sessions", body);
    const id = crypto.randomUUID();
    const own = servers();
    const front = this.#frontOf(id);
    callers.set(id, { identity, session: id });
    const over = () => forgetSession(id, this.sessions, this.#options, own);
    let wired: Wired | undefined;
    // Before it is connected, so that `over` finds it however early the connection ends.
    this.sessions.add({
      id,
      front,
      holdUntilPassed: heldUntil(async () => wired?.settled()),
      key,
      usedAt: performance.now(),
      get isBusy() {
        return front.isBusy;
      },
      close: async () => wired?.close(),
    });
    try {
      const onCut = (cut: RequestId) => front.closeStream(cut);
      wired = await this.#wire(front.transport, own, { key, onCut, session: id }, over);
      const response = await front.begin(request, body, identity, held);
      // The session's servers are gone.
      if (response.status === 404) return answer("server_unavailable", body);
      if (response.status === noAnswer) return response;
      return response.status < 400 ? response : codedRefusal(response);
    } catch (error) {
      over();
      return this.#unavailable(error, body);
    }
  }

  /** Makes room: many clients leave without ending their session. */
  async #endLeft(subject: string): Promise<void> {
    const before = performance.now() - leftMs;
    await this.sessions.endOldest(
      subject,
      ({ front, usedAt }) => front.isLeft(leftMs) && usedAt < before,
    );
  }

  #frontOf(id: string): SessionFront {
    const { sdk, limits, log } = this.#options;
    const { events: maxEvents, queuedBytes } = limits();
    const front = sessionFront({
      sdk,
      id,
      events: this.#eventStore(maxEvents, queuedBytes),
      queuedBytes,
      onAnswered: () => this.sessions.answered(id),
      onUndelivered: ({ message: text }) => log.warn("message_undelivered", { text }),
      onCut: () => log.warn("reader_too_slow"),
    });
    front.transport.sessionId = id;
    return front;
  }

  async #exchange(
    { request, identity, held }: Omit<Asked, "body">,
    message: Message,
  ): Promise<Response> {
    const leave = this.#exchanges.begin(identity);
    if (leave === undefined) return answer("too_many_unanswered", message);
    const { callers, servers, limits, log } = this.#options;
    const id = crypto.randomUUID();
    const front = exchangeFront({
      request,
      message,
      authInfo: identity,
      queuedBytes: limits().queuedBytes,
      onCut: () => log.warn("reader_too_slow"),
    });
    front.transport.sessionId = id;
    callers.set(id, { identity, session: sessionOfSubject(identity) });
    const release = held.hold();
    const over = () => {
      callers.delete(id);
      leave();
      release();
    };
    try {
      const about = {
        key: identity.key,
        isAnonymous: isAnonymous(identity),
        exchange: { headers: request.headers, message },
      };
      const wired = await this.#wire(front.transport, servers(), about, over);
      const response = await front.answer();
      if (!isRequest(message)) void within(notificationMs, wired.settled).then(wired.close);
      // The connection to the server ended before the request reached it.
      if (wired.isGone() && response.status === noAnswer) throw serversGone;
      return response;
    } catch (error) {
      over();
      return this.#unavailable(error, message);
    }
  }

  /** Connects a front to servers. Calls `over` when it has closed after that. */
  async #wire(
    front: Transport,
    servers: readonly Server[],
    about: WireFor,
    over: () => void,
  ): Promise<Wired> {
    const wired = await this.#options.wire(front, servers, about);
    // Servers have gone, or been removed by a reload, while they were being connected.
    if (wired.isGone() || servers.some(({ isRemoved }) => isRemoved)) {
      await wired.close();
      throw serversGone;
    }
    this.connected.add(wired, servers, about.session !== undefined);
    whenClosed(front, () => {
      this.connected.remove(wired);
      over();
    });
    return wired;
  }

  #unavailable(error: unknown, body: unknown): Response {
    const { log } = this.#options;
    const { message: text } = errorOf(error);
    if (error instanceof TooManyProcesses) {
      log.warn("too_many_processes", { text });
      return answer("too_many_sessions", body);
    }
    log.error("server_unavailable", { text });
    return answer("server_unavailable", body);
  }

  sessionFor({ headers }: Request, identity: Identity): string {
    const id = headers.get("mcp-session-id");
    const session = id === null ? undefined : this.sessions.of(id, identity);
    return session?.id ?? sessionOfSubject(identity);
  }

  endWith(names: ReadonlySet<string>): Promise<void> {
    return this.connected.endWith(names);
  }
}

/**
 * MCP: 405 says that there is no stream. It is not recorded as a refusal, since clients with SDK v1
 * ask once for what follows each error, and only this keeps them from asking twice more.
 */
function nothingFollows(): Response {
  return new Response(null, { status: 405, headers: { allow: "POST, DELETE" } });
}
