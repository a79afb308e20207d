import { constants, type FileHandle, open } from "node:fs/promises";
import { expectOptions, readOption } from "../core/data/index.ts";
import { optionsInvalid } from "../core/errors/index.ts";
import { type AuditEvent, jsonLines, takesMany } from "../core/observe/index.ts";
import { type LineHandle, lineFile, type OpenedFile } from "./line-file.ts";

/** Options of `fileAuditSink`. */
export interface FileAuditSinkOptions {
  /** Whether a record must be on the disk before it counts as delivered. Default false. */
  readonly fsync?: boolean | undefined;
  /** The mode of a file that the sink creates, less the umask. Default 0o600: only the owner. */
  readonly mode?: number | undefined;
}

/** A sink that writes to a file. */
export interface FileAuditSink {
  (event: AuditEvent): Promise<void>;
  /**
   * Closes the file after the earlier events are written. Later events are refused. Waits up to two
   * seconds for the reader of a pipe.
   */
  close(): Promise<void>;
}

const lineFeed = 0x0a;
/** How long `close` waits for the reader of a pipe. */
const closeMs = 2000;
/** How long it waits before it tries again whether a pipe has a reader, or room. */
const retryMs = 20;

// A call that blocks could not be ended, and would keep the process from ending. Windows has no such flag.
const openFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/**
 * Creates a sink that appends each event to a file as one line of JSON.
 *
 * The file is opened for the first event, created if it does not exist, and never truncated or
 * renamed. Its directory must exist. Lines are whole and in order, even if several processes append
 * to the file. A record that was written in part is not delivered; the next one begins on a new
 * line. The promise rejects with the system's error: `ENOSPC`, `EACCES`, `ENOENT`, when it is closed
 * `ENXIO` for a named pipe without a reader; or with `audit_failed` if 10 000 records already wait.
 *
 * With `fsync`, a record is on the disk before it counts as delivered, so each record waits for the
 * disk. Without it, a crash of the machine can lose the last records. A crash of the process loses
 * only those that still wait.
 *
 * If the file is renamed, later records go to the renamed file until the process is restarted.
 * Copying and truncating it loses what is written in between. If it is removed, the next record
 * creates it again.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `audit:file-lines`, `audit:file-refused`
 * @example
 * ```ts
 * import { mkdtemp, readFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { fileAuditSink } from "glassine/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "audit-")), "audit.jsonl");
 * const sink = fileAuditSink(path, { fsync: true });
 * await sink({
 *   eventType: "billing.invoice_sent",
 *   actorUri: "system:billing",
 *   targetUri: "invoice:7",
 *   tenantId: "default",
 *   timestamp: "2026-01-31T12:00:00.000Z",
 *   outcome: "success",
 *   metadata: {},
 * });
 * await sink.close();
 * const [line = ""] = (await readFile(path, "utf8")).split("\n");
 * console.log(JSON.parse(line).eventType); // billing.invoice_sent
 * ```
 */
export function fileAuditSink(
  path: string | URL,
  options: FileAuditSinkOptions = {},
): FileAuditSink {
  const isPath = (typeof path === "string" && path !== "") || path instanceof URL;
  if (!isPath) throw optionsInvalid("fileAuditSink expects a path that is not empty.");
  expectOptions(options, ["fsync", "mode"], "fileAuditSink");
  const mode = readMode(options.mode ?? 0o600);
  let waitsUntil = Number.POSITIVE_INFINITY;
  const file = lineFile(
    () => openToAppend(path, mode, () => performance.now() < waitsUntil),
    readOption(options, "fsync", "boolean") ?? false,
  );
  const sink = takesMany(async (event: AuditEvent): Promise<void> => {
    try {
      await file.append(jsonLines(event));
    } catch (error) {
      throw withPath(error as NodeJS.ErrnoException, path);
    }
  });
  const close = (): Promise<void> => {
    waitsUntil = performance.now() + closeMs;
    return file.close();
  };
  return Object.freeze(Object.assign(sink, { close }));
}

/** Node names the path only in the errors of opening a file. */
function withPath(error: NodeJS.ErrnoException, path: string | URL): Error {
  if (error.syscall !== undefined && error.path === undefined) error.message += ` '${path}'`;
  return error;
}

/** @param waits whether a line still waits for the reader of a pipe */
async function openToAppend(
  path: string | URL,
  mode: number,
  waits: () => boolean,
): Promise<OpenedFile> {
  const handle = await whileBusy("ENXIO", waits, () => open(path, openFlags, mode));
  try {
    const stats = await handle.stat();
    return {
      handle: stats.isFile() ? handle : pipeHandle(handle, waits),
      endsMidLine: (size) => endsMidLine(path, size),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes whole lines to a pipe or a device that takes them only when its reader reads. */
function pipeHandle(handle: FileHandle, waits: () => boolean): LineHandle {
  return {
    stat: () => handle.stat(),
    // Nothing of it is on a disk.
    datasync: async () => {},
    close: () => handle.close(),
    async write(bytes) {
      let bytesWritten = 0;
      while (bytesWritten < bytes.length) {
        try {
          const write = () => handle.write(bytes, bytesWritten);
          bytesWritten += (await whileBusy("EAGAIN", waits, write)).bytesWritten;
        } catch (error) {
          if (bytesWritten === 0) throw error;
          break;
        }
      }
      return { bytesWritten };
    },
  };
}

/** Tries again while a pipe has no reader (`ENXIO`) or no room (`EAGAIN`). */
async function whileBusy<T>(
  busy: "ENXIO" | "EAGAIN",
  waits: () => boolean,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== busy || !waits()) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** Whether a crash or a full disk left an unfinished last line. `undefined` if it cannot be read. */
async function endsMidLine(path: string | URL, size: number): Promise<boolean | undefined> {
  if (size === 0) return false;
  let reader: FileHandle;
  try {
    reader = await open(path, "r");
  } catch {
    return undefined;
  }
  try {
    const last = new Uint8Array(1);
    const { bytesRead } = await reader.read(last, 0, 1, size - 1);
    return bytesRead === 1 && last[0] !== lineFeed;
  } finally {
    await reader.close();
  }
}

function readMode(mode: number): number {
  if (Number.isSafeInteger(mode) && mode >= 0 && mode <= 0o777) return mode;
  throw optionsInvalid("fileAuditSink: mode must be a file mode from 0 to 0o777.");
}
