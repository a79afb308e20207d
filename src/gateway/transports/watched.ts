/**
 * Tracks the requests to a back: each gets exactly one answer, from the server or, if the server is
 * late or gone, from here. Answers and progress for no open request are dropped and counted. What
 * the server asks gets ids of the gateway, and is taken back when the server is gone.
 */
import { around } from "./around.ts";
import { type AwaitedOptions, AwaitedRequests } from "./awaited-requests.ts";
import { ServerAsks } from "./server-asks.ts";
import {
  cancellationOf,
  cancelledBy,
  type Extra,
  errorAnswer,
  errorOf,
  type Handed,
  invalidAnswer,
  isAnswer,
  isCancellable,
  isLasting,
  isMessage,
  isRequest,
  isWellFormed,
  late,
  type Message,
  type Refusal,
  type RequestId,
  refusedHere,
  serverGone,
  subscriptionKey,
  type Transport,
  tooManyUnanswered,
  unreachable,
  withoutNull,
  writingFault,
} from "./transport.ts";

export interface WatchOptions extends AwaitedOptions {
  /** An answer or progress for no open request was dropped. */
  readonly onDropped: (message: Message) => void;
  /** A request sent at this time, of `performance.now()`, had no answer in time. */
  readonly onLate?: (sentAt: number) => void;
}

export interface WatchedTransport extends Transport {
  /** Answers all open requests, since the server will not. */
  failAll(refusal: Refusal): void;
  /** Refuses and cancels subscriptions, later ones too: a reload replaces the server's process. */
  endSubscriptions(): void;
  /** Answers the open request with this id; without an id, the only open request. */
  fail(id: RequestId | undefined, refusal: Refusal): void;
}

const malformed = new Error(
  'The server\'s answer is not valid: it needs `jsonrpc: "2.0"`, and either a result that is an object or an error with a code and a message.',
);

export function watched(back: Transport, options: WatchOptions): WatchedTransport {
  const { onDropped, onLate } = options;
  const open = new AwaitedRequests(options, (id, sentAt) => {
    if (asks.isWithPerson(id) && open.restart(id)) return;
    onLate?.(sentAt);
    giveUp(id);
  });
  const asks = new ServerAsks();
  let isClosing = false;
  let isRetired = false;

  const transport: Transport = around(back, {
    receive,
    closed: () => failAll(serverGone),
    close() {
      isClosing = true;
      return back.close();
    },
    async send(message, sendOptions) {
      if (isRequest(message)) {
        if (open.isFull) return void deliver(...refusedHere(message.id, tooManyUnanswered));
        if (isRetired && isLasting(message.method))
          return void deliver(...refusedHere(message.id, serverGone));
        open.add(message);
      } else {
        // A server does not answer a cancelled request.
        const id = cancelledBy(message);
        if (id !== undefined && isCancellable(open.methodOf(id))) open.remove(id);
      }
      const wasWithPerson = isAnswer(message) && asks.isWithPerson();
      const own = asks.toServer(message);
      if (own === undefined) return onDropped(message);
      // Only now can the server go on.
      if (wasWithPerson) open.restartAll();
      try {
        await back.send(own, sendOptions);
      } catch (error) {
        if (!isRequest(message)) throw error;
        transport.onerror?.(errorOf(error));
        answer(message.id, unreachable);
      }
    },
  });

  function receive(given: unknown, extra: Extra | undefined): Handed {
    const message = isMessage(given) ? withoutNull(given) : undefined;
    const fault = writingFault(message);
    if (message === undefined) onDropped({});
    else if (fault !== undefined) {
      transport.onerror?.(new Error(fault.message));
      refuse(message, fault);
    } else if (isAnswer(message) && !isWellFormed(message)) {
      transport.onerror?.(malformed);
      refuse(message, invalidAnswer);
    } else {
      const own = open.take(message) ? ofServer(message, extra) : undefined;
      if (own === undefined) onDropped(message);
      else return deliver(own, extra ?? {});
    }
  }

  function ofServer(message: Message, extra: Extra | undefined): Message | undefined {
    return asks.toCaller(message, extra) ?? endOfSubscription(cancelledBy(message));
  }

  /**
   * A server over stdio ends a subscription by cancelling the caller's request. The caller gets the
   * result that ends one over any transport: over HTTP, its stream would stay open without it.
   */
  function endOfSubscription(id: RequestId | undefined): Message | undefined {
    if (id === undefined || !isLasting(open.methodOf(id))) return undefined;
    open.remove(id);
    const result = { resultType: "complete", _meta: { [subscriptionKey]: id } };
    return { jsonrpc: "2.0", id, result };
  }

  /** Refuses a message that the caller's transport could not write. */
  function refuse(message: Message, refusal: Refusal): void {
    if (isAnswer(message) && open.methodOf(message.id) !== undefined)
      answer(message.id, invalidAnswer);
    else if (isRequest(message)) sendOwn(errorAnswer(message.id, refusal));
    else onDropped(message);
  }

  function giveUp(id: RequestId, refusal = late, reason = "timeout"): void {
    const method = open.methodOf(id);
    if (!answer(id, refusal)) return;
    const cancel = cancellationOf({ id, method }, reason);
    if (cancel !== undefined) sendOwn(cancel);
  }

  function sendOwn(message: Message): void {
    back.send(message).catch((error) => transport.onerror?.(errorOf(error)));
  }

  function failAll(refusal: Refusal): void {
    const takenBack = asks.cancelAll();
    // First, so that it still comes on the stream of the request that it belongs to.
    if (!isClosing) for (const [message, extra] of takenBack) deliver(message, extra);
    for (const id of open.ids) answer(id, refusal);
  }

  /** Answers a request, since the server will not. Returns false if it is not open. */
  function answer(id: RequestId, refusal: Refusal): boolean {
    if (open.remove(id) === undefined) return false;
    deliver(...refusedHere(id, refusal));
    return true;
  }

  function deliver(message: Message, extra: Extra): Handed {
    return transport.onmessage?.(message, extra);
  }

  return Object.assign(transport, {
    failAll,
    endSubscriptions() {
      isRetired = true;
      for (const id of open.ids) if (isLasting(open.methodOf(id))) giveUp(id, serverGone, "reload");
    },
    fail(id: RequestId | undefined, refusal: Refusal) {
      const [only] = open.ids.length === 1 ? open.ids : [];
      const meant = id ?? only;
      if (meant !== undefined) answer(meant, refusal);
    },
  });
}
