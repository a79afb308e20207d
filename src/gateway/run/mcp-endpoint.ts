/**
 * The MCP endpoint over HTTP. It checks, in this order: host and origin, who asks, how often, how
 * much, JSON, and of which era the request is; then a session or an exchange takes it.
 */
import type { GatewayConfig } from "../config/index.ts";
import {
  batchRefused,
  exchangeFront,
  idInUse,
  idOf,
  isMessage,
  isRequest,
  type Message,
  messageFault,
  noAnswer,
  type Refusable,
  type RequestId,
  type ServerSdk,
  sessionFront,
} from "../ends/index.ts";
import type { Identity } from "../identity/index.ts";
import type { Tracing } from "../observe/index.ts";
import type { Homes } from "../router/index.ts";
import { type AnswerCode, answer, answerBad, codedRefusal } from "./answers.ts";
import { type Caller, sessionOfSubject } from "./guarded-server.ts";
import type { GatewayLog } from "./parts.ts";
import { readBody } from "./read-body.ts";
import { mismatchedHeader } from "./repeated-headers.ts";
import { type RequestRate, requestRate } from "./request-rate.ts";
import type { Server } from "./server.ts";
import { type Session, Sessions } from "./sessions.ts";
import { type Wired, wire } from "./wire.ts";

/** What is used of `@modelcontextprotocol/server`. */
export interface McpSdk extends ServerSdk {
  readonly classifyInboundRequest: (request: {
    readonly httpMethod: string;
    readonly protocolVersionHeader?: string;
    readonly mcpMethodHeader?: string;
    readonly mcpNameHeader?: string;
    readonly body?: unknown;
  }) => Classified;
}

type Classified =
  | { readonly kind: "legacy" }
  | { readonly kind: "modern" }
  | {
      readonly kind: "reject";
      readonly httpStatus: number;
      readonly code: number;
      readonly message: string;
      readonly data?: unknown;
    };

export interface EndpointOptions {
  readonly sdk: McpSdk;
  /** Those of the moment. */
  readonly limits: () => GatewayConfig["limits"];
  readonly log: GatewayLog;
  /** The servers for the next session or exchange. */
  readonly servers: () => readonly Server[];
  readonly homes: () => Homes;
  readonly tracing?: Tracing | undefined;
  /** Filled here: by the `sessionId` of their fronts. */
  readonly callers: Map<string, Caller>;
}

export interface McpEndpoint {
  handle(request: Request, identity: Identity): Promise<Response>;
  /** The session that a request names, if it is that of its subject; else that of the subject. */
  sessionFor(request: Request, identity: Identity): string;
  /** Takes one of the requests of a subject, or answers that there are none left. */
  limit(identity: Identity): Response | undefined;
  /** How many are open. */
  sessions(): number;
  endIdle(): Promise<void>;
  /** Refuses the open requests whose methods `isMeant` takes. */
  readonly refuse: Refusable["refuse"];
  close(): Promise<void>;
}

const keepAliveMs = 15_000;
/** When a client whose stream ended asks for the rest. */
const retryMs = 500;
/** How long a notification of an exchange may take to be sent on. */
const notificationMs = 30_000;

const serversGone = new Error("The server is gone.");

export function mcpEndpoint(options: EndpointOptions): McpEndpoint {
  const { sdk, limits, log, servers, homes, callers, tracing } = options;
  const sessions = new Sessions(limits);
  const rate: RequestRate = requestRate(() => limits().requestsPerMinute);
  /** What is connected now: sessions, and exchanges. */
  const connected = new Set<Wired>();
  /** Open exchanges by subject, which are to it what a session is to its requests. */
  const exchanges = new Map<string, number>();

  const cutOff = () => log.warn("reader_too_slow");

  async function handle(request: Request, identity: Identity): Promise<Response> {
    if (request.method !== "POST") return inSession(request, identity, undefined);
    const { messageBytes, bodyTimeoutMs } = limits();
    const { text, refused } = await readBody(request, messageBytes, bodyTimeoutMs);
    if (refused !== undefined) return answer(refusals[refused]);
    const body = parsed(text);
    if (body === undefined) return answer("parse_error");
    const fault = messageFault(body);
    if (fault !== undefined) return answerBad(fault, idOf(body));
    const classified = sdk.classifyInboundRequest({
      httpMethod: "POST",
      ...named(request.headers),
      body,
    });
    if (classified.kind === "reject") {
      const { httpStatus: status, code, message, data } = classified;
      const document = { jsonrpc: "2.0", id: idOf(body), error: { code, message, data } };
      return codedRefusal(Response.json(document, { status }));
    }
    if (classified.kind === "legacy" || !isMessage(body)) return inSession(request, identity, body);
    if (mismatchedHeader(request.headers, body) !== undefined)
      return answer("header_mismatch", {}, idOf(body));
    return exchange(request, identity, body);
  }

  async function inSession(request: Request, identity: Identity, body: unknown): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) {
      const begins = isMessage(body) && body.method === "initialize";
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
    const response = await session.front.handle(request, body, undefined);
    // It ended in the meantime.
    if (response.status === 404) return answer("session_unknown", {}, idOf(body));
    return response.status < 400 ? response : codedRefusal(response);
  }

  function noSession({ method }: Request): Response {
    if (method === "GET" || method === "DELETE") return answer("session_missing");
    return answer("method_not_allowed", { allow: "GET, POST, DELETE" });
  }

  /** A session begins with a connection of its own to each server. */
  async function begin(request: Request, identity: Identity, body: Message): Promise<Response> {
    if (!sessions.hasRoomFor(identity)) return answer("too_many_sessions", { "retry-after": "60" });
    const id = crypto.randomUUID();
    const { events, queuedBytes } = limits();
    const own = servers();
    const front = sessionFront({
      ...{ sdk, id, maxEvents: events, queuedBytes },
      ...{ retryMs, keepAliveMs },
      onUndelivered: ({ message }) => log.warn("message_undelivered", { text: message }),
      onCut: cutOff,
    });
    front.end.sessionId = id;
    callers.set(id, { identity, session: id });
    let isOver = false;
    const over = () => {
      isOver = true;
      callers.delete(id);
      sessions.remove(id);
      for (const { guard } of new Set([...own, ...servers()])) guard.endSession(id);
    };
    try {
      const onCut = (request: RequestId) => front.closeStream(request);
      const of = { servers: own, latest: servers, homes: homes(), log, tracing };
      const wired = await wire(front.end, { ...of, key: identity.key, onCut, session: id });
      if (wired.isGone()) throw serversGone;
      const session: Session = {
        ...{ id, front, key: identity.key, usedAt: performance.now() },
        close: () => wired.close(),
      };
      connected.add(wired);
      const closed = front.end.onclose;
      front.end.onclose = () => {
        closed?.();
        connected.delete(wired);
        over();
      };
      sessions.add(session);
      const response = await front.handle(request, body, undefined);
      if (isOver) return answer("server_unavailable", {}, idOf(body));
      return response.status < 400 ? response : codedRefusal(response);
    } catch (error) {
      over();
      log.error("server_unavailable", { text: (error as Error).message });
      return answer("server_unavailable", {}, idOf(body));
    }
  }

  async function exchange(
    request: Request,
    identity: Identity,
    message: Message,
  ): Promise<Response> {
    const { key } = identity;
    const { queuedBytes, inFlight } = limits();
    const others = exchanges.get(key) ?? 0;
    if (others >= inFlight) return answer("too_many_unanswered", {}, idOf(message));
    exchanges.set(key, others + 1);
    const id = crypto.randomUUID();
    const front = exchangeFront({
      ...{ request, message, authInfo: undefined, keepAliveMs },
      ...{ queuedBytes, onCut: cutOff },
    });
    front.end.sessionId = id;
    callers.set(id, { identity, session: sessionOfSubject(identity) });
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      callers.delete(id);
      const left = (exchanges.get(key) ?? 1) - 1;
      if (left === 0) exchanges.delete(key);
      else exchanges.set(key, left);
    };
    try {
      const of = { servers: servers(), latest: servers, homes: homes(), log, tracing };
      const about = { key, exchange: { headers: request.headers, message } };
      const wired = await wire(front.end, { ...of, ...about });
      if (wired.isGone()) throw serversGone;
      connected.add(wired);
      const closed = front.end.onclose;
      front.end.onclose = () => {
        closed?.();
        connected.delete(wired);
        over();
      };
      if (!isRequest(message)) setTimeout(() => void wired.close(), notificationMs).unref();
      const response = await front.answer();
      // Its connection to the server ended before the request came to it.
      if (wired.isGone() && response.status === noAnswer) throw serversGone;
      return response;
    } catch (error) {
      over();
      log.error("server_unavailable", { text: (error as Error).message });
      return answer("server_unavailable", {}, idOf(message));
    }
  }

  return {
    handle,
    limit({ key }) {
      const wait = rate.take(key);
      if (wait === undefined) return undefined;
      return answer("rate_limited", { "retry-after": String(wait) });
    },
    sessionFor({ headers }, identity) {
      const id = headers.get("mcp-session-id");
      const session = id === null ? undefined : sessions.of(id, identity);
      return session?.id ?? sessionOfSubject(identity);
    },
    sessions: () => sessions.size,
    endIdle: () => sessions.endIdle(),
    async refuse(refusal, isMeant) {
      await Promise.all([...connected].map((each) => each.refuse(refusal, isMeant)));
    },
    close: () => sessions.closeAll(),
  };
}

const refusals: Readonly<Record<"too_large" | "too_slow" | "broken", AnswerCode>> = {
  too_large: "message_too_large",
  too_slow: "body_timeout",
  broken: "parse_error",
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function named(headers: Headers) {
  const of = (key: string, name: string) => {
    const value = headers.get(name);
    return value === null ? {} : { [key]: value };
  };
  return {
    ...of("protocolVersionHeader", "mcp-protocol-version"),
    ...of("mcpMethodHeader", "mcp-method"),
    ...of("mcpNameHeader", "mcp-name"),
  };
}
