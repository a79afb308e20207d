import { GlassineError } from "../../../core/errors/index.ts";

/** How long a reason may be, in characters. */
const maxReason = 2000;

/**
 * Refuses a reason that says nothing or too much. Characters are code points. The text itself is
 * taken as it is: blanks around it belong to it.
 *
 * @param command what the message begins with: `trust`, `untrust`, `lock`
 * @throws GlassineError `reason_invalid`
 */
export function checkReason(reason: unknown, command: string): asserts reason is string {
  if (typeof reason !== "string" || reason.trim() === "") {
    throw refusal(`${command}: --reason is required (recorded in audit journal)`);
  }
  // A code point has two units at most. A text of megabytes is not walked.
  if (reason.length > 2 * maxReason || [...reason].length > maxReason) {
    throw refusal(`${command}: --reason is too long (max ${maxReason} characters)`);
  }
}

function refusal(message: string): GlassineError {
  return new GlassineError("reason_invalid", message);
}
