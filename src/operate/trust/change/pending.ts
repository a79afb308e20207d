/**
 * The record of a change in progress. It is written before the lock is replaced, and removed after
 * the journal has its lines. After a crash it says what both were to become.
 *
 * Recovery finishes such a change. If the lock has the new text, the journal gets its lines; if it
 * has the old one, nothing was done; if it has another, nobody can know what happened.
 *
 * @see spec `journal:pending`, `journal:recovery`, `journal:conflict`
 */

import { rename } from "node:fs/promises";
import * as z from "zod";
import { jsonOf } from "../../packages/index.ts";
import type { Lockfile } from "../lockfile/entry-rules.ts";
import { readLockfile } from "../lockfile/read-lockfile.ts";
import { printable } from "../printable.ts";
import { isHeld } from "./exclusion.ts";
import {
  type LockPaths,
  lockfileFailed,
  lockPathsOf,
  onFile,
  putInPlace,
  readFileWhole,
  remove,
  sha256,
  statsOf,
  tryRemove,
} from "./files.ts";
import {
  appended,
  chained,
  endOf,
  type JournalLine,
  parseJournalLine,
  readJournal,
} from "./journal.ts";
import { openJournal, readTrustJournal, type TrustJournal } from "./journal-file.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const isLine = (text: unknown) =>
  typeof text === "string" && !text.includes("\n") && linesIn(text).length === 1;
/** Ends at the first that is none: to report each of millions would take all memory. */
const areLines = (given: unknown) => Array.isArray(given) && given.every(isLine);

const recordSchema = z.object({
  version: z.literal(1),
  /** The SHA-256 of the lock before; null if there was none. */
  old: digest.nullable(),
  /** The SHA-256 of the lock after. */
  new: digest,
  /** How many bytes the journal had before. */
  journal: z.int().min(0),
  /** The lines that the journal gets, without line feeds. */
  lines: z.custom<readonly string[]>(areLines),
});

export type PendingRecord = Omit<Readonly<z.output<typeof recordSchema>>, "version">;

/** The outcome of an unfinished change: it was completed, was not made, or is unknown. */
export type Recovery = "applied" | "discarded" | "conflict";

/** Tiny items take a hundred times as much memory while they are parsed. */
const maxRecordBytes = 4 * 2 ** 20;
const maxLockBytes = 64 * 2 ** 20;

/**
 * Returns whether a change of this lock is `unfinished`, or still `in progress`, as far as is known;
 * `undefined` if there is none. Touches nothing.
 */
export async function pendingChange(
  path: string,
): Promise<"in progress" | "unfinished" | undefined> {
  const paths = await lockPathsOf(path);
  if ((await readRecord(paths)) === undefined) return undefined;
  if (await isHeld(paths)) return "in progress";
  // Its process may have finished since.
  return (await readRecord(paths)) === undefined ? undefined : "unfinished";
}

const readRecord = ({ pending }: LockPaths) => readFileWhole(pending, maxRecordBytes);

/** Writes a record to disk, if it can be read again. If that fails, nothing is left of it. */
export async function writeRecord(
  { lock, pending }: LockPaths,
  record: PendingRecord,
  mode: number,
): Promise<void> {
  await onFile(pending, "write", async () => {
    const bytes = new TextEncoder().encode(`${JSON.stringify({ version: 1, ...record })}\n`);
    if (bytes.length > maxRecordBytes)
      throw lockfileFailed(
        pending,
        `Cannot write ${printable(pending)}: the change is too large for it. Change fewer plugins at a time, or give a shorter reason.`,
      );
    await putInPlace(pending, bytes, mode, lock).catch(async (error) => {
      await tryRemove(pending);
      throw error;
    });
  });
}

/** Parses a string as one line; returns an empty list if it is not one. */
function linesIn(text: string): readonly JournalLine[] {
  const line = parseJournalLine(text);
  return "fault" in line ? [] : [line];
}

/** A change that leaves the text as it was counts as made once its record exists. */
async function outcomeOf(
  record: PendingRecord | undefined,
  { lock }: LockPaths,
): Promise<Recovery> {
  if (record === undefined) return "conflict";
  const bytes = await readFileWhole(lock, maxLockBytes);
  const now = bytes === undefined ? null : sha256(bytes);
  if (now === record.new) return "applied";
  return now === record.old ? "discarded" : "conflict";
}

/** Call it only with exclusive access. `warn` gets a sentence about what was found. */
export async function recover(
  paths: LockPaths,
  warn: (text: string) => void,
): Promise<Recovery | undefined> {
  const bytes = await readRecord(paths);
  if (bytes === undefined) return undefined;
  const shown = printable(paths.lock);
  const json = jsonOf(bytes);
  const record = "fault" in json ? undefined : recordSchema.safeParse(json.value).data;
  const outcome = await outcomeOf(record, paths);
  if (record === undefined || outcome === "conflict") {
    const kept = await keepRecord(paths);
    warn(
      `${shown} does not match an unfinished change. The record of that change is kept as ${printable(kept)}, and nothing was added to the journal.`,
    );
    return "conflict";
  }
  if (outcome === "applied") await completeJournal(paths, record);
  await onFile(paths.pending, "remove", () => remove(paths.pending));
  warn(
    outcome === "applied"
      ? `An unfinished change of ${shown} was completed. Its lines are now in the journal.`
      : `An unfinished change of ${shown} was discarded. The file had not been changed.`,
  );
  return outcome;
}

async function keepRecord({ pending }: LockPaths): Promise<string> {
  // Without colons, which Windows does not allow in names.
  const name = `${pending}.conflict-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`;
  return onFile(pending, "keep", async () => {
    let kept = name;
    for (let count = 2; (await statsOf(kept)) !== undefined; count++) kept = `${name}-${count}`;
    await rename(pending, kept);
    return kept;
  });
}

/** Appends what the journal lacks of the record's lines, even if only the second half of one. */
async function completeJournal({ journal }: LockPaths, record: PendingRecord): Promise<void> {
  if (record.lines.length === 0) return;
  const file = await openJournal(journal);
  try {
    const missing = missingOf(record, file.bytes);
    if (missing.length > 0) await file.append(missing);
  } finally {
    await file.close();
  }
}

/** Returns what to append to a journal so that it has each line of the record once. */
export function missingOf(record: PendingRecord, journal: Uint8Array): Uint8Array {
  const before = journal.subarray(0, record.journal);
  const since = journal.subarray(record.journal);
  const wanted = appended(record.lines, endOf(before));
  const isOnItsWay = before.length === record.journal && since.length <= wanted.length;
  if (isOnItsWay && Buffer.compare(since, wanted.subarray(0, since.length)) === 0) {
    return wanted.subarray(since.length);
  }
  // Something else was appended, or the journal was cut, so chain the lines to what is there.
  const end = endOf(journal);
  const present = readJournal(journal).lines.filter(({ number }) => number > endOf(before).lines);
  const lines = record.lines
    .flatMap(linesIn)
    .filter((line) => !present.some((other) => isSameChange(line, other)));
  return appended(chained(lines, end), end);
}

/** Whether two lines record the same change, at any place, even if one lacks its last fields. */
function isSameChange(one: JournalLine, other: JournalLine): boolean {
  const keys = ["at", "action", "id", "version", "hash", "reason", "until"] as const;
  return keys.every((key) => one[key] === other[key]);
}

const pauseMs = 25;
const maxTries = 40;

/**
 * Reads again while another process changes the two, which it does one after the other. What is
 * returned may not belong together if that takes more than a second.
 *
 * @throws GlassineError as `readLockfile` and `readTrustJournal` do
 */
export async function readLockWithJournal(
  path: string,
): Promise<{ readonly lock: Lockfile | undefined; readonly journal: TrustJournal }> {
  for (let tries = 1; ; tries++) {
    const lock = await readLockfile(path);
    // There is a record from before the lock is replaced until the journal has its lines.
    const change = await pendingChange(path).catch(() => undefined);
    const journal = await readTrustJournal(path);
    const after = await readLockfile(path);
    const isSettled = change !== "in progress" && lock?.text === after?.text;
    if (isSettled || tries === maxTries) return { lock, journal };
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
