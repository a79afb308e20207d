import { readFileWhole } from "./durable.ts";
import { type Journal, readJournal } from "./journal.ts";
import { maxJournalBytes } from "./journal-file.ts";
import { placesOf } from "./places.ts";

/**
 * Reads the journal of the lock at a path. One that is not there has no lines.
 *
 * @returns the journal, and where it is: beside the file that the path leads to
 * @throws GlassineError `lockfile_failed`
 */
export async function loadJournal(path: string): Promise<Journal & { readonly path: string }> {
  const { journal } = await placesOf(path);
  const bytes = await readFileWhole(journal, maxJournalBytes);
  return { ...readJournal(bytes ?? new Uint8Array()), path: journal };
}
