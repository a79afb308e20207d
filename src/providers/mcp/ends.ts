import type { JsonObject } from "./json.ts";

/** What handing a message on gives: a promise where it is sent, nothing where it is delivered. */
export type Handed = Promise<void> | void;

/** The two ends of a lane. */
export interface Ends {
  /** Hands a request on, to the side that answers. */
  forward(message: JsonObject, aux: unknown): Handed;
  /** Hands an answer back, to the side that asked. */
  reply(message: JsonObject, aux?: unknown): Handed;
  report(error: Error): void;
}
