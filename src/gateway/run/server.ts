/** A server behind the gateway: its guard, and connections to it. */
import type { Guard } from "../../providers/mcp/index.ts";
import { InUse } from "../../providers/rewrite/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { Definitions, type Pins, pinned } from "../definitions/index.ts";
import { around, type ConnectFor, connectionsTo, type End, type Message } from "../ends/index.ts";
import { type GuardSettings, guardOf } from "./guarded-server.ts";

export interface Server {
  readonly name: string;
  readonly guard: Guard;
  /** @throws Error if the server takes no more connections */
  connect(about: ConnectFor): End;
  /**
   * A reload replaced it: it serves who is connected to the end. Resolves, with everything closed,
   * when nobody is.
   */
  retire(): Promise<void>;
  close(): Promise<void>;
}

export interface ServerSettings extends Omit<GuardSettings, "isChanged"> {
  /** The pinned definitions of its tools. */
  readonly pins: Pins | undefined;
  /** The first definitions that were seen of it, which count where none are pinned. */
  readonly seen: Map<string, string>;
  readonly onDropped: (server: string, message: Message) => void;
  /** What is wrong with a connection. */
  readonly onError: (server: string, error: Error) => void;
  /** A process that had died takes messages again. */
  readonly onRestarted: (server: string) => void;
}

export function serverOf(name: string, config: ServerConfig, settings: ServerSettings): Server {
  const { parts, pins, seen, tracing, onDropped, onError, onRestarted } = settings;
  const action = config.definitions;
  const definitions = new Definitions(pins, seen, (changed) =>
    parts.log.warn("definition_changed", { server: name, ...changed, action }),
  );
  const connections = connectionsTo(name, config, {
    ...parts,
    onDropped: (message) => onDropped(name, message),
    onRestarted: () => onRestarted(name),
  });
  const inUse = new InUse();
  return {
    name,
    guard: guardOf(name, config, {
      ...settings,
      isChanged: (tool) => action === "label" && definitions.isChanged(tool),
    }),
    connect(about) {
      const to = about.back ?? connections.connect(about);
      const back = pinned(to, definitions, action === "refuse");
      const traced = tracing === undefined ? back : tracing.back(back, config.traceContext);
      const end = counted(traced, inUse);
      end.onerror = (error) => onError(name, error);
      return end;
    },
    async retire() {
      connections.retire();
      await inUse.free();
      await connections.close();
    },
    close: connections.close,
  };
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
    send: (message, options) => back.send(message, options),
    receive: (_message, _extra, deliver) => deliver(),
    async close() {
      await back.close();
      closed();
    },
  });
}
