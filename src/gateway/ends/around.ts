/** An end that looks at what goes to another and comes from it. */
import type { End, Extra, Message, SendOptions } from "./end.ts";

/** What it does at each step. What is left out passes as it is. */
export interface Around {
  send?(message: Message, options?: SendOptions): Promise<void>;
  /** `deliver` hands the message on. */
  receive?(message: unknown, extra: Extra | undefined, deliver: () => void): void;
  closed?(): void;
  close?(): Promise<void>;
}

export function around(inner: End, { send, receive, closed, close }: Around): End {
  const outer: End = {
    ...(inner.sessionId !== undefined && { sessionId: inner.sessionId }),
    takesHeaders: inner.takesHeaders === true,
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
    start() {
      inner.onmessage = (message, extra) => {
        const deliver = () => outer.onmessage?.(message, extra);
        if (receive === undefined) deliver();
        else receive(message, extra, deliver);
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
