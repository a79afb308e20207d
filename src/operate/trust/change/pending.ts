/**
 * The record of a change in progress. Written before the lock is replaced and removed after
 * the journal has its lines, it says after a crash how both were to end.
 *
 * @see spec `journal:pending`
 */
import { rename } from "node:fs/promises";
import * as z from "zod";
import { jsonOf } from "../signing/json-file.ts";
import { sha256 } from "./digest.ts";
import { makeFile, readFileWhole, syncFolderOf, temporaryFor, tryRemove } from "./durable.ts";
import { isHeld } from "./exclusion.ts";
import { onFile } from "./failure.ts";
import { type JournalLine, parseJournalLine } from "./journal-line.ts";
import { type Places, placesOf } from "./places.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const isLine = (text: string) => !text.includes("\n") && linesIn(text).length === 1;

const recordSchema = z.object({
  version: z.literal(1),
  /** The SHA-256 of the lock before; null where there was none. */
  old: digest.nullable(),
  /** The SHA-256 of the lock after. */
  new: digest,
  /** How many bytes the journal had. */
  journal: z.int().min(0),
  /** The lines that the journal gets, without line feeds. */
  lines: z.array(z.string().refine(isLine)).readonly(),
});

/** A change as its record has it. */
export type PendingRecord = Omit<Readonly<z.output<typeof recordSchema>>, "version">;

/** What becomes of an unfinished change: it is completed, was not made, or can no longer be told. */
export type Recovery = "applied" | "discarded" | "conflict";

/** A change that was not finished. */
export interface PendingChange {
  /** Of the record. */
  readonly path: string;
  /** What the next command makes of it. */
  readonly outcome: Recovery;
  /** Whether a process may still be at it: then nothing is wrong. */
  readonly isInProgress: boolean;
  /** What it changes; empty where the record cannot be read. */
  readonly lines: readonly JournalLine[];
}

const maxRecordBytes = 64 * 2 ** 20;
const maxLockBytes = 64 * 2 ** 20;

/** Returns an unfinished change of this lock, without touching anything. */
export async function pendingChange(path: string): Promise<PendingChange | undefined> {
  const places = await placesOf(path);
  const before = await readRecord(places);
  if (before === undefined) return undefined;
  const isInProgress = await isHeld(places);
  // Its process may have finished since.
  const bytes = isInProgress ? before : await readRecord(places);
  if (bytes === undefined) return undefined;
  const record = parseRecord(bytes);
  return {
    path: places.pending,
    outcome: await outcomeOf(record, places),
    isInProgress,
    lines: record?.lines.flatMap(linesIn) ?? [],
  };
}

export async function readRecord({ pending }: Places): Promise<Uint8Array | undefined> {
  return readFileWhole(pending, maxRecordBytes);
}

/** Gets a record onto the disk. Without one, nothing is left of it. */
export async function writeRecord(
  { lock, pending }: Places,
  record: PendingRecord,
  mode: number,
): Promise<void> {
  await onFile(pending, "write", async () => {
    const made = temporaryFor(lock);
    const bytes = new TextEncoder().encode(`${JSON.stringify({ version: 1, ...record })}\n`);
    await makeFile(made, bytes, mode);
    try {
      await rename(made, pending);
      await syncFolderOf(pending);
    } catch (error) {
      await tryRemove(made);
      await tryRemove(pending);
      throw error;
    }
  });
}

/** The record; `undefined` for bytes that are none, or whose lines are not lines. */
export function parseRecord(bytes: Uint8Array): PendingRecord | undefined {
  const json = jsonOf(bytes);
  return "fault" in json ? undefined : recordSchema.safeParse(json.value).data;
}

/** The line that a text is, if it is one. */
export function linesIn(text: string): readonly JournalLine[] {
  const line = parseJournalLine(text);
  return "fault" in line ? [] : [line];
}

/** A change that leaves the text as it was counts as made once its record is there. */
export async function outcomeOf(
  record: PendingRecord | undefined,
  { lock }: Places,
): Promise<Recovery> {
  if (record === undefined) return "conflict";
  const bytes = await readFileWhole(lock, maxLockBytes);
  const now = bytes === undefined ? null : sha256(bytes);
  if (now === record.new) return "applied";
  return now === record.old ? "discarded" : "conflict";
}
