import type { Guard } from "glassine/mcp";
import { settle } from "./fake-manager.ts";
import { type Json, RawTransport } from "./raw.ts";

/** A wrapped raw transport, with the peer's requests and the answers of the server above. */
export async function connection(guard: Guard, session?: string) {
  const raw = new RawTransport();
  const wrapped = guard.wrap(raw, session === undefined ? {} : { session });
  const received: Json[] = [];
  const errors: Error[] = [];
  wrapped.onmessage = (message) => void received.push(message);
  wrapped.onerror = (error) => void errors.push(error);
  await wrapped.start();
  const sent = () => raw.sent.map(({ message }) => message);
  /** The peer sends a request, and the server answers it. */
  async function ask(message: Json, outcome: object): Promise<Json | undefined> {
    const before = received.length;
    raw.onmessage?.(message);
    await settle();
    if (received.length > before) {
      await wrapped.send({ jsonrpc: "2.0", id: message.id, ...outcome });
    }
    await settle();
    return raw.sent.findLast((each) => each.message.id === message.id)?.message;
  }
  return { raw, wrapped, received, errors, sent, ask };
}
