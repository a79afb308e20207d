import type { AnyHookManager, HookManager } from "./manager.ts";
import type { GuardOptions } from "./options.ts";
import { checkManager, checkTransport, readGuardOptions } from "./read-guard.ts";
import { createTraffic } from "./traffic.ts";
import type { TransportLike, Wire } from "./transport.ts";

/**
 * Returns `transport` with hooks around its tool calls, prompts and resources.
 *
 * Connect a client or a server to what is returned instead of to `transport`. It works with the
 * transports of `@modelcontextprotocol/sdk` and of `@modelcontextprotocol/client` and `/server`,
 * and needs neither. A request runs the pre hooks before it is sent, or before a server gets it;
 * its answer runs the post hooks with the extensions and context the pre hooks left.
 * What a plugin did not change stays as it was in the JSON-RPC message. Everything else of the
 * transport, `sessionId` or `terminateSession` say, is reached through it unchanged.
 *
 * A refused request is answered by a JSON-RPC error, or for tools by a result, as
 * `options.onDeny` says. Whatever could not be checked is refused.
 * Nothing a peer sends becomes part of the envelope: `options.envelope` alone makes it. What
 * servers claim of their data adds labels only where `options.labels.fromWire` says so.
 *
 * Data policies in the envelope (`security.data`) label results and say which may leave. With
 * `options.labels` the labels of a call go on to the next of its session.
 *
 * @throws GlassineError `options_invalid`, also for another transport or manager; `session_invalid`
 * @example
 * ```ts no-run
 * import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
 * import { createPluginManager } from "glassine";
 * import { guardTransport } from "glassine/mcp";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const client = new Client({ name: "host", version: "1.0.0" });
 * const transport = new StreamableHTTPClientTransport(new URL("http://localhost:3000/mcp"));
 * await client.connect(guardTransport(transport, manager, { serverId: "files" }));
 * ```
 */
export function guardTransport<Transport extends TransportLike, Extensions = unknown>(
  transport: Transport,
  manager: AnyHookManager<Extensions>,
  options: GuardOptions<Extensions> = {},
): Transport {
  checkTransport(transport);
  checkManager(manager);
  const read = readGuardOptions(options);
  const wire = transport as unknown as Wire;
  /** The handlers of the protocol above. Absent until it sets them. */
  const above = new Map<PropertyKey, unknown>();
  let isClosed = false;

  const traffic = createTraffic(
    {
      send: (message, sendOptions) => Promise.resolve(wire.send(message, sendOptions)),
      deliver(message, extra) {
        handler("onmessage")?.(message, extra);
      },
      report: (error) => wire.onerror?.(error),
      sessionId: () => wire.sessionId,
    },
    manager as HookManager,
    read,
  );

  const below = {
    onmessage: (message: unknown, extra?: unknown) => traffic.receive(message, extra),
    onclose: () => {
      traffic.stop();
      // Some transports tell it at each call of `close`. Two ends that close each other would go on.
      if (isClosed) return;
      isClosed = true;
      handler("onclose")?.();
    },
  };

  /** What the guard does in its own way. A later assignment, as SDK v2 makes, stays on the guard. */
  const own = new Map<PropertyKey, unknown>([
    ["start", start],
    ["send", (message: unknown, sendOptions?: unknown) => traffic.send(message, sendOptions)],
    [
      "close",
      () => {
        traffic.stop();
        return wire.close();
      },
    ],
  ]);

  function handler(key: keyof typeof below): ((...args: unknown[]) => void) | undefined {
    const found = above.get(key);
    return typeof found === "function" ? (found as (...args: unknown[]) => void) : undefined;
  }

  function attach(key: keyof typeof below, value: unknown): void {
    above.set(key, value);
    // A transport may hold messages back until it has a handler. A close is always of interest.
    const isOff = key === "onmessage" && value === undefined;
    Reflect.set(transport, key, isOff ? undefined : below[key], transport);
  }

  /** A handler that the host set on the transport itself must not see what was not checked. */
  function start(): Promise<void> {
    isClosed = false;
    if (!above.has("onclose")) attach("onclose", wire.onclose);
    if (!above.has("onmessage")) attach("onmessage", wire.onmessage);
    return wire.start();
  }

  const bound = new WeakMap<object, unknown>();

  return new Proxy(transport, {
    get(target, key) {
      if (own.has(key)) return own.get(key);
      if (above.has(key)) return above.get(key);
      // Read on the transport itself, so that accessors and private fields work.
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor" || isHandler(key)) return value;
      const known = bound.get(value) ?? value.bind(target);
      bound.set(value, known);
      return known;
    },
    set(target, key, value) {
      if (own.has(key)) own.set(key, value);
      else if (key === "onmessage" || key === "onclose") attach(key, value);
      else return Reflect.set(target, key, value, target);
      return true;
    },
  });
}

function isHandler(key: PropertyKey): boolean {
  return key === "onmessage" || key === "onclose" || key === "onerror";
}
