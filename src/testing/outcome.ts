/** What a call comes to: a value, or a coded error. Anything else thrown fails the law. */
import { errorCodes, type GlassineError, isGlassineError } from "../core/errors/index.ts";

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: GlassineError; readonly code: string };

export function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    if (!isGlassineError(error) || !Object.hasOwn(errorCodes, error.code)) throw error;
    return { ok: false, error, code: error.code };
  }
}
