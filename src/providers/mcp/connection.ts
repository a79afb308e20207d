/** A transport, and the outbox that sends the headers that plugins write. */

import { optionsInvalid } from "../../core/errors/index.ts";
import { type FetchLike, type HeaderSender, headerOption, Outbox } from "./outbox.ts";
import { checkTransport } from "./read-guard.ts";
import type { TransportLike, Wire } from "./transport.ts";

/** Makes a transport that sends its requests through the `fetch` it is given. */
export type TransportMaker<Transport extends TransportLike> = (fetch: FetchLike) => Transport;

export interface Connection<Transport extends TransportLike> {
  readonly transport: Transport;
  /** Absent if headers from plugins cannot be sent. */
  readonly outbox?: HeaderSender;
  /** True if no request, sent or received, is answered once the transport has ended. */
  readonly endsRequests?: boolean;
}

/** @throws GlassineError `options_invalid` */
export function connectionOf<Transport extends TransportLike>(
  given: Transport | TransportMaker<Transport>,
  base: FetchLike | undefined,
  onUnused: () => void,
  method: string,
): Connection<Transport> {
  if (typeof given === "function") {
    const outbox = new Outbox(base, onUnused);
    const transport = given(outbox.fetch);
    checkTransport(transport, method);
    return { transport, outbox };
  }
  checkTransport(given, method);
  if (base === undefined) {
    const { takesHeaders } = given as { readonly takesHeaders?: unknown };
    return { transport: given, ...(takesHeaders === true && { outbox: headerOption }) };
  }
  throw optionsInvalid(
    "The option fetch needs a function that makes the transport: pass (fetch) => transport.",
  );
}

export function sendBy(
  wire: Wire,
  outbox: HeaderSender | undefined,
  message: unknown,
  options: unknown,
): Promise<void> {
  return Promise.resolve(
    outbox === undefined ? wire.send(message, options) : outbox.send(wire, message, options),
  );
}
