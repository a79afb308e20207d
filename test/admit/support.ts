import { type GlassineError, isGlassineError } from "../../src/errors/index.ts";

/** The error a call is refused with. Fails when the call goes through. */
export function refusalOf(run: () => unknown): GlassineError {
  try {
    run();
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("The call was not refused.");
}

export const codeOf = (run: () => unknown): string => refusalOf(run).code;
