/** Explains why a server cannot listen, and what to do about it. */
import { GlassineError } from "../../core/errors/index.ts";

/** The key of a configuration, or the option, that says where a server listens. */
export type ListenSetting = "listen" | "admin" | "--listen" | "--webhook";

/** `code` is the system's error, such as `EADDRINUSE`. For a socket, `at` begins with `unix:`. */
export function cannotListen(setting: ListenSetting, at: string, code: string): GlassineError {
  return new GlassineError("setting_invalid", `${setting}: ${reason(at, code)}`);
}

function reason(at: string, code: string): string {
  const isSocket = at.startsWith("unix:");
  switch (code) {
    case "EADDRINUSE":
      return `${at} is in use: stop the program that listens there, or choose another ${isSocket ? "socket" : "port"}`;
    case "ENOTFOUND":
      return `it cannot listen at ${at}: the address is unknown (${code}). Choose an address of this machine`;
    case "EADDRNOTAVAIL":
      return `it cannot listen at ${at} (${code}): choose an address of this machine`;
    case "EACCES":
    case "EPERM":
    case "ENOENT":
      return `it cannot listen at ${at} (${code}): choose ${isSocket ? "a socket in a folder that exists and can be written to" : "a port above 1023"}`;
    default:
      return `it cannot listen at ${at}: ${code}`;
  }
}
