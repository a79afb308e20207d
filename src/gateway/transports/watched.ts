/**
 * Tracks the requests to a back: each gets exactly one answer, from the server or, if the server is
 * late or gone, from here. Answers and progress for no open request are dropped and counted. What
 * the server asks gets ids of the gateway, and is taken back when the server is gone.
 */
import { around } from "./around.ts";
import { beginsTask, ServerAsks } from "./server-asks.ts";
import {
  cancellationOf,
  cancelledBy,
  type Extra,
  errorAnswer,
  errorOf,
  invalidAnswer,
  isAnswer,
  isCancellable,
  isMessage,
  isRequest,
  isRequestId,
  isTooDeep,
  keyOf,
  late,
  type Message,
  metaOf,
  paramsOf,
  type Refusal,
  type RequestId,
  type RequestMessage,
  refusedHere,
  serverGone,
  type Transport,
  tooDeep,
  tooManyUnanswered,
  unreachable,
} from "./transport.ts";

export interface WatchOptions {
  /** How long a request may wait for its answer. Progress restarts the timer. */
  readonly timeoutMs: () => number;
  /** How many requests may be open. */
  readonly inFlight: number;
  /** An answer or progress for no open request was dropped. */
  readonly onDropped: (message: Message) => void;
}

export interface WatchedTransport extends Transport {
  /** Answers all open requests, since the server will not. */
  failAll(refusal: Refusal): void;
  /** Refuses and cancels the open subscriptions, since a reload replaces the server's process. */
  endSubscriptions(): void;
  /** Answers the open request with this id; without an id, the only open request. */
  fail(id: RequestId | undefined, refusal: Refusal): void;
}

interface Open {
  readonly id: RequestId;
  readonly method: string;
  readonly token: string | undefined;
  timer: NodeJS.Timeout;
}

/** The progress of a request, or of the task that it began. */
interface Progress {
  /** Absent once the request continues as a task. */
  readonly entry: Open | undefined;
  readonly takes: ProgressFilter;
}

/** In `_meta`: the id of the request that opened the subscription. MCP 2026-07-28. */
export const subscriptionKey = "io.modelcontextprotocol/subscriptionId";

/** Whether a request is only answered when its subscription ends. */
export function isLasting(method: unknown): boolean {
  return method === "subscriptions/listen";
}

export function watched(back: Transport, options: WatchOptions): WatchedTransport {
  const { timeoutMs, inFlight, onDropped } = options;
  const open = new Map<string, Open>();
  /** By progress token. */
  const tokens = new Map<string, Progress>();
  const asks = new ServerAsks();
  let isClosing = false;

  const transport: Transport = around(back, {
    receive,
    closed: () => failAll(serverGone),
    close() {
      isClosing = true;
      return back.close();
    },
    async send(message, sendOptions) {
      if (isRequest(message)) {
        if (open.size >= inFlight) return deliver(...refusedHere(message.id, tooManyUnanswered));
        note(message);
      } else {
        const id = cancelledBy(message);
        const key = id === undefined ? "" : keyOf(id);
        // A server does not answer a cancelled request.
        if (isCancellable(open.get(key)?.method)) forget(key);
      }
      const own = asks.toServer(message);
      if (own === undefined) return onDropped(message);
      try {
        await back.send(own, sendOptions);
      } catch (error) {
        if (!isRequest(message)) throw error;
        transport.onerror?.(errorOf(error));
        answer(keyOf(message.id), unreachable);
      }
    },
  });

  function note(message: RequestMessage): void {
    const key = keyOf(message.id);
    forget(key);
    const token = tokenKey(metaOf(message).progressToken);
    const { id, method } = message;
    const entry: Open = { id, method, token, timer: deadline(key, method) };
    open.set(key, entry);
    if (token !== undefined) tokens.set(token, { entry, takes: progressFilter() });
  }

  function deadline(key: string, method: unknown): NodeJS.Timeout {
    const timer = setTimeout(() => giveUp(key), isLasting(method) ? 2_147_483_647 : timeoutMs());
    return timer.unref();
  }

  function giveUp(key: string, refusal = late, reason = "timeout"): void {
    const entry = open.get(key);
    if (entry === undefined) return;
    answer(key, refusal);
    const cancel = cancellationOf(entry, reason);
    if (cancel !== undefined) sendOwn(cancel);
  }

  function forget(key: string): void {
    const entry = open.get(key);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    open.delete(key);
    if (entry.token !== undefined && tokens.get(entry.token)?.entry === entry)
      tokens.delete(entry.token);
  }

  function receive(message: unknown, extra: Extra | undefined): void {
    if (!isMessage(message)) onDropped({});
    else if (isTooDeep(message)) refuse(message);
    else {
      const own = isExpected(message) ? ofServer(message, extra) : undefined;
      if (own === undefined) onDropped(message);
      else deliver(own, extra ?? {});
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
    const key = id === undefined ? "" : keyOf(id);
    if (!isLasting(open.get(key)?.method)) return undefined;
    forget(key);
    const result = { resultType: "complete", _meta: { [subscriptionKey]: id } };
    return { jsonrpc: "2.0", id, result };
  }

  /** Refuses a message that the caller's transport could not write. */
  function refuse(message: Message): void {
    if (isAnswer(message) && open.has(keyOf(message.id))) answer(keyOf(message.id), invalidAnswer);
    else if (isRequest(message)) sendOwn(errorAnswer(message.id, tooDeep));
    else onDropped(message);
  }

  function sendOwn(message: Message): void {
    back.send(message).catch((error) => transport.onerror?.(errorOf(error)));
  }

  /** Whether a message answers an open request, reports progress of one, or needs no request. */
  function isExpected(message: Message): boolean {
    if (isAnswer(message)) {
      const key = keyOf(message.id);
      const entry = open.get(key);
      const progress = tokens.get(entry?.token ?? "");
      forget(key);
      if (progress !== undefined && progress.entry === entry && beginsTask(message))
        keepToken(entry?.token ?? "", progress);
      return entry !== undefined;
    }
    // Anything else without a method is not a message.
    if (message.method !== "notifications/progress") return typeof message.method === "string";
    const params = paramsOf(message);
    const token = tokenKey(params.progressToken) ?? "";
    const known = tokens.get(token);
    if (known?.takes(params.progress) !== true) return false;
    known.entry?.timer.refresh();
    return true;
  }

  function deliver(message: Message, extra: Extra): void {
    transport.onmessage?.(message, extra);
  }

  function failAll(refusal: Refusal): void {
    const takenBack = asks.cancelAll();
    // First, so that it still comes on the stream of the request that it belongs to.
    if (!isClosing) for (const [message, extra] of takenBack) deliver(message, extra);
    for (const key of [...open.keys()]) answer(key, refusal);
  }

  /** Answers an open request, since the server will not. */
  function answer(key: string, refusal: Refusal): void {
    const entry = open.get(key);
    if (entry === undefined) return;
    forget(key);
    deliver(...refusedHere(entry.id, refusal));
  }

  /** Keeps a progress token, because a task reports progress after the answer that began it. */
  function keepToken(token: string, { takes }: Progress): void {
    const [oldest] = [...tokens].find(([, { entry }]) => entry === undefined) ?? [];
    if (tokens.size > 2 * inFlight && oldest !== undefined) tokens.delete(oldest);
    tokens.set(token, { entry: undefined, takes });
  }

  return Object.assign(transport, {
    failAll,
    endSubscriptions() {
      for (const [key, { method }] of [...open])
        if (isLasting(method)) giveUp(key, serverGone, "reload");
    },
    fail(id: RequestId | undefined, refusal: Refusal) {
      const [only] = open.size === 1 ? open.keys() : [];
      const key = id === undefined ? only : keyOf(id);
      if (key !== undefined) answer(key, refusal);
    },
  });
}

function tokenKey(token: unknown): string | undefined {
  return isRequestId(token) ? keyOf(token) : undefined;
}

/** Returns whether a notification with this `progress` is passed on. */
type ProgressFilter = (progress: unknown) => boolean;

/** How many progress notifications pass per second and request. MCP asks both sides for a limit. */
const progressPerSecond = 100;

/** Makes a filter that drops progress that goes backward, and protects the caller from floods. */
function progressFilter(): ProgressFilter {
  let last = Number.NEGATIVE_INFINITY;
  let second = { began: performance.now(), count: 0 };
  return (progress) => {
    if (typeof progress !== "number" || !(progress >= last)) return false;
    const at = performance.now();
    if (at - second.began >= 1000) second = { began: at, count: 0 };
    if (second.count >= progressPerSecond) return false;
    second.count += 1;
    last = progress;
    return true;
  };
}
