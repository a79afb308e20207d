/** Joins two transports: the caller's, and the one to the server it calls. */

import { within } from "../../core/data/index.ts";
import { type Connection, sendBy } from "./connection.ts";
import { type Denial, errorAnswer, guardErrorCodes, tooManyOpen } from "./denials.ts";
import { type Guarded, longestJudgedMs } from "./guarded-transport.ts";
import { isObject, type JsonObject } from "./json.ts";
import { OpenRequests, tokenOf } from "./open-requests.ts";
import {
  isAnswer,
  isRequest,
  keyOf,
  type RequestId,
  subscription,
  type TransportLike,
  type Wire,
} from "./transport.ts";

/** What `bridge` resolves to. */
export interface Bridge {
  /** Closes both transports. */
  close(): Promise<void>;
  /**
   * Resolves when no message is on its way: each one was passed on, answered or dropped. Without it
   * you could not tell a dropped notification from one that plugins are still judging.
   */
  settled(): Promise<void>;
}

const unreachable = {
  code: guardErrorCodes.unreachable,
  message: "The other side could not be reached",
  data: { code: "peer_unreachable" },
};
/** Tells the guard that the answer comes from the bridge, not from the peer. */
const asRefusal = ({ data }: Pick<Denial, "data">) => ({
  refusal: { outcome: "errored", code: data.code },
});

/** What the bridge remembers about a caller's request until it is answered. */
interface Asked {
  readonly id: RequestId;
  readonly method: unknown;
  readonly token: string | undefined;
  /** Aborted when the caller cancels it. Absent if the server's end has no stream for each. */
  readonly stream: AbortController | undefined;
}

/** Whether the caller has cancelled the request that is sent with these options. */
function isCancelled(options: unknown): boolean {
  const signal = isObject(options) ? options.requestSignal : undefined;
  return signal instanceof AbortSignal && signal.aborted;
}

/** What only some transports have. */
type FullWire = Wire & {
  readonly setProtocolVersion?: (version: string) => void;
  /** SDK v2: `send` takes the option `requestSignal`, which closes the stream of a request. */
  readonly hasPerRequestStream?: boolean;
};

/** Connects two transports that have not started yet, and starts them. */
export async function bridgeOf(
  { transport: caller, settled }: Guarded<TransportLike>,
  { transport: upstream, outbox }: Connection<TransportLike>,
): Promise<Bridge> {
  // `TransportLike` leaves out what only some transports have.
  const near = caller as FullWire;
  const far = upstream as FullWire;
  /** The caller's unanswered requests. */
  let asked = new OpenRequests<Asked>();
  /** Messages from the caller that are on their way to the server. */
  const sending = new Set<Promise<void>>();
  /** Messages from the server that are on their way to the caller. */
  const handing = new Set<Promise<void>>();
  let isClosed = false;

  function report(end: Wire, error: unknown): void {
    end.onerror?.(error instanceof Error ? error : new Error(String(error)));
  }

  /**
   * Passes a message on. A request that cannot be passed on is answered with an error, so that its
   * sender does not wait forever.
   */
  async function hand(from: Wire, to: Wire, message: unknown, options?: unknown): Promise<void> {
    try {
      await sendBy(to, to === far ? outbox : undefined, message, options);
    } catch (error) {
      if (isCancelled(options)) return;
      report(to, error);
      if (!isObject(message) || !isRequest(message)) return;
      if (from === near) asked.remove(String(keyOf(message.id)));
      await from.send(
        { jsonrpc: "2.0", id: message.id, error: unreachable },
        asRefusal(unreachable),
      );
    }
  }

  near.onmessage = (message, extra) => {
    const refusal = isObject(message) ? note(message) : undefined;
    const sent =
      refusal === undefined
        ? hand(near, far, message, optionsFrom(message, extra))
        : near.send(refusal, asRefusal(tooManyOpen));
    follow(sent, near, sending);
  };

  function follow(handed: Promise<void>, from: Wire, others: Set<Promise<void>>): Promise<void> {
    const over = handed
      .catch((error) => report(from, error))
      .finally(() => void others.delete(over));
    others.add(over);
    return over;
  }

  /** The send options for a caller's message: what came with it, and what to do without an answer. */
  function optionsFrom(message: unknown, extra: unknown): object | undefined {
    const own = extra === undefined ? undefined : { caller: extra };
    if (!isObject(message) || !isRequest(message)) return own;
    const key = String(keyOf(message.id));
    const request = asked.get(key);
    return {
      ...own,
      // MCP 2026-07-28: over HTTP, closing its stream is what cancels a request.
      ...(request?.stream && { requestSignal: request.stream.signal }),
      // SDK v2 calls it if the HTTP stream of the request ends, even after the answer.
      onRequestStreamEnd() {
        if (request === undefined || asked.get(key) !== request) return;
        asked.remove(key);
        follow(answerUnreachable(request), far, handing);
      },
    };
  }

  function answerUnreachable({ id }: Asked): Promise<void> {
    return near.send({ jsonrpc: "2.0", id, error: unreachable }, asRefusal(unreachable));
  }

  /** Remembers a request until it is answered or cancelled. Refuses it if too many are open. */
  function note(message: JsonObject): JsonObject | undefined {
    if (isRequest(message)) {
      const { id, method } = message;
      if (asked.isFull) return errorAnswer(id, tooManyOpen);
      const stream = far.hasPerRequestStream === true ? new AbortController() : undefined;
      asked.add(String(keyOf(id)), { id, method, token: tokenOf(message), stream });
    } else {
      // Servers do not answer cancelled requests; `initialize` cannot be cancelled.
      const key = cancelledBy(message);
      const request = asked.get(key);
      if (request === undefined || request.method === "initialize") return undefined;
      asked.remove(key);
      request.stream?.abort();
    }
    return undefined;
  }

  /** The key of the request that a message cancels. */
  function cancelledBy({ method, params }: JsonObject): string {
    const isCancelled = method === "notifications/cancelled" && isObject(params);
    return String(isCancelled ? keyOf(params.requestId) : undefined);
  }

  far.onmessage = (message, extra) => {
    const options = isObject(message) ? optionsFor(message, extra) : undefined;
    if (isObject(message)) {
      if (isAnswer(message)) settle(message);
      if (endedBy(message) !== undefined) asked.remove(cancelledBy(message));
    }
    // For a transport that waits until a message has been passed on.
    return follow(hand(far, near, message, options), far, handing);
  };

  /** The subscription that the server ends with a cancellation. */
  function endedBy(message: JsonObject): Asked | undefined {
    const request = asked.get(cancelledBy(message));
    return request?.method === subscription ? request : undefined;
  }

  /** Over HTTP, each message to the server after `initialize` names the negotiated version. */
  function settle({ id, result }: JsonObject): void {
    const key = String(keyOf(id));
    const request = asked.get(key);
    asked.remove(key);
    const version = isObject(result) ? result.protocolVersion : undefined;
    if (request?.method !== "initialize" || typeof version !== "string") return;
    far.setProtocolVersion?.(version);
  }

  /**
   * The send options for a server's message: the status, the refusal and the related request that
   * its transport reported. A transport that does not report the related request, such as stdio,
   * leaves it to be found from the message.
   */
  function optionsFor(message: JsonObject, extra: unknown): object | undefined {
    const known = isObject(extra) ? extra : {};
    const own = {
      ...(known.status !== undefined && { status: known.status }),
      ...(known.refusal !== undefined && { refusal: known.refusal }),
    };
    const related = Object.hasOwn(known, "relatedRequestId")
      ? known.relatedRequestId
      : relatedTo(message);
    if (related === undefined) return Object.keys(own).length === 0 ? undefined : own;
    return { ...own, relatedRequestId: related };
  }

  /** Finds the caller's request that a server's message belongs to: both use the same stream. */
  function relatedTo(message: JsonObject): unknown {
    if (isAnswer(message)) return message.id;
    const ended = endedBy(message);
    if (ended !== undefined) return ended.id;
    const token = isObject(message.params) ? message.params.progressToken : undefined;
    if (token !== undefined) return asked.ofToken(token)?.id;
    // Nothing else identifies the request: the newest is the likeliest.
    return asked.newest?.id;
  }

  async function allSettled(): Promise<void> {
    do {
      await settled();
      await Promise.all(sending);
    } while (sending.size > 0);
  }

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    // Nobody is left to answer.
    asked = new OpenRequests();
    await Promise.allSettled([near.close(), far.close()]);
  }

  far.onclose = () => {
    const open = asked.list();
    asked = new OpenRequests();
    const answered = open.map(answerUnreachable);
    // Answers that plugins are still judging get through before their streams are closed.
    void within(longestJudgedMs, () => Promise.allSettled([...handing, ...answered])).then(close);
  };
  near.onclose = () => void close();
  await far.start();
  try {
    await near.start();
  } catch (error) {
    // The host gets no bridge that it could close.
    await Promise.allSettled([far.close()]);
    throw error;
  }
  return Object.freeze({ close, settled: allSettled });
}
