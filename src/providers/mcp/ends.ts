import type { JsonObject } from "./json.ts";

/** The result of passing a message on: a promise when it is sent, nothing when it is delivered. */
export type Handed = Promise<void> | void;

/** The two ends of a lane. */
export interface Ends {
  /** Passes a request on to the side that answers. */
  forward(message: JsonObject, aux: unknown): Handed;
  /** Returns an answer to the side that asked. */
  reply(message: JsonObject, aux?: unknown): Handed;
  report(error: Error): void;
}
