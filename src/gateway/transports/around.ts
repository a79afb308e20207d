/** Wraps a transport, to handle what goes to it and comes from it. */
import type { Extra, Handed, Message, SendOptions, Transport } from "./transport.ts";

/** What to do at each step. A step that is left out passes everything unchanged. */
export interface Around {
  send?(message: Message, options?: SendOptions): Promise<void>;
  /** `deliver` passes the message on. */
  receive?(message: unknown, extra: Extra | undefined, deliver: () => Handed): Handed;
  closed?(): void;
  close?(): Promise<void>;
}

export function around(inner: Transport, { send, receive, closed, close }: Around): Transport {
  const outer: Transport = {
    ...(inner.sessionId !== undefined && { sessionId: inner.sessionId }),
    takesHeaders: inner.takesHeaders === true,
    endsRequests: inner.endsRequests === true,
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
    start() {
      inner.onmessage = (message, extra) => {
        const deliver = () => outer.onmessage?.(message, extra);
        return receive === undefined ? deliver() : receive(message, extra, deliver);
      };
      inner.onclose = () => {
        closed?.();
        outer.onclose?.();
      };
      inner.onerror = (error) => outer.onerror?.(error);
      return inner.start();
    },
    send: send ?? ((message, options) => inner.send(message, options)),
    close: close ?? (() => inner.close()),
  };
  return outer;
}
