import { GlassineError } from "../../core/errors/index.ts";
import { type Denial, duplicate, errorAnswer, invalidId, unanswered } from "./denials.ts";
import type { Ends, Handed } from "./ends.ts";
import { tooManyOpen } from "./in-flight.ts";
import type { RequestRecord } from "./request-log.ts";
import { type Direction, keyOf, type RequestId } from "./transport.ts";

/**
 * Answers a peer. For the host's own side it rejects: an answer would reach the first request with
 * that id.
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
  if (!isPeer && denial === unanswered) return Promise.reject(tooManyOpen());
  if (!isPeer && (denial === invalidId || denial === duplicate)) {
    return Promise.reject(new GlassineError("message_invalid", `${denial.reason}.`));
  }
  const answer = errorAnswer(keyOf(id) === undefined ? null : (id as RequestId), denial);
  // After this turn, as any answer comes.
  return Promise.resolve().then(() => ends.reply(answer));
}

export function reportDropped(ends: Ends, what: string): void {
  ends.report(new GlassineError("message_invalid", `The guard dropped ${what}.`));
}
