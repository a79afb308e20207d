/**
 * The MCP endpoint behind a proxy that holds the exchanges. A request goes to its server in the
 * same exchange, so sessions are the server's own, and any gateway behind the proxy can take a
 * session's next request. What they need to share, its owner and labels, is in the label store.
 */
import { createHash } from "node:crypto";
import type { LabelStore } from "../../core/labels/index.ts";
import { mcpRequestHeaders } from "../../providers/mcp/index.ts";
import { hiding, type UrlServer, withSecrets } from "../config/index.ts";
import { serverPaths } from "../envoy/index.ts";
import type { Identity } from "../identity/index.ts";
import {
  type AdmittedConnection,
  batchRefused,
  callerLeft,
  headersNamed,
  isMessage,
  mayBatch,
  PassThrough,
  RefusalError,
  type RefusedAsks,
  requestsIn,
  SessionExchanges,
  whenClosed,
} from "../transports/index.ts";
import { answer, answerBad } from "./answers.ts";
import {
  Connected,
  type EndpointOptions,
  forgetSession,
  type Limit,
  type McpEndpoint,
  OpenExchanges,
} from "./endpoint.ts";
import { labelSessionOf, sessionOfSubject } from "./guarded-server.ts";
import { type McpSdk, readInbound } from "./inbound.ts";
import type { GatewayParts } from "./parts.ts";
import type { Server } from "./server.ts";
import { type Session, Sessions } from "./sessions.ts";

export interface PassOptions extends EndpointOptions {
  readonly sdk: Pick<McpSdk, "classifyInboundRequest">;
  /** Returns the current configuration and secrets. */
  readonly parts: () => Pick<GatewayParts, "config" | "secrets">;
  readonly store: LabelStore;
}

/** A server's session, as this gateway knows it. */
interface PassedSession extends Session {
  readonly server: string;
  readonly refusedAsks: RefusedAsks;
  /** The exchanges with requests that have no answer yet. */
  readonly open: SessionExchanges;
}

/** MCP: a session id is visible ASCII. It is used in names here, so it is bounded too. */
const sessionId = /^[!-~]{1,256}$/;

/** A caller's request, as far as it has been read. */
interface Asked {
  readonly request: Request;
  readonly identity: Identity;
  readonly connection: AdmittedConnection;
  readonly server: Server;
  readonly body: unknown;
  readonly isModern: boolean;
}

export class PassEndpoint implements McpEndpoint {
  readonly sessions: Sessions<PassedSession>;
  readonly connected = new Connected();
  readonly #options: PassOptions;
  readonly #exchanges: OpenExchanges;

  constructor(options: PassOptions) {
    const limits = () => options.parts().config.limits;
    this.#options = options;
    this.sessions = new Sessions(limits);
    this.#exchanges = new OpenExchanges(() => limits().inFlight);
  }

  isAt(path: string): boolean {
    return serverPaths(this.#options.parts().config).has(path);
  }

  async handle(
    request: Request,
    identity: Identity,
    connection: AdmittedConnection,
    limit: Limit,
  ): Promise<Response> {
    const { sdk, parts, servers } = this.#options;
    const { config } = parts();
    const name = serverPaths(config).get(new URL(request.url).pathname);
    const server = servers().find((each) => each.name === name);
    if (server === undefined) return answer("not_found");
    const { method, headers } = request;
    const about = { request, identity, connection, server };
    if (method === "POST") {
      const inbound = await readInbound(request, sdk, config.limits, connection.held, limit);
      if (inbound instanceof Response) return inbound;
      const { body, isModern } = inbound;
      if (Array.isArray(body) && !mayBatch(headers)) return answerBad(batchRefused, body);
      return this.#inSession({ ...about, body, isModern });
    }
    if (method !== "GET" && method !== "DELETE") return answer("method_not_allowed");
    if (!headers.has("mcp-session-id")) return answer("session_missing");
    return this.#inSession({ ...about, body: undefined, isModern: false });
  }

  async #inSession(asked: Asked): Promise<Response> {
    const { request, identity, connection, server, body, isModern } = asked;
    const begins = isBeginning(body);
    const id = isModern || begins ? null : request.headers.get("mcp-session-id");
    const session = id === null ? undefined : await this.#sessionAt(server, id, identity);
    if (id !== null && session === undefined) return answer("session_unknown", body);
    if (begins && !this.sessions.hasRoomFor(identity)) return answer("too_many_sessions", body);
    const end = this.#exchanges.begin(identity);
    if (end === undefined) return answer("too_many_unanswered", body);
    // A caller may leave, and come again for the answer.
    const release = connection.held.hold();
    const leave = () => {
      end();
      release();
      if (session?.open.remove(request) && !session.isBusy) this.sessions.answered(session.id);
    };
    try {
      return await this.#exchange(asked, session, leave);
    } catch (error) {
      leave();
      if (request.signal.aborted) return callerLeft();
      if (error === full) return answer("too_many_sessions", body);
      // A reload or the end of the gateway ends exchanges too: that is no failure.
      const text = (error as Error).message;
      if (!(error instanceof RefusalError))
        this.#options.log.error("server_unavailable", { server: server.name, text });
      return answer("server_unavailable", body);
    }
  }

  async #exchange(
    asked: Asked,
    session: PassedSession | undefined,
    leave: () => void,
  ): Promise<Response> {
    const { callers, wire } = this.#options;
    const { request, identity, server, body, isModern } = asked;
    const id = session?.id ?? crypto.randomUUID();
    // Labels from the request that begins a session are copied to it once it has an id.
    const labels = isBeginning(body) ? `beginning ${id}` : sessionOfSubject(identity);
    const passed = this.#passThrough(asked, session, labels);
    if (requestsIn(body).length > 0) session?.open.add(request, passed);
    passed.front.sessionId = id;
    callers.set(id, { identity, session: session?.id ?? labels });
    const wired = await wire(passed.front, [server], {
      back: passed.back,
      session: session?.id,
      key: identity.key,
      ...(isModern && { exchange: { headers: request.headers, message: body } }),
    });
    this.connected.add(wired, [server], body === undefined);
    whenClosed(passed.front, () => {
      this.connected.remove(wired);
      if (session === undefined) callers.delete(id);
      leave();
    });
    const response = await passed.answer(wired.settled);
    if (request.method === "DELETE" && response.ok && session !== undefined) this.#forget(session);
    return response;
  }

  #passThrough(asked: Asked, session: PassedSession | undefined, labels: string): PassThrough {
    const { request, identity, connection, server, body, isModern } = asked;
    const { forward } = connection;
    if (forward === undefined) throw new Error("There is no way to the server.");
    const { parts, events } = this.#options;
    const { config, secrets } = parts();
    const settings = config.servers[server.name] as UrlServer;
    const to = new URL(settings.url);
    return new PassThrough({
      request,
      body,
      authInfo: identity,
      isModern,
      forward,
      path: `${to.pathname}${to.search}`,
      headersFor: (message) => ({
        ...withSecrets(settings.headers, secrets),
        ...sentOn(asked, settings, message),
        // The session id reaches the server only if the session is the caller's.
        ...(session !== undefined && headersNamed(request.headers, ["mcp-session-id"])),
      }),
      hide: hiding(settings.headers, secrets),
      maxBytes: config.limits.messageBytes,
      budget: server.budget,
      timeoutMs: settings.timeoutMs,
      refusedAsks: session?.refusedAsks,
      session: session?.open,
      onSession: (made) => this.#begin(server, made, identity, labels),
      onSessionOver: () => session && this.#forget(session),
      onUndelivered: (message) => events.droppedMessage(server.name, message),
    });
  }

  /** Returns the session if it belongs to this subject. Another's is treated as unknown. */
  async #sessionAt(
    server: Server,
    id: string,
    identity: Identity,
  ): Promise<PassedSession | undefined> {
    const { parts, store } = this.#options;
    if (!sessionId.test(id)) return undefined;
    const known = this.sessions.of(nameOf(server, id), identity);
    if (known !== undefined) return known;
    // Another gateway may have begun the session.
    if (parts().config.labels.store === "memory") return undefined;
    const owners = await store.load(ownersOf(server, id));
    const isOwn = owners.length === 1 && owners[0] === ownerLabel(identity);
    if (!isOwn) return undefined;
    // Another request may have come meanwhile.
    return this.sessions.of(nameOf(server, id), identity) ?? this.#remember(server, id, identity);
  }

  async #begin(server: Server, id: string, identity: Identity, labels: string): Promise<void> {
    if (!sessionId.test(id)) throw new Error("The server sent an invalid session id.");
    const { parts, store } = this.#options;
    const { labels: settings } = parts().config;
    // Others may have begun since the request came, and may begin while this waits for the store.
    const checkRoom = () => {
      if (!this.sessions.hasRoomFor(identity)) throw full;
    };
    if (this.sessions.has(nameOf(server, id))) throw taken;
    if (settings.store !== "memory") {
      if ((await store.load(ownersOf(server, id))).length > 0) throw taken;
      checkRoom();
      // If two gateways claim a session at once, the later one sees two owners. Others know neither.
      const owners = await store.append(ownersOf(server, id), [ownerLabel(identity)]);
      if (owners.length > 1) throw taken;
    }
    checkRoom();
    const { id: name } = this.#remember(server, id, identity);
    const caller = { identity, session: labels };
    const before = await store.load(labelSessionOf(settings.session, caller));
    if (before.length > 0)
      await store.append(labelSessionOf(settings.session, { identity, session: name }), before);
  }

  #remember(server: Server, id: string, identity: Identity): PassedSession {
    const name = nameOf(server, id);
    const open = new SessionExchanges();
    const session: PassedSession = {
      id: name,
      key: identity.key,
      usedAt: performance.now(),
      server: server.name,
      refusedAsks: new Map(),
      open,
      get isBusy() {
        return open.size > 0;
      },
      close: async () => this.#forget(session),
    };
    this.#options.callers.set(name, { identity, session: name });
    this.sessions.add(session);
    return session;
  }

  #forget({ id, open }: PassedSession): void {
    forgetSession(id, this.sessions, this.#options);
    open.over();
  }

  sessionFor(_request: Request, identity: Identity): string {
    return sessionOfSubject(identity);
  }

  async endWith(names: ReadonlySet<string>): Promise<void> {
    await this.connected.endWith(names);
    await this.sessions.endWhere(({ server }) => names.has(server));
  }
}

function isBeginning(body: unknown): boolean {
  return isMessage(body) && body.method === "initialize";
}

/** Returns the caller's headers that the server gets with a message. */
function sentOn(
  { request: { headers }, body, isModern }: Asked,
  { forward }: UrlServer,
  message: unknown,
): Readonly<Record<string, string>> {
  return {
    ...headersNamed(headers, [...forward, "accept", "mcp-protocol-version"]),
    ...(isModern
      ? mcpRequestHeaders(message as object, { headers, message: body })
      : headersNamed(headers, ["last-event-id"])),
    ...(message !== undefined && { "content-type": "application/json" }),
  };
}

const full = new Error("Too many sessions are open.");
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
