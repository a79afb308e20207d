import { within } from "../../core/data/index.ts";
import { type Connection, sendBy } from "./connection.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { GuardParts } from "./lane.ts";
import { createTraffic } from "./traffic.ts";
import type { TransportLike, Wire } from "./transport.ts";

/**
 * How long the end of a connection waits for what is still being judged: a function of the host may
 * never settle.
 */
export const longestJudgedMs = 30_000;

export interface Guarded<Transport> {
  /** The transport with hooks around it. Everything else on it is unchanged. */
  readonly transport: Transport;
  /** Resolves when no message is on its way through the hooks. */
  settled(): Promise<void>;
}

export function guardedTransport<Transport extends TransportLike>(
  { transport, outbox, endsRequests = false }: Connection<Transport>,
  sessionName: string | undefined,
  guard: GuardParts,
): Guarded<Transport> {
  const { memory } = guard;
  // Both SDKs type the same transport, each with a message type of its own.
  const wire = transport as Wire;
  const joined = memory.join(sessionName);
  const session = () => memory.current(joined);
  /** The handlers of the protocol above. Absent until it sets them. */
  const above = new Map<PropertyKey, unknown>();
  let isClosed = false;
  /** Whether the host closed the transport itself. */
  let isLeft = false;
  /** The end that the peer began, until the transport is started again. */
  let peerEnd: object | undefined;

  const sides = {
    send: (message: unknown, options: unknown) =>
      sendBy(wire, outbox, message, withLateEnd(message, options)),
    deliver(message: unknown, extra: unknown) {
      handler("onmessage")?.(message, extra);
    },
    report: (error: Error) => wire.onerror?.(error),
    sessionId: () => wire.sessionId,
  };
  const traffic = createTraffic(sides, session, guard);

  const ends = () => ({
    received: sessionName === undefined || endsRequests || wire.endsRequests === true,
    sent: endsRequests,
  });

  function stop(): void {
    if (memory.knows(joined)) traffic.stop(ends());
    memory.leave(joined);
  }

  const below = {
    onmessage: (message: unknown, extra?: unknown) => traffic.receive(message, extra),
    onclose: () => {
      if (isLeft || !memory.knows(joined)) return end();
      traffic.stop(ends(), true);
      const ending = peerEnd ?? {};
      peerEnd = ending;
      afterJudged(() => peerEnd === ending && end());
    },
  };

  /** Goes on when what the peer sent before has been judged and delivered, or after a limit. */
  function afterJudged(next: () => unknown, keys?: Iterable<unknown>): void {
    const judged = traffic.judged(keys);
    if (judged === undefined) next();
    else
      within(longestJudgedMs, () => judged)
        .then(next)
        .catch(sides.report);
  }

  /** SDK v2 takes the end of a stream that comes before the answer for a lost connection. */
  function withLateEnd(message: unknown, options: unknown): unknown {
    const onEnd = isObject(options) ? options.onRequestStreamEnd : undefined;
    if (typeof onEnd !== "function") return options;
    // Not for the answers to other requests, of which there may be many.
    const keys = [(message as JsonObject).id, null];
    const onRequestStreamEnd = () => afterJudged(() => onEnd(), keys);
    return { ...(options as object), onRequestStreamEnd };
  }

  function end(): void {
    stop();
    // Some transports report every `close` call; two ends that close each other would never stop.
    if (isClosed) return;
    isClosed = true;
    // It may be wrapped again, which requires that nothing is connected to it.
    Reflect.set(transport, "onmessage", undefined, transport);
    handler("onclose")?.();
  }

  /** The members that the guard replaces. If SDK v2 assigns one later, that stays on the guard. */
  const own = new Map<PropertyKey, unknown>([
    ["start", start],
    ["send", (message: unknown, options?: unknown) => traffic.send(message, options)],
    [
      "close",
      () => {
        isLeft = true;
        stop();
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
    // A transport may buffer messages until it has a handler; the guard always needs `onclose`.
    const isOff = key === "onmessage" && value === undefined;
    Reflect.set(transport, key, isOff ? undefined : below[key], transport);
  }

  /** A handler set on the transport itself must not see unchecked messages. */
  function start(): Promise<void> {
    // Nobody waits for what is still being judged of an earlier connection.
    if (peerEnd !== undefined) stop();
    peerEnd = undefined;
    isClosed = false;
    isLeft = false;
    for (const key of ["onclose", "onmessage"] as const) {
      attach(key, above.has(key) ? above.get(key) : wire[key]);
    }
    return wire.start();
  }

  const bound = new WeakMap<object, unknown>();

  const guarded = new Proxy(transport, {
    get(target, key) {
      // SDK v2 would start a second process with these, and ask it `server/discover` unguarded.
      if (key === "_serverParams") return undefined;
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
  return { transport: guarded, settled: traffic.settled };
}

function isHandler(key: PropertyKey): boolean {
  return key === "onmessage" || key === "onclose" || key === "onerror";
}
