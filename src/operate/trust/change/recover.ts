/**
 * Ends what an earlier process began and did not finish. The lock tells how far it came: it has the
 * new text, then the journal gets its lines; or the old one, then nothing was done; or another, and
 * then nobody can tell.
 *
 * @see spec `journal:recovery`, `journal:conflict`
 */
import { rename } from "node:fs/promises";
import { printable } from "../printable.ts";
import { sameBytes } from "./digest.ts";
import { remove, statsOf } from "./durable.ts";
import { onFile } from "./failure.ts";
import { appended, chained, endOf, readJournal } from "./journal.ts";
import { openJournal } from "./journal-file.ts";
import type { JournalLine } from "./journal-line.ts";
import {
  linesIn,
  outcomeOf,
  type PendingRecord,
  parseRecord,
  type Recovery,
  readRecord,
} from "./pending.ts";
import type { Places } from "./places.ts";

/** Only for whoever holds the exclusion. `warn` gets a sentence about what was found. */
export async function recover(
  places: Places,
  now: Date,
  warn: (text: string) => void,
): Promise<Recovery | undefined> {
  const bytes = await readRecord(places);
  if (bytes === undefined) return undefined;
  const shown = printable(places.lock);
  const record = parseRecord(bytes);
  const outcome = await outcomeOf(record, places);
  if (record === undefined || outcome === "conflict") {
    const kept = await keepRecord(places, now);
    warn(
      `${shown} is not what an unfinished change left. The record of that change is kept as ${printable(kept)}, and the journal got no line for it.`,
    );
    return "conflict";
  }
  if (outcome === "applied") await completeJournal(places, record);
  await onFile(places.pending, "remove", () => remove(places.pending));
  warn(
    outcome === "applied"
      ? `An unfinished change of ${shown} was found made. The journal has its lines now.`
      : `An unfinished change of ${shown} was found not made, and is forgotten.`,
  );
  return outcome;
}

async function keepRecord({ pending }: Places, now: Date): Promise<string> {
  // Without the colons, which Windows takes in no name.
  const name = `${pending}.conflict-${now.toISOString().replaceAll(/[-:.]/g, "")}`;
  return onFile(pending, "keep", async () => {
    let kept = name;
    for (let count = 2; (await statsOf(kept)) !== undefined; count++) kept = `${name}-${count}`;
    await rename(pending, kept);
    return kept;
  });
}

/** Appends what is missing of the record's lines, be it the second half of one. */
async function completeJournal({ journal }: Places, record: PendingRecord): Promise<void> {
  if (record.lines.length === 0) return;
  const file = await openJournal(journal);
  try {
    const missing = missingOf(record, file.bytes);
    if (missing.length > 0) await file.append(missing);
  } finally {
    await file.close();
  }
}

/** What has to be appended to a journal so that it has each line of the record once. */
export function missingOf(record: PendingRecord, journal: Uint8Array): Uint8Array {
  const before = journal.subarray(0, record.journal);
  const since = journal.subarray(record.journal);
  const wanted = appended(record.lines, endOf(before));
  const isOnItsWay = before.length === record.journal && since.length <= wanted.length;
  if (isOnItsWay && sameBytes(since, wanted.subarray(0, since.length))) {
    return wanted.subarray(since.length);
  }
  // Something else was appended, or the journal was cut: the lines are chained to what is there.
  const end = endOf(journal);
  const present = readJournal(journal).lines.filter(({ number }) => number > endOf(before).lines);
  const lines = record.lines
    .flatMap(linesIn)
    .filter((line) => !present.some((other) => isSameChange(line, other)));
  return appended(chained(lines, end), end);
}

/** Whether two lines tell the same change, wherever they stand, and be one without its last fields. */
function isSameChange(one: JournalLine, other: JournalLine): boolean {
  const keys = ["at", "action", "id", "version", "hash", "reason", "until"] as const;
  return keys.every((key) => one[key] === other[key]);
}
