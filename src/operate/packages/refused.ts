/** The errors for a package that cannot be hashed, copied or signed safely. */
import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { RejectionCode } from "./rejection-codes.ts";

const maxShownPath = 300;

/** A path that somebody else chose, for a message: on one line, in quotes. */
export function shownPath(path: string): string {
  return quoted(path, maxShownPath);
}

/** `path` is a file in the package, or empty for the package itself. */
export function packageRefused(
  code: RejectionCode,
  path: string,
  message: string,
  cause?: unknown,
): GlassineError {
  return new GlassineError("package_refused", message, { code, path }, cause);
}

/** The same for one of its files. `fault` follows the path in the message. */
export function fileRefused(path: string, fault: string, cause?: unknown): GlassineError {
  return packageRefused("unsupported_file", path, `${shownPath(path)} ${fault}.`, cause);
}

/** Why the system does not let a file be read. Follows its name in a sentence. */
export function unreadFault(code: string): string {
  return code === "ENOENT" ? "does not exist" : `cannot be read: ${code}`;
}

/** The system's code for a failure, such as `EACCES`. */
export function systemCode(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : "unknown error";
}
