import { GlassineError } from "../../core/errors/index.ts";
import { type Denial, duplicate, errorAnswer, guardErrorCodes, invalidId } from "./denials.ts";
import type { Ends, Handed } from "./ends.ts";
import type { RequestRecord } from "./request-log.ts";
import { type Direction, keyOf, type RequestId } from "./transport.ts";

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
