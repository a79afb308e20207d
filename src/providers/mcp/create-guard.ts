import { type Bridge, bridgeOf } from "./bridge.ts";
import { connectionOf, type TransportMaker } from "./connection.ts";
import { guardFactory, type ServerFactory } from "./guard-factory.ts";
import { guardedTransport } from "./guarded-transport.ts";
import type { AnyHookManager, HookManager } from "./manager.ts";
import { type GuardMemory, memoryOf, rememberFor } from "./memory.ts";
import type { GuardCounts, GuardOptions, WrapOptions } from "./options.ts";
import type { FetchLike } from "./outbox.ts";
import {
  checkAudit,
  checkManager,
  checkTransport,
  readFactory,
  readGuardOptions,
  readWrap,
} from "./read-guard.ts";
import { RequestLog } from "./request-log.ts";
import { createHookRunner } from "./run-hooks.ts";
import type { TransportLike } from "./transport.ts";
import { unsentHeaders, unusedFetch, wiringOf } from "./wiring.ts";

/** Puts hooks around the tool calls, prompts and resources of any number of MCP connections. */
export interface Guard<Extensions = unknown> {
  /**
   * Returns `transport` with hooks around it. Connect a client or a server to what is returned.
   *
   * It works with the transports of `@modelcontextprotocol/sdk` and of
   * `@modelcontextprotocol/client` and `/server`, and needs neither. Everything else of the
   * transport, `sessionId` or `terminateSession` say, is reached through it unchanged.
   *
   * In place of a client's HTTP transport it takes a function that makes it with the `fetch` that it
   * gets: headers that plugins wrote are then sent with their request.
   *
   * @throws GlassineError `options_invalid`, also for what is no transport; `session_invalid`
   * @throws GlassineError `overloaded` for one named session too many
   */
  wrap<Transport extends TransportLike>(
    transport: Transport | TransportMaker<Transport>,
    options?: WrapOptions,
  ): Transport;
  /**
   * Returns a factory of servers for `createMcpHandler` and `serveStdio` of
   * `@modelcontextprotocol/server`: each server that `factory` makes is connected through the guard.
   * `session` gives the session of a server by what the factory is called with: `era`, `authInfo`
   * and `requestInfo` there.
   *
   * @throws GlassineError `options_invalid`
   */
  factory<Context, Server extends object>(
    factory: ServerFactory<Context, Server>,
    session?: (context: Context) => string | undefined,
  ): ServerFactory<Context, Server>;
  /**
   * Puts the guard between a caller and a server, and starts both: `caller` is wrapped, and what
   * comes out of it goes to `upstream`.
   *
   * A request that `upstream` does not take, or does not answer before it closes, is answered by an
   * error. What a server sends goes beside the request that it belongs to, where that can be told,
   * and `upstream` gets the protocol version that both sides agreed on. It may be a function that
   * makes the transport, as for `wrap`: what plugins wrote of the headers is then sent, and nothing
   * that the caller sent.
   *
   * @throws GlassineError as `wrap` does; (as a rejection) what a transport throws that cannot start
   */
  bridge(
    caller: TransportLike,
    upstream: TransportLike | TransportMaker<TransportLike>,
    options?: WrapOptions,
  ): Promise<Bridge>;
  /**
   * Runs the hooks of `manager` from the next request on. Those under way keep theirs.
   *
   * @throws GlassineError `options_invalid`
   */
  use(manager: AnyHookManager<Extensions>): void;
  /** Forgets the requests and tasks of a session that is over. What is open is not handed on any more. */
  endSession(session: string): void;
  /** How the requests of this guard, and the notifications that hooks were run for, ended so far. */
  counts(): GuardCounts;
}

/**
 * Makes a guard: hooks around the tool calls, prompts and resources of MCP connections.
 *
 * A request runs the pre hooks before it is sent, or before a server gets it; its answer runs the
 * post hooks with the extensions and context the pre hooks left. What a plugin did not change stays
 * as it was in the JSON-RPC message.
 *
 * A refused request is answered by a JSON-RPC error, or for tools by a result, as
 * `options.onDeny` says. Whatever could not be checked is refused.
 * Nothing a peer sends becomes part of the envelope: `options.envelope` alone makes it. What
 * servers claim of their data adds labels only where `options.labels.fromWire` says so.
 *
 * Data policies in the envelope (`security.data`) label results and say which may leave. With
 * `options.labels` the labels of a call go on to the next of its session.
 *
 * What is remembered (names of resources, tasks, labels) is kept by manager and `serverId`: guards
 * that have both in common remember as one.
 *
 * @throws GlassineError `options_invalid`, also for another manager; `session_invalid`
 * @example
 * ```ts no-run
 * import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
 * import { createPluginManager } from "glassine";
 * import { createGuard } from "glassine/mcp";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const guard = createGuard(manager, { serverId: "files" });
 * const client = new Client({ name: "host", version: "1.0.0" });
 * const transport = new StreamableHTTPClientTransport(new URL("http://localhost:3000/mcp"));
 * await client.connect(guard.wrap(transport));
 * ```
 */
export function createGuard<Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: GuardOptions<Extensions> = {},
): Guard<Extensions> {
  checkManager(manager);
  const read = readGuardOptions(options);
  checkAudit(manager, read);
  const warnings = wiringOf(manager as HookManager, read);
  const memory = memoryOf(manager, read.serverId);
  const warn = warner(memory, read.onWarning);
  warn(warnings);
  let hooks = createHookRunner(manager as HookManager, read, memory);

  const log = new RequestLog(read, () => hooks.manager);

  /** Whether there is a transport that sends no headers of plugins. */
  let isWithoutHeaders = false;

  function connect<Transport extends TransportLike>(
    given: Transport | TransportMaker<Transport>,
    fetch: FetchLike | undefined,
  ) {
    const connection = connectionOf(given, fetch, () => warn([unusedFetch]));
    if (connection.outbox !== undefined) return connection;
    isWithoutHeaders = true;
    warn(unsentHeaders(hooks.manager));
    return connection;
  }

  const guard: Guard<Extensions> = {
    wrap(given, wrapOptions = {}) {
      const { session, fetch } = readWrap(wrapOptions);
      return guardedTransport(connect(given, fetch), session, () => hooks, memory, log);
    },
    bridge(caller, given, wrapOptions = {}) {
      checkTransport(caller);
      const { session, fetch } = readWrap(wrapOptions);
      const upstream = connect(given, fetch);
      const near = guardedTransport({ transport: caller }, session, () => hooks, memory, log);
      return bridgeOf(near, upstream);
    },
    factory: (factory, session) => guardFactory(readFactory(factory, session), guard.wrap),
    use(next) {
      checkManager(next);
      checkAudit(next, read);
      warn(wiringOf(next as HookManager, read));
      if (isWithoutHeaders) warn(unsentHeaders(next as HookManager));
      rememberFor(next, read.serverId, memory);
      hooks = createHookRunner(next as HookManager, read, memory);
    },
    endSession: (session) => memory.end(session),
    counts: () => log.counts(),
  };
  return Object.freeze(guard);
}

/** Guards that remember as one warn once. */
function warner(memory: GuardMemory, onWarning = byConsole) {
  return (warnings: readonly string[]): void => {
    for (const text of warnings) {
      if (!memory.isNewWarning(text)) continue;
      try {
        onWarning(text);
      } catch {
        // What is warned of is so, whether or not somebody takes it.
      }
    }
  };
}

// Standard error, in every runtime that has one: standard output may carry the protocol.
// biome-ignore lint/suspicious/noConsole: it is the log of hosts that give none.
const byConsole = (text: string): void => console.warn(text);
