/** Connects a front to the servers: through each one's guard, and a router if there are several. */
import type { Bridge } from "../../providers/mcp/index.ts";
import type { Tracing } from "../observe/index.ts";
import { Router, type RoutingMemory } from "../router/index.ts";
import { type ConnectFor, type Refusable, refusable, type Transport } from "../transports/index.ts";
import type { GatewayEvents } from "./gateway-events.ts";
import type { GatewayLog } from "./parts.ts";
import type { Server } from "./server.ts";

export interface Wired extends Pick<Refusable, "refuse" | "isGone"> {
  close(): Promise<void>;
  /** Resolves when no message is on its way: each was passed on, answered or dropped. */
  settled(): Promise<void>;
}

export interface WireOptions extends ConnectFor {
  readonly servers: readonly Server[];
  /** Returns the current servers: a reload may have replaced some of `servers`. */
  readonly latest: () => readonly Server[];
  readonly memory: RoutingMemory;
  /** The session's name; absent for an exchange without a session. */
  readonly session?: string | undefined;
  readonly log: GatewayLog;
  readonly events: Pick<GatewayEvents, "unrouted" | "droppedMessage">;
  readonly tracing?: Tracing | undefined;
}

/** Connects and starts everything. Rejects if no server can be reached at all. */
export async function wire(caller: Transport, options: WireOptions): Promise<Wired> {
  const { front, refuse, isGone } = frontOf(caller, options);
  const bridges = new Map<string, Bridge>();
  const joined = await join(front, options, bridges);
  const settled = async () => {
    await Promise.all([...bridges.values()].map((each) => each.settled()));
  };
  return { refuse, isGone, close: () => joined.close(), settled };
}

/** Does the same for one exchange with one server whose connection already exists. */
export async function wireExchange(
  caller: Transport,
  server: Server,
  options: ConnectFor & Pick<WireOptions, "session" | "tracing">,
): Promise<Wired> {
  const { front, refuse, isGone } = frontOf(caller, options);
  const { close, settled } = await bridge(front, server, options);
  return { refuse, isGone, close, settled };
}

/** Wraps the caller so that its requests can be refused, and are traced if tracing is on. */
function frontOf(caller: Transport, { tracing }: Pick<WireOptions, "tracing">) {
  const { transport, refuse, isGone } = refusable(caller);
  return { refuse, isGone, front: tracing === undefined ? transport : tracing.front(transport) };
}

/** Keeps the newest bridge to each server in `bridges`. */
async function join(
  front: Transport,
  options: WireOptions,
  bridges: Map<string, Bridge>,
): Promise<Pick<Bridge, "close">> {
  const { servers, memory, log, events, key } = options;
  const to = async (from: Transport, server: Server) => {
    const made = await bridge(from, server, options);
    bridges.set(server.name, made);
    return made;
  };
  const [only] = servers;
  if (servers.length === 1 && only !== undefined) return to(front, only);
  const named = (name: string) => (server: Server) => server.name === name;
  const router = new Router({
    front,
    memory,
    log,
    onRefused: (code, about) => events.unrouted(code, about),
    onDropped: (message) => events.droppedMessage(undefined, message),
    servers: servers.map(({ name }) => name),
    owner: options.session ?? key,
    connect(name, transport) {
      const server = options.latest().find(named(name)) ?? servers.find(named(name));
      return to(transport, server as Server);
    },
    reconnects: options.exchange === undefined,
  });
  await router.start();
  return router;
}

async function bridge(
  front: Transport,
  server: Server,
  options: ConnectFor & Pick<WireOptions, "session">,
): Promise<Bridge> {
  const back = server.connect(options);
  try {
    return await server.guard.bridge(front, back, { session: options.session });
  } catch (error) {
    await back.close();
    throw error;
  }
}
