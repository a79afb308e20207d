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

/** What all connections of a gateway share. */
export interface WireParts {
  /** Returns the current servers: a reload may have replaced those that a caller began with. */
  readonly latest: () => readonly Server[];
  readonly memory: RoutingMemory;
  readonly log: GatewayLog;
  readonly events: Pick<GatewayEvents, "unrouted" | "droppedMessage">;
  readonly tracing?: Tracing | undefined;
}

/** Who is connected, and what for. */
export interface WireFor extends ConnectFor {
  /** The session's name; absent for an exchange without a session. */
  readonly session?: string | undefined;
}

/** Connects a caller to servers and starts everything. Rejects if none of them can be reached. */
export type Wire = (
  caller: Transport,
  servers: readonly Server[],
  about: WireFor,
) => Promise<Wired>;

/** Connects the caller's transport, or what a router has in its place, to a server. */
type To = (from: Transport, server: Server) => Promise<Bridge>;

export function wireWith(parts: WireParts): Wire {
  return async (caller, servers, about) => {
    const { transport, refuse, isGone } = refusable(caller);
    const front = parts.tracing?.front(transport) ?? transport;
    /** The newest bridge to each server. */
    const bridges = new Map<string, Bridge>();
    const to: To = async (from, server) => {
      const made = await bridge(from, server, about);
      bridges.set(server.name, made);
      return made;
    };
    const [only] = servers;
    const isOne = servers.length === 1 && only !== undefined;
    const joined = await (isOne ? to(front, only) : routed(front, servers, { parts, about, to }));
    const settled = async () => {
      await Promise.all([...bridges.values()].map((each) => each.settled()));
    };
    return { refuse, isGone, close: () => joined.close(), settled };
  };
}

async function routed(
  front: Transport,
  servers: readonly Server[],
  { parts, about, to }: { readonly parts: WireParts; readonly about: WireFor; readonly to: To },
): Promise<Router> {
  const { latest, memory, log, events } = parts;
  const named = (name: string) => (server: Server) => server.name === name;
  const router = new Router({
    front,
    memory,
    log,
    onRefused: (code, refused) => events.unrouted(code, refused),
    onDropped: (message) => events.droppedMessage(undefined, message),
    servers: servers.map(({ name }) => name),
    owner: about.session ?? about.key,
    connect(name, transport) {
      const server = latest().find(named(name)) ?? servers.find(named(name));
      return to(transport, server as Server);
    },
    reconnects: about.exchange === undefined,
  });
  await router.start();
  return router;
}

async function bridge(front: Transport, server: Server, about: WireFor): Promise<Bridge> {
  const back = server.connect(about);
  try {
    return await server.guard.bridge(front, back, { session: about.session });
  } catch (error) {
    await back.close();
    throw error;
  }
}
