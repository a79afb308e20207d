/** Parses addresses of processors on command lines. */
import process from "node:process";
import { misuse, say } from "../../operate/cli/index.ts";
import type { EnvoyListen } from "../envoy/index.ts";

/**
 * Reads an address; one of IPv6 may be in brackets.
 *
 * @throws CommandFailure for anything but `unix:PATH` and `HOST:PORT`
 */
export function listenAt(flag: string, text: string): EnvoyListen {
  if (text.startsWith("unix:") && text.length > 5) return { socket: socketAt(flag, text.slice(5)) };
  const [, address, name = "", digits = ""] = /^(?:\[(.+)\]|(.+)):(\d{1,5})$/.exec(text) ?? [];
  const host = address ?? name;
  const port = Number(digits);
  if (host === "" || host.startsWith("unix") || port > 65_535)
    throw misuse(say`${flag} expects unix:PATH or HOST:PORT, got ${text}`);
  return { host, port };
}

/** What systems take. Node and gRPC would silently shorten a longer path. */
export const maxSocketBytes = process.platform === "linux" ? 107 : 103;

function socketAt(flag: string, path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes > maxSocketBytes)
    throw misuse(
      `${flag}: the path of a socket may have at most ${maxSocketBytes} bytes, this one has ${bytes}`,
    );
  return path;
}
