/** A server behind the gateway: its guard, and the connections to it. */
import { isDeepStrictEqual } from "node:util";
import { InUse } from "../../providers/guard/index.ts";
import { createGuard, type Guard, type GuardOptions } from "../../providers/mcp/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { type Definitions, pinned } from "../definitions/index.ts";
import type { Tracing } from "../observe/index.ts";
import {
  around,
  type ConnectFor,
  type Connections,
  connectionsTo,
  type Transport,
} from "../transports/index.ts";
import { type GuardSettings, guardOptions } from "./guarded-server.ts";
import type { GatewayLog, GatewayParts } from "./parts.ts";

export interface Server extends Pick<Connections, "budget" | "makeRoom"> {
  readonly name: string;
  readonly guard: Guard;
  readonly terms: Terms;
  /** A reload removed the server, or reaches it in another way, so sessions with it must end. */
  readonly isRemoved: boolean;
  /** @throws TooManyProcesses */
  connect(about: ConnectFor): Transport;
  /**
   * Applies a reload: open connections use the successor's terms from the next message on. Without
   * a successor that is reached in the same way, the server counts as removed. Resolves when no
   * request uses the previous manager.
   */
  use(next: GatewayParts, successor: Server | undefined): Promise<void>;
  /**
   * Serves open connections until they end, after a reload replaced this object. Resolves when none
   * are left and everything is closed.
   */
  retire(): Promise<void>;
  close(): Promise<void>;
}

/** Settings that a reload changes even for open connections. */
interface Terms {
  readonly config: ServerConfig;
  readonly options: GuardOptions;
}

/** What outlives reloads, and replaced servers of the same name. */
export interface Kept {
  /** What is known about the definitions of the server's tools. */
  readonly definitions: Definitions;
  /** The server's processes that count: also those that a replaced server started. */
  readonly processes: Set<Transport>;
}

export interface ServerSettings extends GuardSettings, Kept {
  /** The log of the last reload: processes may outlive it. */
  readonly log: GatewayLog;
  readonly tracing?: Tracing | undefined;
}

export function serverOf(name: string, config: ServerConfig, settings: ServerSettings): Server {
  const { parts, log, tracing, processes, events, definitions } = settings;
  let terms: Terms = { config, options: guardOptions(name, config, settings) };
  let isRemoved = false;
  const guard = createGuard(parts.manager, terms.options);
  const connections = connectionsTo(name, config, {
    ...parts,
    log,
    processes,
    timeoutMs: () => terms.config.timeoutMs,
    onDropped: (message) => events.droppedMessage(name, message),
    onRestarted: () => events.serverRestarted(name),
  });
  const inUse = new InUse();
  return {
    name,
    guard,
    get terms() {
      return terms;
    },
    get isRemoved() {
      return isRemoved;
    },
    budget: connections.budget,
    makeRoom: connections.makeRoom,
    connect(about) {
      const to = about.back ?? connections.connect(about);
      const back = pinned(to, definitions);
      const traced = tracing === undefined ? back : tracing.back(back, config.traceContext);
      const transport = counted(traced, inUse);
      transport.onerror = (error) => events.serverFailed(name, error);
      return transport;
    },
    use(next, successor) {
      isRemoved ||= successor === undefined || !hasSameConnection(config, successor.terms.config);
      const options = () => guardOptions(name, config, { ...settings, parts: next });
      terms = successor?.terms ?? { config, options: options() };
      return guard.use(next.manager, terms.options);
    },
    async retire() {
      connections.retire();
      await inUse.free();
      await connections.close();
    },
    close: connections.close,
  };
}

function hasSameConnection(one: ServerConfig, other: ServerConfig): boolean {
  return isDeepStrictEqual(connectionSettings(one), connectionSettings(other));
}

/** Returns how a server is reached: the settings that an open connection cannot change. */
export function connectionSettings(config: ServerConfig): object {
  const { definitions, onDeny, pass, timeoutMs, wireLabels, ...connection } = config;
  return connection;
}

/** Counts a connection as in use until it ends. */
function counted(back: Transport, inUse: InUse): Transport {
  let isOver = false;
  inUse.enter();
  const closed = () => {
    if (!isOver) inUse.leave();
    isOver = true;
  };
  return around(back, {
    closed,
    async close() {
      await back.close();
      closed();
    },
  });
}
