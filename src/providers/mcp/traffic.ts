import type { Handed } from "./ends.ts";
import { definedMembers, isObject, type JsonObject } from "./json.ts";
import { type GuardParts, Lane } from "./lane.ts";
import type { Session } from "./memory.ts";
import { isGuarded } from "./subjects.ts";
import { isTaskNotice } from "./tasks.ts";
import { isAnswer, isMessage, isRequest } from "./transport.ts";

/** The transport underneath, and the protocol above it. */
export interface Sides {
  send(message: unknown, options: unknown): Promise<void>;
  deliver(message: unknown, extra: unknown): void;
  report(error: Error): void;
  sessionId(): unknown;
}

/** The messages of one side: its requests, its answers to the other side, and the rest. */
interface Flow {
  readonly requests: Lane;
  readonly answers: Lane;
  /**
   * What is on its way: its answers by their ids and, under null, the last of its notifications.
   * The others arrive before that one.
   */
  readonly judged: Map<unknown, Promise<void>>;
}

/**
 * Sorts the messages of a transport.
 *
 * It works the same for a client and a server: a sent request belongs to the outgoing lane, a
 * received one to the incoming. A message that needs no check passes synchronously, so nothing
 * overtakes it.
 */
export function createTraffic(sides: Sides, session: () => Session, guard: GuardParts) {
  const { send, deliver, report, sessionId: transportSession } = sides;
  const common = { ...guard, session, transportSession };
  const outgoing = new Lane({
    ...common,
    direction: "outgoing",
    ends: { forward: send, reply: deliver, report },
  });
  const incoming = new Lane({
    ...common,
    direction: "incoming",
    ends: { forward: deliver, reply: send, report },
  });
  const sent: Flow = { requests: outgoing, answers: incoming, judged: new Map() };
  const received: Flow = { requests: incoming, answers: outgoing, judged: new Map() };

  const onTheWay = new Map<unknown, Promise<void>>();

  return {
    async send(message: unknown, sendOptions: unknown): Promise<void> {
      const handed = route(sent, message, sendOptions);
      if (handed !== undefined) await noted(onTheWay, handed);
    },
    receive(message: unknown, extra: unknown): void {
      const handed = route(received, message, extra);
      if (handed === undefined) return;
      noted(onTheWay, handed).catch((error: unknown) => {
        report(error instanceof Error ? error : new Error(String(error)));
      });
    },
    /** Resolves when no message is on its way: each was passed on, answered or dropped. */
    async settled(): Promise<void> {
      while (onTheWay.size > 0) await Promise.allSettled(onTheWay.values());
    },
    /**
     * `ends` says of which requests no answer can arrive through another transport. `keepsJudged`:
     * answers and notifications that the peer sent are not stopped.
     */
    stop(ends: { readonly received: boolean; readonly sent: boolean }, keepsJudged = false): void {
      outgoing.stop(ends.sent, keepsJudged);
      incoming.stop(ends.received);
    },
    /** Resolves when what is being judged under these keys was passed on; `undefined` if nothing is. */
    judged(keys: Iterable<unknown> = received.judged.keys()): Promise<unknown> | undefined {
      const all = Array.from(keys, (key) => received.judged.get(key));
      return all.some(Boolean) ? Promise.allSettled(all) : undefined;
    },
  };
}

function noted(
  all: Map<unknown, Promise<void>>,
  handed: Promise<void>,
  key: unknown = handed,
): Promise<void> {
  const over = () => void (all.get(key) === handed && all.delete(key));
  all.set(key, handed);
  handed.then(over, over);
  return handed;
}

function route(flow: Flow, message: unknown, aux: unknown): Handed {
  // A batch (MCP before 2025-06-18) is split up: each of its messages is checked on its own.
  if (Array.isArray(message) && message.length > 0) {
    const handed = message.map((item) =>
      Array.isArray(item) ? flow.requests.drop({}) : route(flow, item, aux),
    );
    return Promise.all(handed).then(() => undefined);
  }
  if (!isObject(message)) return flow.requests.drop({});
  if (!isMessage(message)) return flow.requests.drop(message);
  const own = definedMembers(message);
  if (isRequest(own)) return flow.requests.request(own, aux);
  const handed = isAnswer(own) ? flow.answers.answer(own, aux) : routeNotification(flow, own, aux);
  return handed === undefined ? undefined : noted(flow.judged, handed, own.id ?? null);
}

function routeNotification(flow: Flow, message: JsonObject, aux: unknown): Handed {
  const { method, params } = message;
  if (method === "notifications/cancelled") {
    const id = isObject(params) ? params.requestId : undefined;
    const isForPeer = flow.requests.cancel(id);
    if (isForPeer === false) return;
    const handed = flow.answers.notification(message, aux);
    if (isForPeer === undefined) flow.answers.endSubscription(id);
    return handed;
  }
  if (isGuarded(method)) return flow.requests.drop(message);
  if (isTaskNotice(method)) return flow.answers.taskNotification(message, aux);
  return flow.answers.notification(message, aux);
}
