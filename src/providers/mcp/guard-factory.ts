/** Guards servers that SDK v2 creates and connects itself, one for each exchange or connection. */
import { hasFunctions, kindOf } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import type { WrapOptions } from "./options.ts";
import type { TransportLike } from "./transport.ts";

/**
 * The argument of `createMcpHandler` and `serveStdio`: makes a server for one exchange or
 * connection.
 */
export type ServerFactory<Context, Server extends object> = (
  context: Context,
) => Server | Promise<Server>;

export interface FactoryParts<Context, Server extends object> {
  readonly factory: ServerFactory<Context, Server>;
  readonly session: ((context: Context) => string | undefined) | undefined;
}

interface Connectable {
  connect(transport: TransportLike): Promise<void>;
}

export function guardFactory<Context, Server extends object>(
  { factory, session }: FactoryParts<Context, Server>,
  wrap: (transport: TransportLike, options: WrapOptions) => TransportLike,
  /** Whether a plugin is to see subscriptions. */
  showsSubscriptions: () => boolean,
  warn: (text: string) => void,
): ServerFactory<Context, Server> {
  /** The session of each server that is guarded already, for a factory that makes only one. */
  const sessions = new WeakMap<object, string | undefined>();
  return async (context) => {
    if (showsSubscriptions()) checkSubscriptions(context, warn);
    const name = session?.(context);
    const made = await factory(context);
    const server = connectableIn(made);
    if (sessions.has(server)) {
      if (sessions.get(server) === name) return made;
      throw optionsInvalid(sharedServer);
    }
    sessions.set(server, name);
    const connect = server.connect.bind(server);
    server.connect = (transport) => connect(wrap(transport, { session: name }));
    return made;
  };
}

/** The SDK answers `subscriptions/listen` itself, with a server that it does not connect. */
function checkSubscriptions(context: unknown, warn: (text: string) => void): void {
  const { era, requestInfo } = (context ?? {}) as {
    readonly era?: unknown;
    readonly requestInfo?: { readonly headers?: Partial<Headers> };
  };
  // `serveStdio` has no request, and makes the server before anybody can subscribe.
  if (requestInfo === undefined && era === "modern") warn(unseenOverStdio);
  // The SDK has already refused a request whose header contradicts its body.
  if (requestInfo?.headers?.get?.("mcp-method") !== "subscriptions/listen") return;
  warn(refusedOverHttp);
  throw optionsInvalid(refusedOverHttp);
}

const sharedServer =
  "guard.factory expects a new server for each session, got the same server for two.";
const unseenOverStdio =
  "guard.factory does not see subscriptions over stdio: serveStdio answers them itself. Pass it the option transport, made by guard.wrap, and your factory without the guard.";
const refusedOverHttp =
  "guard.factory refuses subscriptions/listen: createMcpHandler answers it itself, unseen by plugins. Put a gateway in front of the server, or use a guard without plugins for cmf.mcp_request and cmf.mcp_notification.";

/** The SDK connects the inner server of an `McpServer` directly, bypassing the outer `connect`. */
function connectableIn(made: unknown): Connectable {
  const { server = made } = (made ?? {}) as { readonly server?: unknown };
  if (hasFunctions(server, ["connect"])) return server as Connectable;
  throw optionsInvalid(
    `guard.factory expects a function that returns a server with connect, got one that returned ${kindOf(made)}.`,
  );
}
