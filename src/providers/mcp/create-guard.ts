import { checkSession } from "../../core/labels/index.ts";
import { type AnyHookManager, type HookManager, notify } from "../guard/index.ts";
import { type Bridge, bridgeOf } from "./bridge.ts";
import { connectionOf, type TransportMaker } from "./connection.ts";
import { guardFactory, type ServerFactory } from "./guard-factory.ts";
import { guardedTransport } from "./guarded-transport.ts";
import { memoryOf } from "./memory.ts";
import type { GuardCounts, GuardOptions, WrapOptions } from "./options.ts";
import { showsSubscriptions } from "./others.ts";
import type { FetchLike } from "./outbox.ts";
import {
  checkGuarded,
  checkTransport,
  readFactory,
  readGuardOptions,
  readWrap,
} from "./read-guard.ts";
import { RequestLog } from "./request-log.ts";
import { Hooks } from "./run-hooks.ts";
import type { TransportLike } from "./transport.ts";
import { checkWiring, unusedFetch, wiringOf } from "./wiring.ts";

/** Puts hooks around the tool calls, prompts and resources of any number of MCP connections. */
export interface Guard<Extensions = unknown> {
  /**
   * Returns `transport` with hooks around it. Connect a client or a server to the returned
   * transport.
   *
   * It works with the transports of `@modelcontextprotocol/sdk` and of
   * `@modelcontextprotocol/client` and `/server`, and requires neither. Everything else on the
   * transport, such as `sessionId` or `terminateSession`, is unchanged.
   *
   * Instead of a client's HTTP transport, you can pass a function that makes one with the `fetch`
   * it is given. Headers that plugins write are then sent with the request.
   *
   * @throws GlassineError `options_invalid`, also if `transport` is not one; `session_invalid`
   * @throws GlassineError `overloaded` if there are too many named sessions
   */
  wrap<Transport extends TransportLike>(
    transport: Transport | TransportMaker<Transport>,
    options?: WrapOptions,
  ): Transport;
  /**
   * Returns a server factory for `createMcpHandler` and `serveStdio` of
   * `@modelcontextprotocol/server`: each server that `factory` makes is connected through the
   * guard. `session` names the session of a server. It gets the argument of the factory, which
   * has `era`, `authInfo` and `requestInfo` in that SDK.
   *
   * The SDK answers `subscriptions/listen` itself. If plugins handle `cmf.mcp_request` or
   * `cmf.mcp_notification`, subscriptions over HTTP are refused, and over stdio there is a
   * warning: use `wrap` there.
   *
   * @throws GlassineError `options_invalid`
   */
  factory<Context, Server extends object>(
    factory: ServerFactory<Context, Server>,
    session?: (context: Context) => string | undefined,
  ): ServerFactory<Context, Server>;
  /**
   * Puts the guard between a caller and a server and starts both transports. `caller` is wrapped;
   * messages that pass the guard go to `upstream`.
   *
   * A request that `upstream` does not accept, or does not answer before it closes, is answered
   * with an error. A server's message is sent on the stream of the request that it belongs to, if
   * that is known, and `upstream` gets the negotiated protocol version. As with `wrap`, `upstream`
   * can be a function that makes the transport: it then sends the headers that plugins wrote, but
   * none of the caller's.
   *
   * @throws GlassineError as `wrap` does; rejects with what a transport throws if it cannot start.
   *   If that is `caller`, `upstream` is closed.
   */
  bridge(
    caller: TransportLike,
    upstream: TransportLike | TransportMaker<TransportLike>,
    options?: WrapOptions,
  ): Promise<Bridge>;
  /**
   * Switches to `manager` from the next request on. `options`, if given, replace the current ones,
   * except that `serverId` stays. Requests in progress keep the old manager; the promise resolves
   * when the last of them has ended, so that you can then close the old manager. What guards of
   * `manager` and the same `serverId` remember is shared with this guard and those that share its
   * memory. If both have an open request with the same id in a session of the same name, both end
   * as aborted, and neither answer is passed back.
   *
   * @throws GlassineError `options_invalid`; `session_invalid`
   */
  use(manager: AnyHookManager<Extensions>, options?: GuardOptions<Extensions>): Promise<void>;
  /**
   * Forgets the requests and tasks of a session that is over. Its open requests are aborted.
   *
   * @throws GlassineError `session_invalid`
   */
  endSession(session: string): void;
  /** Returns counts of how this guard's requests, and notifications that hooks ran for, ended. */
  counts(): GuardCounts;
}

/**
 * Creates a guard: hooks around the tool calls, prompts and resources of MCP connections.
 *
 * The pre hooks run before a request is sent, or before a server gets it. The post hooks run on
 * its answer, with the extensions and context that the pre hooks left. Whatever plugins do not
 * change stays as it was in the JSON-RPC message.
 *
 * A refused request is answered with a JSON-RPC error. If `options.onDeny` says so, a denied tool
 * call is answered with a tool result instead. A message that could not be checked is refused.
 * Only `options.envelope` makes the envelope: nothing that a peer sends becomes part of it.
 * What servers claim about their data adds labels only if `options.labels.fromWire` reads it.
 *
 * Data policies in the envelope (`security.data`) label results and decide which ones may pass.
 * With `options.labels` the labels of a call carry over to the next call of its session.
 *
 * The guard remembers resource names, tasks and labels per manager and `serverId`: guards with the
 * same manager and `serverId` share them.
 *
 * @throws GlassineError `options_invalid`, also if `manager` is not one; `session_invalid`
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
  checkGuarded(manager);
  const first = readGuardOptions(options);
  const { serverId } = first;
  const memory = memoryOf(manager, serverId);
  /** True once a transport was connected that does not send headers from plugins. */
  let isWithoutHeaders = false;
  let hooks = hooksOf(manager as HookManager, first);

  const log = new RequestLog(() => hooks);
  const shared = { hooks: () => hooks, memory, log };

  function hooksOf(next: HookManager, read: GuardOptions): Hooks {
    warn(checkWiring(next, read), read);
    if (isWithoutHeaders) warn(wiringOf(next).unsent, read);
    return new Hooks(next, read, memory);
  }

  /** Guards that share a memory report each warning only once. */
  function warn(warnings: readonly string[], { onWarning = byConsole } = hooks.options): void {
    for (const text of warnings) if (memory.isNewWarning(text)) notify(onWarning, () => text);
  }

  function connect<Transport extends TransportLike>(
    given: Transport | TransportMaker<Transport>,
    fetch: FetchLike | undefined,
    method: string,
  ) {
    const connection = connectionOf(given, fetch, () => warn([unusedFetch]), method);
    if (connection.outbox !== undefined) return connection;
    isWithoutHeaders = true;
    warn(wiringOf(hooks.manager).unsent);
    return connection;
  }

  const guard: Guard<Extensions> = {
    wrap(given, wrapOptions = {}) {
      const { session, fetch } = readWrap(wrapOptions, "guard.wrap");
      const connection = connect(given, fetch, "guard.wrap");
      return guardedTransport(connection, session, shared).transport;
    },
    bridge(caller, given, wrapOptions = {}) {
      checkTransport(caller, "guard.bridge");
      const { session, fetch } = readWrap(wrapOptions, "guard.bridge");
      const upstream = connect(given, fetch, "guard.bridge");
      const near = guardedTransport({ transport: caller }, session, shared);
      return bridgeOf(near, upstream);
    },
    factory: (factory, session) =>
      guardFactory(
        readFactory(factory, session),
        (transport, wrapOptions) => {
          const name = readWrap(wrapOptions, "guard.factory").session;
          // A server of either SDK answers through the transport of the request, and stops when it
          // closes, even if its transport could resume a stream.
          const connection = {
            ...connect(transport, undefined, "guard.factory"),
            endsRequests: true,
          };
          return guardedTransport(connection, name, shared).transport;
        },
        () => showsSubscriptions(hooks),
        (text) => warn([text]),
      ),
    use(next, given = hooks.options as GuardOptions<Extensions>) {
      checkGuarded(next);
      hooks = hooksOf(
        next as HookManager,
        { ...readGuardOptions(given), serverId } as GuardOptions,
      );
      memory.takeIn(memoryOf(next, serverId));
      return log.takeOver();
    },
    endSession(session) {
      checkSession(session);
      memory.end(session);
    },
    counts: () => log.counts(),
  };
  return Object.freeze(guard);
}

// Standard error, since standard output may carry the protocol.
// biome-ignore lint/suspicious/noConsole: the default for hosts without a log of their own.
const byConsole = (text: string): void => console.warn(text);
