/**
 * The journal's file during a change. It is opened before anything is changed, so that a file that
 * cannot be written is noticed in time. Lines are appended, and never moved or cut; a change that
 * fails takes back its own bytes, unless something follows them.
 */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { readOpened } from "../../packages/index.ts";
import { expectPath } from "../expect-path.ts";
import { inConflict } from "../lockfile/refusals.ts";
import { printable } from "../printable.ts";
import {
  expectRegular,
  lockfileFailed,
  lockPathsOf,
  moveAway,
  newMode,
  onFile,
  readFileWhole,
  statsOf,
  tryRemove,
  writeWhole,
} from "./files.ts";
import { type Journal, readJournal } from "./journal.ts";

/** Far more than a journal gains in years. Each line takes memory, even an empty one. */
const maxJournalBytes = 64 * 2 ** 20;
const maxJournalLines = 1_000_000;

const lineFeed = 0x0a;

/** @throws GlassineError `lockfile_failed` */
function expectFewLines(path: string, bytes: Uint8Array): void {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    lines += 1;
    if (lines <= maxJournalLines) continue;
    const text = `${printable(path)} has more than ${maxJournalLines} lines.${moveAway}`;
    throw lockfileFailed(path, text);
  }
}

export type JournalFile = Awaited<ReturnType<typeof opened>>;

/** @throws GlassineError `lockfile_failed` */
export async function openJournal(path: string): Promise<JournalFile> {
  return onFile(path, "open", async () => {
    const stats = await statsOf(path);
    if (stats !== undefined) expectRegular(path, stats);
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    const guards = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(path, flags | guards, newMode);
    const isNew = stats === undefined;
    try {
      return await opened(path, handle, isNew);
    } catch (error) {
      await handle.close().catch(() => {});
      if (isNew) await tryRemove(path);
      throw error;
    }
  });
}

async function opened(path: string, handle: FileHandle, isNew: boolean) {
  const read = await readOpened(handle, maxJournalBytes);
  if ("fault" in read) throw lockfileFailed(path, `${printable(path)} ${read.fault}.${moveAway}`);
  const { bytes } = read;
  expectFewLines(path, bytes);
  // A line after it would be lost when it is resolved.
  if (/^<{7}/m.test(Buffer.from(bytes).toString("latin1")))
    throw lockfileFailed(path, `${printable(path)} ${inConflict}.`);
  const { mode } = await handle.stat();
  let more: Uint8Array = new Uint8Array();
  let written = 0;

  async function cutBack(): Promise<void> {
    if (written > 0) {
      const { size } = await handle.stat();
      // Somebody appended by hand. Their line stays, and so does everything before it.
      if (size !== bytes.length + written) return;
      await handle.truncate(bytes.length);
      written = 0;
    }
    if (isNew) await unlink(path);
  }

  return {
    /** Its bytes when it was opened. */
    bytes,
    mode,
    /** Resolves when the lines are on the disk. */
    append: (lines: Uint8Array) =>
      onFile(path, "append to", async () => {
        more = lines;
        await writeWhole(handle, more, (count) => {
          written += count;
        });
        await handle.datasync();
      }),
    /** Takes back what `append` wrote. Never throws; returns false if at least one line stays. */
    takeBack: async () => {
      await cutBack().catch(() => {});
      // The first byte may be a line feed that only ends a torn line.
      return !more.subarray(1, written).includes(lineFeed);
    },
    close: () => onFile(path, "close", () => handle.close()),
  };
}

/** A journal and its path, which is next to the lock's file after links are followed. */
export interface TrustJournal extends Journal {
  readonly path: string;
}

/**
 * Reads the journal of the lock at a path: each change of trust, in order, and what is wrong with
 * the journal itself. A missing journal has no lines.
 *
 * @throws GlassineError (as a rejection) `options_invalid` for a path that is not a string
 * @throws GlassineError (as a rejection) `lockfile_failed`
 * @see spec `journal:malformed`, `journal:chain`, `journal:torn`
 * @example
 * ```ts
 * import { readTrustJournal } from "glassine/node";
 *
 * const { lines, problems } = await readTrustJournal("plugins.lock");
 * const changes = lines.map(({ at, action, id, reason }) => `${at} ${action} ${id}: ${reason}`);
 * console.log(changes, problems); // [] []
 * ```
 */
export async function readTrustJournal(path: string): Promise<TrustJournal> {
  expectPath(path, "readTrustJournal");
  const { journal } = await lockPathsOf(path);
  const bytes = (await readFileWhole(journal, maxJournalBytes)) ?? new Uint8Array();
  expectFewLines(journal, bytes);
  return { ...readJournal(bytes), path: journal };
}
