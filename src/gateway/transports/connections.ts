/** Connections to a server behind the gateway. */
import { setMaxListeners } from "node:events";
import process from "node:process";
import { ignore } from "../../core/data/index.ts";
import {
  type CommandServer,
  type GatewayConfig,
  hiding,
  type Secret,
  type ServerConfig,
  type UrlServer,
  withSecrets,
} from "../config/index.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type ChildBack, type ChildNote, childBack, childEnvironment } from "./child-back.ts";
import { HttpBack } from "./http-back.ts";
import { httpAgent } from "./http-client.ts";
import { type SharedChild, sharedChild } from "./shared-child.ts";
import { type SupervisedNote, supervised } from "./supervised.ts";
import { type Message, type RequestId, refusalOf, type Transport, tooLarge } from "./transport.ts";
import { type WatchedTransport, type WatchOptions, watched } from "./watched.ts";

/** What a connection is for. */
export interface ConnectFor {
  /** Identifies the caller: equal for the same caller. */
  readonly key: string;
  /** Whether different people may have the same key. */
  readonly isAnonymous?: boolean;
  /** The exchange of MCP 2026-07-28 that needs the connection; absent for a session. */
  readonly exchange?: { readonly headers: Headers; readonly message: unknown };
  /** The connection, if there already is one: for an exchange that a proxy holds. */
  readonly back?: Transport;
  /** The server ended a request's stream early. */
  readonly onCut?: (id: RequestId) => void;
}

/** A server has as many processes as it may have. */
export class TooManyProcesses extends Error {}

export interface Connections {
  /** For what the server sends, on all of them. */
  readonly budget: ByteBudget;
  /** @throws TooManyProcesses */
  connect(about: ConnectFor): Transport;
  /** Returns whether one more process may run. Ends an idle one for it. */
  makeRoom(): boolean;
  /** Lets open requests finish, ends subscriptions to processes, and keeps nothing for later. */
  retire(): void;
  close(): Promise<void>;
}

export interface ConnectionParts {
  readonly config: Pick<GatewayConfig, "limits">;
  readonly secrets: (secret: string | Secret) => string;
  /** The server's processes that count: also those of connections that a reload replaced. */
  readonly processes: Set<Transport>;
  /** Aborts when processes that are being ended must go. */
  readonly hurried?: AbortSignal | undefined;
  readonly log: {
    warn(event: `server_${ChildNote | SupervisedNote | "silent"}`, fields: object): void;
  };
  /** Returns how long a request may wait. Default: as the server's configuration says. */
  readonly timeoutMs?: () => number;
  readonly onDropped?: (message: Message) => void;
  /** A process that died was restarted, and takes messages again. */
  readonly onRestarted?: () => void;
}

export function connectionsTo(
  name: string,
  config: ServerConfig,
  parts: ConnectionParts,
): Connections {
  const watch: Watch = (back, more) =>
    watched(back, {
      timeoutMs: parts.timeoutMs ?? (() => config.timeoutMs),
      inFlight: parts.config.limits.inFlight,
      onDropped: (message) => parts.onDropped?.(message),
      ...more,
    });
  return "url" in config ? overHttp(config, parts, watch) : processes(name, config, parts, watch);
}

type Watch = (back: Transport, more?: Pick<WatchOptions, "onLate">) => WatchedTransport;

function overHttp(
  { url, headers, forward }: UrlServer,
  { config, secrets }: ConnectionParts,
  watch: Watch,
): Connections {
  const agent = httpAgent();
  const budget = new ByteBudget(config.limits.inFlightBytes);
  const ending = new Set<Promise<void>>();
  const own = () => withSecrets(headers, secrets);
  const hide = hiding(headers, secrets);
  return {
    connect({ exchange, onCut }) {
      // Whoever connects hears of a missing secret at once.
      own();
      const back = new HttpBack({
        url,
        dispatcher: agent,
        headers: own,
        hide,
        forward,
        maxBytes: config.limits.messageBytes,
        budget,
        ...(exchange && { exchange }),
        ...(onCut && { onCut }),
      });
      return awaited(watch(back), ending);
    },
    budget,
    makeRoom: () => true,
    // Unused connections close by themselves.
    retire: () => {},
    async close() {
      // Otherwise the servers would not hear that their sessions have ended.
      await Promise.allSettled(ending);
      await agent.destroy();
    },
  };
}

/** Adds each closing of a connection to `ending` until it is over. */
function awaited(back: WatchedTransport, ending: Set<Promise<void>>): WatchedTransport {
  const close = back.close;
  back.close = () => {
    const ended = close();
    ending.add(ended);
    void ignore(ended).then(() => ending.delete(ended));
    return ended;
  };
  return back;
}

const silent =
  "A request timed out, and the process wrote nothing in the meantime. If it hangs, end it: it is started again, and its open requests are refused.";
const died = refusalOf(-32014, "peer_died", "The server ended before it answered");

/**
 * Each session has its own process, which keeps the session's state. Exchanges have no state, so
 * those of one subject share a process.
 */
function processes(
  name: string,
  { command, args, env, cwd }: CommandServer,
  parts: ConnectionParts,
  watch: Watch,
): Connections {
  const { secrets, processes: counted, hurried, log, onRestarted, onDropped } = parts;
  const { messageBytes, inFlightBytes, queuedBytes, children } = parts.config.limits;
  const budget = new ByteBudget(inFlightBytes);
  /** Only those of these connections, which end with them. */
  const running = new Set<Transport>();
  const ending = new Set<Promise<void>>();
  const shared = new Map<
    string,
    { readonly child: SharedChild; readonly back: WatchedTransport }
  >();
  let isRetired = false;
  // Each process that is being ended listens.
  if (hurried !== undefined) setMaxListeners(0, hurried);

  /** Runs a process that is restarted when it dies. */
  function run(): WatchedTransport {
    if (!makeRoom())
      throw new TooManyProcesses(
        `Server ${name} already has ${children} processes, which is the limit: see limits.children.`,
      );
    let child: ChildBack | undefined;
    let reported: ChildBack | undefined;
    const start = (): ChildBack => {
      child = childBack({
        command,
        args,
        cwd,
        env: childEnvironment(process.env, withSecrets(env, secrets)),
        maxBytes: messageBytes,
        budget,
        queuedBytes,
        hurried,
        onNote: (kind, text) => log.warn(`server_${kind}`, { server: name, text }),
        onTooLarge(id) {
          outer.fail(id, tooLarge);
          // The process is being ended, and later requests wait for the next one.
          if (id === undefined) outer.failAll(died);
        },
      });
      return child;
    };
    /** Ending a process that may hang is for the operator: it may still be working on tasks. */
    const onLate = (sentAt: number) => {
      if (child === undefined || child === reported || child.heardAt >= sentAt) return;
      reported = child;
      log.warn("server_silent", { server: name, pid: child.pid, text: silent });
    };
    const back = supervised({
      start,
      onDown: () => outer.failAll(died),
      onNote(what, attempt) {
        if (what === "restarted") onRestarted?.();
        log.warn(`server_${what}`, { server: name, attempt });
      },
    });
    const outer = awaited(watch(back, { onLate }), ending);
    const close = outer.close;
    outer.close = () => {
      counted.delete(outer);
      running.delete(outer);
      return close();
    };
    counted.add(outer);
    running.add(outer);
    return outer;
  }

  /** At the limit, ends the oldest shared process that nobody is using. */
  function makeRoom(): boolean {
    if (counted.size >= children) {
      const [key] = [...shared].find(([, { child }]) => child.connections === 0) ?? [];
      if (key !== undefined) end(key);
    }
    return counted.size < children;
  }

  function end(key: string): void {
    const known = shared.get(key);
    shared.delete(key);
    void known?.back.close();
  }

  function share({ key, isAnonymous = false }: ConnectFor): Transport {
    const known = shared.get(key);
    if (known !== undefined) return known.child.connect();
    const back = run();
    const child = sharedChild(back, {
      isAnonymous,
      onDropped: (message) => onDropped?.(message),
      onIdle: () => isRetired && end(key),
      onGone() {
        // One that did not start would be tried again, although nobody will use it.
        void back.close();
        if (shared.get(key)?.back === back) shared.delete(key);
      },
    });
    shared.set(key, { child, back });
    return child.connect();
  }

  return {
    connect: (about) => (about.exchange === undefined ? run() : share(about)),
    budget,
    makeRoom,
    retire() {
      isRetired = true;
      for (const [key, { child, back }] of [...shared]) {
        // Later requests go to another process, so these would hear of no change.
        back.endSubscriptions();
        if (child.connections === 0) end(key);
      }
    },
    async close() {
      for (const each of running) void ignore(each.close());
      // Also those whose callers left just before: nothing ends them once the gateway is gone.
      await Promise.allSettled(ending);
    },
  };
}
