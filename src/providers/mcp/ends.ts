import { GlassineError, quoted } from "../../core/errors/index.ts";
import { type Denial, duplicate, errorAnswer, guardErrorCodes, invalidId } from "./denials.ts";
import type { JsonObject } from "./json.ts";
import type { RequestRecord } from "./request-log.ts";
import { type Direction, keyOf, type RequestId } from "./transport.ts";

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

/**
 * Refuses a request with an error answer. It rejects instead if the request is the host's own and
 * its id is unusable, since an answer would reach the first request with that id, or if the host
 * has too many unanswered requests.
 */
export function refuseRequest(
  ends: Ends,
  direction: Direction,
  id: unknown,
  record: RequestRecord,
  denial: Denial,
): Handed {
  record.end("errored", denial.data);
  const isPeer = direction === "incoming";
  if (!isPeer && denial.code === guardErrorCodes.unanswered) {
    return Promise.reject(new GlassineError("overloaded", `${denial.reason}.`));
  }
  if (!isPeer && (denial === invalidId || denial === duplicate)) {
    return Promise.reject(new GlassineError("message_invalid", `${denial.reason}.`));
  }
  // Over HTTP an answer with another id reaches nobody, so even an id that is too long stays.
  const isId = typeof id === "string" || keyOf(id) !== undefined;
  const answer = errorAnswer(isId ? (id as RequestId) : null, denial);
  // The answer comes after this turn, as any answer does.
  return Promise.resolve().then(() => ends.reply(answer));
}

export function reportDropped(ends: Ends, what: string): void {
  ends.report(new GlassineError("message_invalid", `The guard dropped ${what}.`));
}

const maxShownId = 64;

/** Names an answer that no open request in `direction` waits for. The peer may have chosen its id. */
export function unexpectedAnswer(id: unknown, direction: Direction): string {
  const way = direction === "outgoing" ? "that it received" : "that was to be sent";
  if (typeof id === "number") return `an unexpected answer with the id ${id} ${way}`;
  if (typeof id !== "string" || id.length > maxShownId) return `an unexpected answer ${way}`;
  return `an unexpected answer with the id ${quoted(id)} ${way}`;
}
