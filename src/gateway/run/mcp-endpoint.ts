/**
 * The MCP endpoint over HTTP. Requests are checked in this order: host and origin, identity, rate,
 * size, JSON, and protocol era. Then a session or an exchange takes them.
 */
import type { GatewayConfig } from "../config/index.ts";
import { type Identity, isAnonymous } from "../identity/index.ts";
import type { Tracing } from "../observe/index.ts";
import type { RoutingMemory } from "../router/index.ts";
import {
  batchRefused,
  errorOf,
  exchangeFront,
  idInUse,
  idOf,
  isMessage,
  isRequest,
  type Message,
  noAnswer,
  type RequestId,
  type RequestMessage,
  type SessionFront,
  sessionFront,
  TooManyProcesses,
  whenClosed,
} from "../transports/index.ts";
import { answer, answerBad, codedRefusal } from "./answers.ts";
import { Connected, type McpEndpoint, OpenExchanges } from "./endpoint.ts";
import { type Caller, sessionOfSubject } from "./guarded-server.ts";
import { type McpSdk, readInbound } from "./inbound.ts";
import type { GatewayLog } from "./parts.ts";
import type { Server } from "./server.ts";
import { type Session, Sessions } from "./sessions.ts";
import { type Wired, wire } from "./wire.ts";

export interface EndpointOptions {
  readonly path: string;
  readonly sdk: McpSdk;
  /** Returns the current limits. */
  readonly limits: () => GatewayConfig["limits"];
  readonly log: GatewayLog;
  /** Returns the servers for the next session or exchange. */
  readonly servers: () => readonly Server[];
  readonly memory: () => RoutingMemory;
  readonly tracing?: Tracing | undefined;
  /** Callers by the `sessionId` of their fronts. Filled here. */
  readonly callers: Map<string, Caller>;
}

interface HttpSession extends Session {
  readonly front: SessionFront;
}

/** How long sending on an exchange's notification may take. */
const notificationMs = 30_000;

const serversGone = new Error("The server is gone.");

/** Throws if servers have gone, or been removed by a reload, while they were being connected. */
async function checkServers(wired: Wired, servers: readonly Server[]): Promise<void> {
  if (!wired.isGone() && !servers.some(({ isRemoved }) => isRemoved)) return;
  await wired.close();
  throw serversGone;
}

export function mcpEndpoint(options: EndpointOptions) {
  const { path, sdk, limits, log, servers, memory, callers, tracing } = options;
  const sessions = new Sessions<HttpSession>(limits);
  const connected = new Connected();
  const exchanges = new OpenExchanges(() => limits().inFlight);

  const cutOff = () => log.warn("reader_too_slow");

  async function handle(request: Request, identity: Identity): Promise<Response> {
    if (request.method !== "POST") return inSession(request, identity, undefined);
    const inbound = await readInbound(request, sdk, limits());
    if (inbound instanceof Response) return inbound;
    const { body, isModern } = inbound;
    return isModern ? exchange(request, identity, body) : inSession(request, identity, body);
  }

  async function inSession(request: Request, identity: Identity, body: unknown): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) {
      const begins = isMessage(body) && isRequest(body) && body.method === "initialize";
      if (begins) return begin(request, identity, body);
      return request.method === "POST"
        ? answer("session_missing", {}, idOf(body))
        : noSession(request);
    }
    const session = sessions.of(id, identity);
    if (session === undefined) return answer("session_unknown", {}, idOf(body));
    if (Array.isArray(body) && !session.front.takesBatches)
      return answerBad(batchRefused, idOf(body));
    if (session.front.repeatsId(body)) return answerBad(idInUse, idOf(body));
    const last = request.method === "GET" ? request.headers.get("last-event-id") : null;
    if (last && !session.front.keepsEvent(last)) return answer("event_unknown");
    callers.set(id, { identity, session: id });
    const response = await session.front.handle(request, body, identity);
    // The session ended in the meantime.
    if (response.status === 404) return answer("session_unknown", {}, idOf(body));
    return response.status < 400 ? response : codedRefusal(response);
  }

  function noSession({ method }: Request): Response {
    if (method === "GET" || method === "DELETE") return answer("session_missing");
    return answer("method_not_allowed", { allow: "GET, POST, DELETE" });
  }

  /** Begins a session, with its own connection to each server. */
  async function begin(
    request: Request,
    identity: Identity,
    body: RequestMessage,
  ): Promise<Response> {
    if (!sessions.hasRoomFor(identity)) return tooManySessions(body);
    const id = crypto.randomUUID();
    const { events, queuedBytes } = limits();
    const own = servers();
    const front = sessionFront({
      sdk,
      id,
      maxEvents: events,
      queuedBytes,
      onAnswered: () => sessions.answered(id),
      onUndelivered: ({ message }) => log.warn("message_undelivered", { text: message }),
      onCut: cutOff,
    });
    front.transport.sessionId = id;
    callers.set(id, { identity, session: id });
    const over = () => {
      callers.delete(id);
      sessions.remove(id);
      for (const { guard } of new Set([...own, ...servers()])) guard.endSession(id);
    };
    try {
      const onCut = (request: RequestId) => front.closeStream(request);
      const of = { servers: own, latest: servers, memory: memory(), log, tracing };
      const wired = await wire(front.transport, { ...of, key: identity.key, onCut, session: id });
      await checkServers(wired, own);
      const session: HttpSession = {
        id,
        front,
        key: identity.key,
        usedAt: performance.now(),
        get isBusy() {
          return front.isBusy;
        },
        close: () => wired.close(),
      };
      connected.add(wired, own, true);
      whenClosed(front.transport, () => {
        connected.remove(wired);
        over();
      });
      sessions.add(session);
      const response = await front.begin(request, body, identity);
      // The session's servers are gone.
      if (response.status === 404) return answer("server_unavailable", {}, idOf(body));
      if (response.status === noAnswer) return response;
      return response.status < 400 ? response : codedRefusal(response);
    } catch (error) {
      over();
      return unavailable(error, body);
    }
  }

  function tooManySessions(body: unknown): Response {
    return answer("too_many_sessions", { "retry-after": "60" }, idOf(body));
  }

  function unavailable(error: unknown, body: unknown): Response {
    const { message: text } = errorOf(error);
    if (error instanceof TooManyProcesses) {
      log.warn("too_many_processes", { text });
      return tooManySessions(body);
    }
    log.error("server_unavailable", { text });
    return answer("server_unavailable", {}, idOf(body));
  }

  async function exchange(
    request: Request,
    identity: Identity,
    message: Message,
  ): Promise<Response> {
    const { key } = identity;
    const { queuedBytes } = limits();
    const own = servers();
    const leave = exchanges.begin(identity);
    if (leave === undefined) return answer("too_many_unanswered", {}, idOf(message));
    const id = crypto.randomUUID();
    const front = exchangeFront({
      request,
      message,
      authInfo: identity,
      queuedBytes,
      onCut: cutOff,
    });
    front.transport.sessionId = id;
    callers.set(id, { identity, session: sessionOfSubject(identity) });
    const over = () => {
      callers.delete(id);
      leave();
    };
    try {
      const of = { servers: own, latest: servers, memory: memory(), log, tracing };
      const about = {
        key,
        isAnonymous: isAnonymous(identity),
        exchange: { headers: request.headers, message },
      };
      const wired = await wire(front.transport, { ...of, ...about });
      await checkServers(wired, own);
      connected.add(wired, own, false);
      whenClosed(front.transport, () => {
        connected.remove(wired);
        over();
      });
      if (!isRequest(message)) setTimeout(() => void wired.close(), notificationMs).unref();
      const response = await front.answer();
      // The connection to the server ended before the request reached it.
      if (wired.isGone() && response.status === noAnswer) throw serversGone;
      return response;
    } catch (error) {
      over();
      return unavailable(error, message);
    }
  }

  return {
    isAt: (asked) => asked === path,
    handle,
    sessionFor({ headers }, identity) {
      const id = headers.get("mcp-session-id");
      const session = id === null ? undefined : sessions.of(id, identity);
      return session?.id ?? sessionOfSubject(identity);
    },
    sessions: () => sessions.size,
    endIdle: () => sessions.endIdle(),
    endWith: (names) => connected.endWith(names),
    refuse: connected.refuse,
    close: () => sessions.closeAll(),
  } satisfies McpEndpoint;
}
