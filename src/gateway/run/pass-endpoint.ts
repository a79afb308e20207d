/**
 * The MCP endpoint behind a proxy that holds the exchanges. A request goes to its server in the
 * same exchange, so sessions are the server's own, and any gateway behind the proxy can take a
 * session's next request. What they need to share, its owner and labels, is in the label store.
 */
import { createHash } from "node:crypto";
import type { LabelStore } from "../../core/labels/index.ts";
import { mcpRequestHeaders } from "../../providers/mcp/index.ts";
import { type UrlServer, withSecrets } from "../config/index.ts";
import { serverPaths } from "../envoy/index.ts";
import type { Identity } from "../identity/index.ts";
import type { Tracing } from "../observe/index.ts";
import {
  batchRefused,
  type Connection,
  headersNamed,
  idOf,
  isMessage,
  type Message,
  mayBatch,
  noAnswer,
  PassThrough,
  type RefusedAsks,
  requestsIn,
  whenClosed,
} from "../transports/index.ts";
import { answer, answerBad } from "./answers.ts";
import { Connected, type McpEndpoint, OpenExchanges } from "./endpoint.ts";
import { type Caller, labelSessionOf, sessionOfSubject } from "./guarded-server.ts";
import { type McpSdk, readInbound } from "./inbound.ts";
import type { GatewayLog, GatewayParts } from "./parts.ts";
import type { Server } from "./server.ts";
import { type Session, Sessions } from "./sessions.ts";
import { wireExchange } from "./wire.ts";

export interface PassEndpointOptions {
  readonly sdk: Pick<McpSdk, "classifyInboundRequest">;
  /** Returns the current configuration and secrets. */
  readonly parts: () => Pick<GatewayParts, "config" | "secrets">;
  readonly servers: () => readonly Server[];
  readonly store: LabelStore;
  readonly log: GatewayLog;
  readonly tracing?: Tracing | undefined;
  /** Callers by the `sessionId` of their fronts. Filled here. */
  readonly callers: Map<string, Caller>;
  readonly onDropped: (server: string, message: Message) => void;
}

/** A server's session, as this gateway knows it. */
interface PassedSession extends Session {
  readonly server: string;
  readonly refusedAsks: RefusedAsks;
  /** The exchanges with requests that have no answer yet. */
  readonly open: Set<Request>;
}

/** MCP: a session id is visible ASCII. It is used in names here, so it is bounded too. */
const sessionId = /^[!-~]{1,256}$/;

export function passEndpoint(options: PassEndpointOptions): McpEndpoint {
  const { sdk, parts, servers, store, log, callers, tracing, onDropped } = options;
  const limits = () => parts().config.limits;
  const sessions = new Sessions<PassedSession>(limits);
  const exchanges = new OpenExchanges(() => limits().inFlight);
  const connected = new Connected();

  async function handle(
    request: Request,
    identity: Identity,
    connection: Connection,
  ): Promise<Response> {
    const { pathname } = new URL(request.url);
    const name = serverPaths(parts().config).get(pathname);
    const server = servers().find((each) => each.name === name);
    if (server === undefined) return answer("not_found");
    const { method, headers } = request;
    if (method === "POST") {
      const inbound = await readInbound(request, sdk, limits());
      if (inbound instanceof Response) return inbound;
      const { body, isModern } = inbound;
      if (Array.isArray(body) && !mayBatch(headers)) return answerBad(batchRefused, null);
      return inSession(request, identity, connection, { server, body, isModern });
    }
    if (method !== "GET" && method !== "DELETE")
      return answer("method_not_allowed", { allow: "GET, POST, DELETE" });
    if (!headers.has("mcp-session-id")) return answer("session_missing");
    return inSession(request, identity, connection, { server, body: undefined, isModern: false });
  }

  async function inSession(
    request: Request,
    identity: Identity,
    connection: Connection,
    about: { readonly server: Server; readonly body: unknown; readonly isModern: boolean },
  ): Promise<Response> {
    const { server, body, isModern } = about;
    const begins = isMessage(body) && body.method === "initialize";
    const id = isModern || begins ? null : request.headers.get("mcp-session-id");
    const session = id === null ? undefined : await sessionAt(server, id, identity);
    if (id !== null && session === undefined) return answer("session_unknown", {}, idOf(body));
    if (begins && !sessions.hasRoomFor(identity))
      return answer("too_many_sessions", { "retry-after": "60" }, idOf(body));
    const end = exchanges.begin(identity);
    if (end === undefined) return answer("too_many_unanswered", {}, idOf(body));
    if (requestsIn(body).length > 0) session?.open.add(request);
    const leave = () => {
      end();
      if (session?.open.delete(request) && !session.isBusy) sessions.answered(session.id);
    };
    try {
      return await exchange(request, identity, connection, { ...about, session, leave });
    } catch (error) {
      leave();
      if (request.signal.aborted) return new Response(null, { status: noAnswer });
      log.error("server_unavailable", { server: server.name, text: (error as Error).message });
      return answer("server_unavailable", {}, idOf(body));
    }
  }

  async function exchange(
    request: Request,
    identity: Identity,
    { forward }: Connection,
    about: {
      readonly server: Server;
      readonly body: unknown;
      readonly isModern: boolean;
      readonly session: PassedSession | undefined;
      readonly leave: () => void;
    },
  ): Promise<Response> {
    const { server, body, isModern, session, leave } = about;
    if (forward === undefined) throw new Error("There is no way to the server.");
    const { config, secrets } = parts();
    const settings = config.servers[server.name] as UrlServer;
    const to = new URL(settings.url);
    const id = session?.id ?? crypto.randomUUID();
    const begins = isMessage(body) && body.method === "initialize";
    // Labels from the request that begins a session are copied to it once it has an id.
    const labels = begins ? `beginning ${id}` : sessionOfSubject(identity);
    const received = { headers: request.headers, message: body };
    const passed = new PassThrough({
      request,
      body,
      authInfo: identity,
      isModern,
      forward,
      path: `${to.pathname}${to.search}`,
      headersFor: (message) => ({
        ...withSecrets(settings.headers, secrets),
        ...headersNamed(request.headers, [...settings.forward, "accept", "mcp-protocol-version"]),
        ...(isModern
          ? mcpRequestHeaders(message as object, received)
          : headersNamed(request.headers, ["last-event-id"])),
        // The session id reaches the server only if the session is the caller's.
        ...(session !== undefined && headersNamed(request.headers, ["mcp-session-id"])),
        ...(message !== undefined && { "content-type": "application/json" }),
      }),
      maxBytes: config.limits.messageBytes,
      timeoutMs: settings.timeoutMs,
      refusedAsks: session?.refusedAsks,
      onSession: (made) => begin(server, made, identity, labels),
      onSessionOver: () => session && forget(session),
      onUndelivered: (message) => onDropped(server.name, message),
    });
    passed.front.sessionId = id;
    callers.set(id, { identity, session: session?.id ?? labels });
    const wired = await wireExchange(passed.front, server, {
      back: passed.back,
      session: session?.id,
      tracing,
      key: identity.key,
      ...(isModern && { exchange: { headers: request.headers, message: body } }),
    });
    connected.add(wired, [server], body === undefined);
    whenClosed(passed.front, () => {
      connected.remove(wired);
      if (session === undefined) callers.delete(id);
      leave();
    });
    const response = await passed.answer(wired.settled);
    if (request.method === "DELETE" && response.ok && session !== undefined) forget(session);
    return response;
  }

  /** Returns the session if it belongs to this subject. Another's is treated as unknown. */
  async function sessionAt(
    server: Server,
    id: string,
    identity: Identity,
  ): Promise<PassedSession | undefined> {
    if (!sessionId.test(id)) return undefined;
    const known = sessions.of(nameOf(server, id), identity);
    if (known !== undefined) return known;
    // Another gateway may have begun the session.
    if (parts().config.labels.store === "memory") return undefined;
    const owners = await store.load(ownersOf(server, id));
    const isOwn = owners.length === 1 && owners[0] === ownerLabel(identity);
    return isOwn ? remember(server, id, identity) : undefined;
  }

  async function begin(
    server: Server,
    id: string,
    identity: Identity,
    labels: string,
  ): Promise<void> {
    if (!sessionId.test(id)) throw new Error("The server sent an invalid session id.");
    const { labels: settings } = parts().config;
    if (sessions.has(nameOf(server, id))) throw taken;
    if (settings.store !== "memory") {
      if ((await store.load(ownersOf(server, id))).length > 0) throw taken;
      // If two gateways claim a session at once, both see two owners, and neither gets it.
      const owners = await store.append(ownersOf(server, id), [ownerLabel(identity)]);
      if (owners.length > 1) throw taken;
    }
    const { id: name } = remember(server, id, identity);
    const caller = { identity, session: labels };
    const before = await store.load(labelSessionOf(settings.session, caller));
    if (before.length > 0)
      await store.append(labelSessionOf(settings.session, { identity, session: name }), before);
  }

  function remember(server: Server, id: string, identity: Identity): PassedSession {
    const name = nameOf(server, id);
    const session: PassedSession = {
      id: name,
      key: identity.key,
      usedAt: performance.now(),
      server: server.name,
      refusedAsks: new Map(),
      open: new Set(),
      get isBusy() {
        return session.open.size > 0;
      },
      close: async () => forget(session),
    };
    callers.set(name, { identity, session: name });
    sessions.add(session);
    return session;
  }

  function forget({ id }: PassedSession): void {
    callers.delete(id);
    sessions.remove(id);
    for (const { guard } of servers()) guard.endSession(id);
  }

  return {
    isAt: (path) => serverPaths(parts().config).has(path),
    handle,
    sessionFor: (_request, identity) => sessionOfSubject(identity),
    sessions: () => sessions.size,
    endIdle: () => sessions.endIdle(),
    async endWith(names) {
      await connected.endWith(names);
      await sessions.endWhere(({ server }) => names.has(server));
    },
    refuse: connected.refuse,
    async close() {
      await connected.closeAll();
      await sessions.closeAll();
    },
  };
}

const taken = new Error("The server reused the id of an existing session.");

/** Includes the server's name, as two servers may use the same id. */
function nameOf({ name }: Server, id: string): string {
  return `${name} ${id}`;
}

function ownersOf(server: Server, id: string): string {
  return `owner of ${nameOf(server, id)}`;
}

/** Returns a session's owner as a label: a hash, so that the store does not reveal who it is. */
function ownerLabel({ key }: Identity): string {
  return createHash("sha256").update(key).digest("hex");
}
