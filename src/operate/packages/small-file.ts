/** Reads a small file of which only the path is known: it may be endless, a pipe or a folder. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";

/** The bytes, or why there are none: what follows the name of the file in a sentence. */
type SmallFile =
  | { readonly bytes: Uint8Array }
  | { readonly fault: string; readonly isAbsent: boolean; readonly code?: unknown };

/** How a file is read. */
export interface FileRules {
  readonly maxBytes: number;
  /** Whether a link is followed. Only where whoever placed the file is trusted. */
  readonly followLinks: boolean;
}

/** Never waits for a pipe, and never reads more than a byte above the limit. */
export async function readSmallFile(path: string, rules: FileRules): Promise<SmallFile> {
  try {
    if (!rules.followLinks && !(await lstat(path)).isFile()) return faulty("is not a regular file");
    // Windows has neither of the two.
    const nonBlocking = constants.O_NONBLOCK ?? 0;
    const noLinks = rules.followLinks ? 0 : (constants.O_NOFOLLOW ?? 0);
    const file = await open(path, constants.O_RDONLY | nonBlocking | noLinks);
    try {
      return await readOpened(file, rules.maxBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "ENOENT") return { fault: "is not there", isAbsent: true };
    const why = typeof code === "string" ? code : "the system refused";
    return { ...faulty(`cannot be read: ${why}`), code };
  }
}

async function readOpened(file: FileHandle, maxBytes: number): Promise<SmallFile> {
  if (!(await file.stat()).isFile()) return faulty("is not a regular file");
  const buffer = Buffer.allocUnsafe(maxBytes + 1);
  let size = 0;
  while (size < buffer.length) {
    const { bytesRead } = await file.read(buffer, size, buffer.length - size, null);
    if (bytesRead === 0) return { bytes: buffer.subarray(0, size) };
    size += bytesRead;
  }
  return faulty(`is larger than ${maxBytes / 1024} KiB`);
}

function faulty(fault: string): SmallFile {
  return { fault, isAbsent: false };
}

/** Whether parsed JSON is an object. */
export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
