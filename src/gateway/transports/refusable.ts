/** Wraps a front so that the gateway can answer its open requests itself, as when shutting down. */
import { around } from "./around.ts";
import { cancelledIn, requestsIn } from "./caller-messages.ts";
import {
  cancellationOf,
  errorAnswer,
  isAnswer,
  keyOf,
  type Refusal,
  type RequestId,
  type Transport,
} from "./transport.ts";

export interface Refusable {
  readonly transport: Transport;
  /** Refuses and cancels the caller's open requests whose methods `isMeant` accepts. */
  refuse(refusal: Refusal, isMeant: (method: string) => boolean): Promise<void>;
  /** Whether the connection was closed from behind, because nothing is left there. */
  isGone(): boolean;
}

interface Open {
  readonly id: RequestId;
  readonly method: string;
}

export function refusable(inner: Transport): Refusable {
  const open = new Map<string, Open>();
  /** Refused requests, whose later answers are dropped. */
  const refused = new Set<string>();
  let isGone = false;
  let isOver = false;

  const transport = around(inner, {
    receive(message, _, deliver) {
      for (const { id, method } of requestsIn(message)) {
        open.set(keyOf(id), { id, method });
        refused.delete(keyOf(id));
      }
      for (const key of cancelledIn(message)) open.delete(key);
      deliver();
    },
    async send(message, options) {
      if (isAnswer(message)) {
        const key = keyOf(message.id);
        if (refused.has(key)) return;
        open.delete(key);
      }
      await inner.send(message, options);
    },
    closed() {
      isOver = true;
      open.clear();
    },
    close() {
      if (!isOver) isGone = true;
      return inner.close();
    },
  });

  return {
    transport,
    async refuse(refusal, isMeant) {
      const meant = [...open.values()].filter(({ method }) => isMeant(method));
      await Promise.allSettled(meant.map((each) => answer(each, refusal)));
    },
    isGone: () => isGone,
  };

  async function answer(request: Open, refusal: Refusal): Promise<void> {
    const { id } = request;
    const key = keyOf(id);
    open.delete(key);
    refused.add(key);
    await inner.send(errorAnswer(id, refusal), { relatedRequestId: id });
    const cancel = cancellationOf(request, refusal.message);
    if (cancel !== undefined) transport.onmessage?.(cancel);
  }
}
