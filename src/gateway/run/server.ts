/** A server behind the gateway: its guard, and connections to it. */
import { isDeepStrictEqual } from "node:util";
import { createGuard, type Guard, type GuardOptions } from "../../providers/mcp/index.ts";
import { InUse } from "../../providers/rewrite/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { Definitions, type Pinned, type Pins, pinned } from "../definitions/index.ts";
import { around, type ConnectFor, connectionsTo, type End, type Message } from "../ends/index.ts";
import { type GuardSettings, guardOptions } from "./guarded-server.ts";
import type { GatewayParts } from "./parts.ts";

export interface Server {
  readonly name: string;
  readonly guard: Guard;
  readonly terms: Terms;
  /** A reload removed it, or reaches it in another way, so that nobody may go on with it. */
  readonly isOver: boolean;
  /** @throws Error if the server takes no more connections */
  connect(about: ConnectFor): End;
  /**
   * A reload: what is connected goes by the terms of its successor from the next message on; it is
   * over where there is none that is reached in the same way. Resolves when no request uses the
   * manager from before.
   */
  use(next: GatewayParts, successor: Server | undefined): Promise<void>;
  /**
   * A reload replaced it: it serves who is connected to the end. Resolves, with everything closed,
   * when nobody is.
   */
  retire(): Promise<void>;
  close(): Promise<void>;
}

/** What a reload changes also for connections that are open. */
interface Terms extends Pinned {
  readonly config: ServerConfig;
  readonly options: GuardOptions;
}

export interface ServerSettings extends Omit<GuardSettings, "isChanged"> {
  /** The pinned definitions of its tools. */
  readonly pins: Pins | undefined;
  /** What is known of the definitions of each server, over reloads. */
  readonly known: Map<string, Definitions>;
  readonly onDropped: (server: string, message: Message) => void;
  /** What is wrong with a connection. */
  readonly onError: (server: string, error: Error) => void;
  /** A process that had died takes messages again. */
  readonly onRestarted: (server: string) => void;
}

export function serverOf(name: string, config: ServerConfig, settings: ServerSettings): Server {
  const { parts, tracing, onDropped, onError, onRestarted } = settings;
  let terms = termsOf(name, config, settings);
  let isOver = false;
  const guard = createGuard(parts.manager, terms.options);
  const connections = connectionsTo(name, config, {
    ...parts,
    timeoutMs: () => terms.config.timeoutMs,
    onDropped: (message) => onDropped(name, message),
    onRestarted: () => onRestarted(name),
  });
  const inUse = new InUse();
  return {
    name,
    guard,
    get terms() {
      return terms;
    },
    get isOver() {
      return isOver;
    },
    connect(about) {
      const to = about.back ?? connections.connect(about);
      const back = pinned(to, () => terms);
      const traced = tracing === undefined ? back : tracing.back(back, config.traceContext);
      const end = counted(traced, inUse);
      end.onerror = (error) => onError(name, error);
      return end;
    },
    use(next, successor) {
      isOver ||= successor === undefined || !isSameWay(config, successor.terms.config);
      terms = successor?.terms ?? termsOf(name, config, { ...settings, parts: next });
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

function termsOf(name: string, config: ServerConfig, settings: ServerSettings): Terms {
  const { parts, pins, known } = settings;
  const action = config.definitions;
  const definitions = new Definitions(pins, known.get(name), (changed) =>
    parts.log.warn("definition_changed", { server: name, ...changed, action }),
  );
  known.set(name, definitions);
  const isChanged = (tool: unknown) => action === "label" && definitions.isChanged(tool);
  return {
    config,
    definitions,
    refuses: action === "refuse",
    options: guardOptions(name, config, { ...settings, isChanged }),
  };
}

function isSameWay(one: ServerConfig, other: ServerConfig): boolean {
  return isDeepStrictEqual(wayTo(one), wayTo(other));
}

/** How a server is reached: what a connection that is open cannot change. */
export function wayTo(config: ServerConfig): object {
  const { definitions, onDeny, pass, timeoutMs, wireLabels, ...way } = config;
  return way;
}

/** The connection, in use until it ends. */
function counted(back: End, inUse: InUse): End {
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
