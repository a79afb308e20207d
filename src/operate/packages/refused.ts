/** How a package is refused that cannot be hashed safely. */
import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { RejectionCode } from "./rejection-codes.ts";

export type HashRefusal = Extract<
  RejectionCode,
  "unsafe_symlink" | "unsupported_file" | "package_too_large" | "hash_mismatch" | "copy_failed"
>;

const maxShownPath = 300;

/** A path that somebody else chose, for a message: on one line, in quotes. */
export function shownPath(path: string): string {
  return quoted(path, maxShownPath);
}

/** `path` is that of a file in the package, empty for the package itself. */
export function packageRefused(
  code: HashRefusal,
  path: string,
  message: string,
  cause?: unknown,
): GlassineError {
  return new GlassineError("package_refused", message, { code, path }, cause);
}

/** @throws GlassineError `package_refused` with `copy_failed` */
export function throwCopyFailed(path: string, error: unknown): never {
  const text = `${shownPath(path)} cannot be copied (${systemCode(error)}).`;
  throw packageRefused("copy_failed", path, text, error);
}

/** What the system says of a failure: `EACCES`. */
export function systemCode(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : "unknown error";
}
