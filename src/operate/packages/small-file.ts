/** Reads a small file when only its path is known: it may be endless, a pipe or a folder. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { systemCode, unreadFault } from "./refused.ts";

/** Why a file cannot be read. `fault` follows its name in a sentence. */
export interface FileFault {
  readonly fault: string;
  readonly why: "absent" | "directory" | "irregular" | "large" | "refused";
  /** The system's code, if it refused: `EACCES`. */
  readonly code?: string;
  readonly cause?: unknown;
}

export interface FileRules {
  readonly maxBytes: number;
  /** Whether links are followed. Only for files that were placed by someone who is trusted. */
  readonly followLinks: boolean;
}

/** Never waits for a pipe, and never reads more than one byte beyond the limit. */
export async function readSmallFile(
  path: string,
  { maxBytes, followLinks }: FileRules,
): Promise<{ readonly bytes: Buffer } | FileFault> {
  try {
    if (!followLinks && (await lstat(path)).isSymbolicLink()) return irregular;
    // Windows has neither of these flags.
    const noLinks = followLinks ? 0 : (constants.O_NOFOLLOW ?? 0);
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | noLinks);
    try {
      return await readOpened(file, maxBytes);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = systemCode(cause);
    if (code === "EISDIR") return directory;
    const why = code === "ENOENT" ? "absent" : "refused";
    return { fault: unreadFault(code), why, code, cause };
  }
}

const pieceBytes = 64 * 1024;
const irregular: FileFault = { fault: "is not a regular file", why: "irregular" };
const directory: FileFault = { fault: "is not a regular file", why: "directory" };

/**
 * Reads a file that was just opened, even if the system returns it in pieces. A handle's own
 * `readFile` would take a short piece for the end of the file.
 */
export async function readOpened(
  file: FileHandle,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer } | FileFault> {
  const stats = await file.stat();
  if (stats.isDirectory()) return directory;
  if (!stats.isFile()) return irregular;
  const pieces: Buffer[] = [];
  for (let size = 0; size <= maxBytes; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, maxBytes + 1 - size));
    const { bytesRead } = await file.read(piece, 0, piece.length, null);
    if (bytesRead === 0) return { bytes: Buffer.concat(pieces) };
    pieces.push(piece.subarray(0, bytesRead));
    size += bytesRead;
  }
  return { fault: `is larger than ${maxBytes / 1024} KiB`, why: "large" };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes bytes, including a byte order mark; `undefined` if they are not UTF-8. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
