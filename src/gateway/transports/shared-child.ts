/**
 * Shares one process between many exchanges of MCP 2026-07-28, which are stateless.
 *
 * Two callers may use the same ids and progress tokens, so these are rewritten for the process, and
 * messages from it are routed by the rewritten ones. A message with neither goes to the newest open
 * request that is not a subscription. All exchanges of a process belong to one subject, so nothing
 * crosses subjects. Anonymous callers may be different people, so theirs get such a message only if
 * no other such request is open.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { AgedMap, ignore } from "../../core/data/index.ts";
import { renumbered } from "./server-asks.ts";
import {
  cancellation,
  type Extra,
  type Handed,
  isAnswer,
  isLasting,
  isMessage,
  isRequest,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
  subscriptionKey,
  type Transport,
} from "./transport.ts";

export interface SharedChild {
  /** Returns a transport for one exchange, which has to be closed even if it does not start. */
  connect(): Transport;
  readonly connections: number;
}

export interface SharedChildOptions {
  readonly isAnonymous: boolean;
  /** A message is for no open request, or may be for any of several people. */
  readonly onDropped: (message: Message) => void;
  /** The last exchange ended. */
  readonly onIdle: () => void;
  /** The process did not start, or it ended and will not be restarted. */
  readonly onGone: () => void;
}

interface Asked {
  readonly transport: Transport;
  readonly id: RequestId;
  readonly token: unknown;
}

export function sharedChild(back: Transport, options: SharedChildOptions): SharedChild {
  const { isAnonymous, onDropped, onIdle, onGone } = options;
  let count = 0;
  let started: Promise<void> | undefined;
  let isClosed = false;
  const transports = new Set<Transport>();
  /** By the id that the process knows, which also serves as the progress token. */
  const calls = new AgedMap<number, Asked>();
  const subscriptions = new AgedMap<number, Asked>();

  back.onmessage = (message, extra) => isMessage(message) && receive(message, extra);
  back.onclose = () => {
    isClosed = true;
    onGone();
    for (const transport of [...transports]) transport.onclose?.();
  };

  function receive(message: Message, given: Extra | undefined): Handed {
    if (isAnswer(message)) {
      const found = remove(Number(message.id));
      if (found === undefined) return;
      const extra: Extra = { ...given, relatedRequestId: found.id };
      return found.transport.onmessage?.(answerOf(found.id, message), extra);
    }
    const params = paramsOf(message);
    const meta = metaOf(message);
    const named = params.progressToken ?? meta[subscriptionKey];
    const found = named === undefined ? newest() : get(Number(named));
    if (found === undefined) {
      onDropped(message);
      return;
    }
    const extra: Extra = { relatedRequestId: found.id };
    return found.transport.onmessage?.(withNamesOf(found, message, params, meta), extra);
  }

  function get(id: number): Asked | undefined {
    return calls.get(id) ?? subscriptions.get(id);
  }

  /** Returns the request that was removed, if it was open. */
  function remove(id: number): Asked | undefined {
    return calls.remove(id) ?? subscriptions.remove(id);
  }

  /** The likeliest request for a message that names none. */
  function newest(): Asked | undefined {
    const likely = calls.size > 0 ? calls : subscriptions;
    return isAnonymous && likely.size > 1 ? undefined : likely.newest;
  }

  function connect(): Transport {
    const own = new Set<number>();
    const transport: Transport = {
      async start() {
        started ??= back.start();
        try {
          await started;
        } catch (error) {
          onGone();
          throw error;
        }
        if (isClosed) throw new Error("The server is gone.");
      },
      async send(message) {
        if (isRequest(message)) {
          count += 1;
          own.add(count);
          const { progressToken: token } = metaOf(message);
          const { id, method } = message;
          const alike = isLasting(method) ? subscriptions : calls;
          alike.add(count, { transport, id, token });
          await back.send(renumbered(message, count));
        } else if (message.method === "notifications/cancelled") {
          const params = paramsOf(message);
          const known = [...own].find((id) => get(id)?.id === params.requestId);
          if (known === undefined) return;
          remove(known);
          await back.send({ ...message, params: { ...params, requestId: known } });
        } else await back.send(message);
      },
      async close() {
        if (!transports.delete(transport)) return;
        const open = [...own].filter((id) => remove(id) !== undefined);
        for (const id of open) void ignore(back.send(cancellation(id, "The caller is gone")));
        // For these to be written, but no longer: a process that does not read never takes them.
        if (open.length > 0) await nextTurn();
        transport.onclose?.();
        if (transports.size === 0) onIdle();
      },
    };
    // Before it starts, so that its process does not count as idle until then.
    transports.add(transport);
    return transport;
  }

  return {
    connect,
    get connections() {
      return transports.size;
    },
  };
}

/** Restores the caller's own id in an answer, also in the result that ends a subscription. */
function answerOf(id: RequestId, message: Message): Message {
  const { result } = message;
  const meta = isMessage(result) && isMessage(result._meta) ? result._meta : {};
  if (!isMessage(result) || meta[subscriptionKey] === undefined) return { ...message, id };
  return { ...message, id, result: { ...result, _meta: { ...meta, [subscriptionKey]: id } } };
}

/** Restores the caller's own progress token and subscription id in a notification. */
function withNamesOf(
  { id, token }: Asked,
  message: Message,
  params: Message,
  meta: Message,
): Message {
  const isProgress = params.progressToken !== undefined;
  const isSubscription = meta[subscriptionKey] !== undefined;
  return {
    ...message,
    params: {
      ...params,
      ...(isProgress && { progressToken: token }),
      ...(isSubscription && { _meta: { ...meta, [subscriptionKey]: id } }),
    },
  };
}
