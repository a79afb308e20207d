/** Why a server cannot listen, and what to do about it. */
import { GlassineError } from "../../core/errors/index.ts";

/** `code` is what the system says: `EADDRINUSE`. */
export function cannotListen(at: string, code: string): GlassineError {
  return new GlassineError("setting_invalid", reason(at, code));
}

function reason(at: string, code: string): string {
  if (code === "EADDRINUSE")
    return `${at} is in use: stop what listens there, or choose another address`;
  const why = `it cannot listen at ${at}: ${code}`;
  return ["EACCES", "EPERM", "ENOENT"].includes(code)
    ? `${why}. Choose a port above 1023, or a socket in a folder that exists and can be written to`
    : why;
}
