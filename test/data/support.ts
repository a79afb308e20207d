/** Errors with which calls are refused. */
import { type GlassineError, isGlassineError } from "glassine";

/** The error that a call is refused with. Fails if the call succeeds. */
export function refusalOf(run: () => unknown): GlassineError {
  try {
    run();
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("Expected the call to be refused, but it returned.");
}

export const codeOf = (run: () => unknown): string => refusalOf(run).code;
