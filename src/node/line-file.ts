/**
 * Appends whole lines to a file that others may append to as well.
 *
 * The system appends each write as a whole. All lines that wait share one write: with a write for
 * each, a busy process would fall behind for good. A line that was written in part stays broken,
 * because truncating the file could remove another writer's line. The next write ends it first,
 * whoever left it, so that no reader takes two lines for one.
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

/** A line that waits, or that was written with one before it. */
interface Line {
  readonly bytes: Uint8Array;
  isTaken: boolean;
  /** Why it is not in the file. */
  error?: unknown;
}

const encoder = new TextEncoder();
const lineFeed = encoder.encode("\n");

/** How many lines one write may have. */
const maxTogether = 1000;

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
    if (unsettled >= max) throw tooMany(max);
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
  /** The lines that no write has taken yet, in the order of the calls. */
  const lines: Line[] = [];
  let unsettled = 0;
  let file: OpenedFile | undefined;
  /** How long the file was after the last write. If it is not any more, others wrote to it. */
  let size = 0;
  let isRegular = false;
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
    isRegular = stats.isFile();
    if (isRegular && stats.size !== size) {
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

  /** Lets lines be tried again, each in its turn. */
  function putBack(some: readonly Line[]): void {
    for (const each of some) each.isTaken = false;
    lines.unshift(...some);
  }

  async function write(own: Line): Promise<void> {
    if (!own.isTaken) await writeFirst();
    if (own.error !== undefined) throw own.error;
  }

  /** Writes the first line that waits, and those behind it. */
  async function writeFirst(): Promise<void> {
    const handle = await opened().catch((error) => {
      lines.shift();
      throw error;
    });
    // Others may write to a pipe, which takes only small writes as a whole.
    const taken = lines.splice(0, isRegular ? maxTogether : 1);
    for (const each of taken) each.isTaken = true;
    const start = endsMidLine ? [lineFeed] : [];
    const bytes = Buffer.concat([...start, ...taken.map((each) => each.bytes)]);
    let written: number;
    try {
      written = (await handle.write(bytes)).bytesWritten;
    } catch (error) {
      putBack(taken.slice(1));
      throw error;
    }
    size += written;
    if (written > 0) endsMidLine = bytes[written - 1] !== lineFeed[0];
    let end = start.length;
    for (const [at, each] of taken.entries()) {
      const begin = end;
      end += each.bytes.length;
      if (end <= written) continue;
      each.error = failure(
        `Only ${Math.max(0, written - begin)} of ${each.bytes.length} bytes of the record were written. The disk may be full.`,
      );
      putBack(taken.slice(at + 1));
      break;
    }
    const whole = taken.filter(({ isTaken, error }) => isTaken && error === undefined);
    if (!fsync || whole.length === 0) return;
    try {
      await handle.datasync();
    } catch (error) {
      for (const each of whole) each.error = error;
    }
  }

  async function append(line: string): Promise<void> {
    if (closed) throw failure("The file of the audit trail is closed.");
    if (unsettled >= maxLines) throw tooMany(maxLines);
    unsettled += 1;
    const own: Line = { bytes: encoder.encode(`${line}\n`), isTaken: false };
    lines.push(own);
    try {
      await inTurn(() => write(own));
    } finally {
      unsettled -= 1;
    }
  }

  return {
    append,
    close: () => {
      closed = true;
      return inTurn(release);
    },
  };
}

function tooMany(max: number): GlassineError {
  return failure(`More than ${max} records wait to be written.`);
}

function failure(text: string): GlassineError {
  return new GlassineError("audit_failed", text);
}
