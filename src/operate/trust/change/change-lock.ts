/**
 * Changes the lock together with its journal: both, or neither. Whatever ends the process, the lock
 * has the whole old or the whole new text, and the next change brings the journal in line.
 *
 * @see spec `journal:order`, `journal:all-or-nothing`
 */
import { hostname, userInfo } from "node:os";
import { GlassineError, isGlassineError } from "../../../core/errors/index.ts";
import type { Lockfile } from "../lockfile/entry-rules.ts";
import { newLockfile, parseLockfile, readLockfile } from "../lockfile/read-lockfile.ts";
import { printable } from "../printable.ts";
import { exclusively, removeLeftovers } from "./exclusion.ts";
import {
  type LockPaths,
  lockfileFailed,
  lockPathsOf,
  onFile,
  remove,
  sha256,
  statsOf,
  tryRemove,
} from "./files.ts";
import {
  appended,
  chained,
  checkJournal,
  endOf,
  type JournalLine,
  lastLockDigest,
  noLock,
  readJournal,
} from "./journal.ts";
import { type JournalFile, openJournal } from "./journal-file.ts";
import { pendingChange, type Recovery, recover, writeRecord } from "./pending.ts";
import { type Before, type Replaced, replaceFile } from "./replace-file.ts";

export interface ChangeOptions {
  /** How long to wait for another process that is changing the lock. Default 10 000. */
  readonly waitMs?: number | undefined;
  /** Who makes the change, for the journal. Default: the user and host of the process. */
  readonly actor?: string | undefined;
  /** Whether a missing lock is an error, instead of being created. Default false. */
  readonly mustExist?: boolean | undefined;
}

/** One change as the journal records it. */
type ChangeLine = Omit<JournalLine, "at" | "actor" | "lock" | "prev" | "afterTorn">;

export interface Edit {
  readonly text: string;
  /** At least one, unless the edit only creates the file. */
  readonly lines: readonly ChangeLine[];
}

export interface Changed {
  /** The lock after the change. */
  readonly lock: Lockfile;
  /** The lock before the change; `undefined` if there was none. */
  readonly previous: Lockfile | undefined;
  /** The path of the journal. */
  readonly journal: string;
  /** Sentences for the operator. */
  readonly warnings: readonly string[];
  /** What became of a change that another process had not finished. */
  readonly recovered: Recovery | undefined;
}

/** What was found, and the edit to apply to it. */
interface Step {
  readonly paths: LockPaths;
  readonly before: Before | undefined;
  readonly edit: Edit;
  /** Whether the lock already has the new text. */
  readonly isSame: boolean;
  readonly options: ChangeOptions;
  readonly warn: (text: string) => void;
}

const encoder = new TextEncoder();

/**
 * Changes the lock at a path, one process at a time. `edit` gets the current lock, or one without
 * entries if there is none, and returns what it becomes. If `edit` throws, nothing changes.
 *
 * @throws GlassineError `lockfile_busy` if another process does not finish in time,
 *   `lockfile_failed` if the system refuses something, `lockfile_missing`, `lockfile_invalid`,
 *   `lockfile_newer`, and whatever `edit` throws. Lock and journal are then unchanged,
 *   unless the message says otherwise.
 */
export async function changeLock(
  path: string,
  edit: (lock: Lockfile) => Edit,
  options: ChangeOptions = {},
): Promise<Changed & Pick<Edit, "lines">> {
  return afterRecovery(path, options.waitMs, async (paths, warn) => {
    const previous = await readLockfile(path);
    if (previous === undefined && options.mustExist) {
      const text = `plugins.lock not found: ${printable(path)}`;
      throw new GlassineError("lockfile_missing", text, { path });
    }
    const stats = previous && (await onFile(paths.lock, "read", () => statsOf(paths.lock)));
    const before = previous && stats && { bytes: encoder.encode(previous.text), stats };
    const made = edit(previous ?? parseLockfile(encoder.encode(newLockfile), path));
    const lock = parseLockfile(encoder.encode(made.text), path);
    const isSame = before !== undefined && previous?.text === made.text;
    const step = { paths, before, edit: made, isSame, options, warn };
    if (before !== undefined) warnIfOpen(paths.lock, before.stats.mode, warn);
    if (made.lines.length > 0) await applyWithJournal(step);
    else if (!isSame) {
      const replaced = await replaceFile(paths.lock, encoder.encode(made.text), before);
      await replaced.settle();
    }
    return { lock, previous, journal: paths.journal, lines: made.lines };
  });
}

/**
 * Finishes what an earlier process left unfinished, and changes nothing else. If there is nothing
 * to finish, it touches nothing and does not wait.
 */
export async function settleLock(path: string): Promise<Pick<Changed, "recovered" | "warnings">> {
  if ((await pendingChange(path)) === undefined) return { recovered: undefined, warnings: [] };
  return afterRecovery(path, undefined, async () => ({}));
}

/** Runs `work` with exclusive access to the lock, after finishing what an earlier process left. */
async function afterRecovery<T extends object>(
  path: string,
  waitMs = 10_000,
  work: (paths: LockPaths, warn: (text: string) => void) => Promise<T>,
): Promise<T & Pick<Changed, "recovered" | "warnings">> {
  const paths = await lockPathsOf(path);
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const inTurn = async () => {
    await removeLeftovers(paths);
    const recovered = await recover(paths, warn);
    const [found] = warnings;
    try {
      return { ...(await work(paths, warn)), recovered };
    } catch (error) {
      throw found === undefined ? error : withNote(error, found);
    }
  };
  return { ...(await exclusively(paths, waitMs, inTurn, warn)), warnings };
}

/** A refused change has no warnings, so its error says what became of the one before. */
function withNote(error: unknown, note: string): unknown {
  if (!isGlassineError(error)) return error;
  const { code, message, data, cause } = error;
  return new GlassineError(code, `${message.replace(/\.$/, "")}. ${note}`, data, cause);
}

async function applyWithJournal(step: Step): Promise<void> {
  const { paths, before, edit, isSame, options, warn } = step;
  const journal = await openJournal(paths.journal);
  try {
    warnIfOpen(paths.journal, journal.mode, warn);
    const problems = before === undefined ? checkJournal(noLock, readJournal(journal.bytes)) : [];
    if (problems.some(({ problem }) => problem === "journal_mismatch"))
      warn(
        `${printable(paths.lock)} was missing, although its journal trusts plugins, and is made anew without them: compare it with version control.`,
      );
    const recorded = lastLockDigest(journal.bytes);
    if (before !== undefined && recorded !== undefined && recorded !== sha256(before.bytes))
      warn(
        `${printable(paths.lock)} was edited after the last change in its journal, and is now recorded as it is: compare it with version control.`,
      );
    const end = endOf(journal.bytes);
    const digest = sha256(edit.text);
    const facts = {
      at: new Date().toISOString(),
      actor: options.actor ?? ownName(),
      lock: digest,
    };
    const lines = chained(
      edit.lines.map((line) => ({ ...line, ...facts })),
      end,
    );
    const record = {
      old: before === undefined ? null : sha256(before.bytes),
      new: digest,
      journal: journal.bytes.length,
      lines,
    };
    try {
      await writeRecord(paths, record, journal.mode & 0o777);
    } catch (error) {
      await journal.takeBack();
      throw error;
    }
    let lock: Replaced | undefined;
    try {
      if (!isSame) lock = await replaceFile(paths.lock, encoder.encode(edit.text), before);
      await journal.append(appended(lines, end));
    } catch (error) {
      throw await undo(step, journal, lock, error);
    }
    await lock?.settle();
  } finally {
    // Ignores errors: the lines are on disk or taken back by now.
    await journal.close().catch(() => {});
  }
  await onFile(paths.pending, "remove", () => remove(paths.pending)).catch((error: Error) =>
    warn(`${error.message} The change was made. The next change will remove the file.`),
  );
}

/** Undoes a change that failed. @returns the error to throw, which says what could not be undone */
async function undo(
  { paths }: Step,
  journal: JournalFile,
  lock: Replaced | undefined,
  error: unknown,
): Promise<unknown> {
  // If the lines stay in the journal, the change that they record has to stay too.
  const isGone = await journal.takeBack();
  if (isGone && (lock === undefined || (await lock.undo()))) {
    await tryRemove(paths.pending);
    return error;
  }
  const message = `${(error as Error).message} What was written could not be undone: the change of ${printable(paths.lock)} stands, and the next change will complete its journal.`;
  return lockfileFailed(paths.lock, message, error);
}

/** Returns `user@host`. In a container, the user may have no name. */
function ownName(): string {
  let user: string;
  try {
    user = userInfo().username;
  } catch {
    user = `uid-${process.getuid?.() ?? "unknown"}`;
  }
  return `${user}@${hostname()}`;
}

/** Warns if everybody can write to a file. Windows has no such mode bits. */
function warnIfOpen(path: string, mode: number, warn: (text: string) => void): void {
  if (process.platform === "win32" || (mode & 0o002) === 0) return;
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  warn(
    `${printable(path)} can be written by everybody (mode ${bits}). Remove that permission: chmod o-w.`,
  );
}
