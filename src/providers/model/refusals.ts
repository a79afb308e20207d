/** The refusals of a guard for models: its own, and those that pass on a plugin's denial. */
import {
  formatProblems,
  GlassineError,
  isGlassineError,
  type Problem,
} from "../../core/errors/index.ts";
import { type HookViolation, publicViolation } from "../guard/index.ts";
import type { Lost, ModelRefusal } from "../rewrite/index.ts";

/** The refusals of the guard itself, by code: the status and the reason that a caller reads. */
export const refusals = {
  guard_failed: [500, "The exchange could not be checked, so it was refused"],
  content_unseen: [403, "Part of the document cannot be checked"],
  edit_unwritable: [403, "The checked messages cannot be written in this format"],
  request_unknown: [403, "The guard does not know requests of this kind"],
  request_invalid: [400, "The body is not a request of this API"],
  request_too_large: [413, "The request is too large"],
  answer_invalid: [502, "The provider's answer is not one of this API"],
  answer_contradicted: [500, "The checked answer contradicts what was already forwarded"],
  answer_cut_off: [502, "The provider's answer ended early"],
  answer_too_large: [502, "The provider's answer is too large"],
} as const satisfies { readonly [code: string]: readonly [status: number, reason: string] };

export type RefusalCode = keyof typeof refusals;

/** A refusal by the guard. `detail` must hold nothing from the document except paths. */
export function refusalOf(code: RefusalCode, detail?: string): ModelRefusal {
  const [status, reason] = refusals[code];
  return Object.freeze({
    code,
    reason: detail === undefined ? reason : `${reason}: ${detail}`,
    status,
  });
}

/** A refusal for a plugin's denial, whose description and details stay with the host. */
export function denialOf(violation: HookViolation | undefined): ModelRefusal {
  return Object.freeze({ ...publicViolation(violation), status: 403 });
}

/** Thrown where a document is refused, and caught where the refusal is returned. */
export class Refused extends Error {
  readonly refusal: ModelRefusal;

  constructor(refusal: ModelRefusal, cause?: unknown) {
    super(refusal.reason, { cause });
    this.refusal = refusal;
  }
}

/**
 * Refuses what could not be read: as too large if it exceeds a limit, otherwise with `code`. Who sent
 * a request reads what is wrong with it; the paths of an answer stay with the host.
 */
export function unreadable(code: RefusalCode, error: unknown): Refused {
  const isOurs = isGlassineError(error);
  const problems = (isOurs && error.data.problems) || [];
  const isLimit = (problem: Problem) => problem.code === "snapshot_limit";
  const isTooLarge = (isOurs && error.code === "stream_limit") || problems.some(isLimit);
  const isRequest = code === "request_invalid";
  const tooLarge = isRequest ? "request_too_large" : "answer_too_large";
  const detail = isRequest && problems.length > 0 ? formatProblems(problems) : undefined;
  return new Refused(refusalOf(isTooLarge ? tooLarge : code, detail), error);
}

/** Refuses what cannot be sent on as it was judged. The host gets the path and the reason. */
export function unwritable(
  { path, reason }: Pick<Lost, "path" | "reason">,
  expected: string,
): Refused {
  const error = new GlassineError("payload_shape", `${expected} ${path}: ${reason}`, { path });
  return new Refused(refusalOf("edit_unwritable"), error);
}
