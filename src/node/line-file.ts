/**
 * Appends whole lines to a file that others may append to as well.
 *
 * Each line is one write, which the system appends as a whole. A line that was written in part
 * stays broken, because truncating the file could remove another writer's line. The next write ends
 * it first, whoever left it, so that no reader takes two lines for one.
 */
import { GlassineError } from "../core/errors/index.ts";

/** The part of a `FileHandle` that is needed. */
export interface LineHandle {
  stat(): Promise<{ isFile(): boolean; readonly nlink: number; readonly size: number }>;
  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that was opened for appending. */
export interface OpenedFile {
  readonly handle: LineHandle;
  /** Whether the last line of its `size` bytes is unfinished; `undefined` if nobody may read it. */
  readonly endsMidLine: (size: number) => Promise<boolean | undefined>;
}

export interface LineFile {
  /** Resolves when the line is in the file. Lines get there in the order of the calls. */
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

const encoder = new TextEncoder();

/** A file or stream that hangs must not fill the memory: further records count as not delivered. */
export const maxLines = 10_000;

/**
 * Runs work in the order of the calls, each after the previous one has settled. Rejects if already
 * `max` calls have not settled.
 */
export function oneAtATime(): <T>(work: () => Promise<T>, max?: number) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let unsettled = 0;
  return async (work, max = Number.POSITIVE_INFINITY) => {
    if (unsettled >= max) throw failure(`More than ${max} records wait to be written.`);
    unsettled += 1;
    const next = last.then(work, work);
    last = next;
    try {
      return await next;
    } finally {
      unsettled -= 1;
    }
  };
}

/**
 * Opens the file for the first line; if that fails, the next line tries again. A removed file is
 * created again, because nobody could read what is written to it.
 */
export function lineFile(open: () => Promise<OpenedFile>, fsync: boolean): LineFile {
  const inTurn = oneAtATime();
  let file: OpenedFile | undefined;
  /** How long the file was after the last write. If it is not any more, others wrote to it. */
  let size = 0;
  let endsMidLine = false;
  let closed = false;

  async function opened(): Promise<LineHandle> {
    let stats = await file?.handle.stat();
    if (stats?.isFile() && stats.nlink === 0) {
      await release();
      stats = undefined;
    }
    if (file === undefined || stats === undefined) {
      file = await open();
      size = 0;
      endsMidLine = false;
      stats = await file.handle.stat();
    }
    if (stats.isFile() && stats.size !== size) {
      endsMidLine = (await file.endsMidLine(stats.size)) ?? endsMidLine;
      size = stats.size;
    }
    return file.handle;
  }

  async function release(): Promise<void> {
    const handle = file?.handle;
    file = undefined;
    await handle?.close();
  }

  async function write(line: string): Promise<void> {
    if (closed) throw failure("The file of the audit trail is closed.");
    const handle = await opened();
    const bytes = encoder.encode(`${endsMidLine ? "\n" : ""}${line}\n`);
    const { bytesWritten } = await handle.write(bytes);
    size += bytesWritten;
    const isWhole = bytesWritten === bytes.length;
    // After an unfinished line, the first byte written is the line feed that ends it.
    endsMidLine = endsMidLine ? bytesWritten !== 1 && !isWhole : bytesWritten > 0 && !isWhole;
    if (!isWhole) {
      throw failure(
        `Only ${bytesWritten} of ${bytes.length} bytes of the record were written. The disk may be full.`,
      );
    }
    if (fsync) await handle.datasync();
  }

  return {
    append: (line) => inTurn(() => write(line), maxLines),
    close: () =>
      inTurn(async () => {
        closed = true;
        await release();
      }),
  };
}

function failure(text: string): GlassineError {
  return new GlassineError("audit_failed", text);
}
