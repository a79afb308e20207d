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
): ServerFactory<Context, Server> {
  return async (context) => {
    const name = session?.(context);
    const made = await factory(context);
    const server = connectableIn(made);
    const connect = server.connect.bind(server);
    server.connect = (transport) => connect(wrap(transport, { session: name }));
    return made;
  };
}

/** The SDK connects the inner server of an `McpServer` directly, bypassing the outer `connect`. */
function connectableIn(made: unknown): Connectable {
  const { server = made } = (made ?? {}) as { readonly server?: unknown };
  if (hasFunctions(server, ["connect"])) return server as Connectable;
  throw optionsInvalid(
    `guard.factory expects a function that returns a server with connect, got one that returned ${kindOf(made)}.`,
  );
}
