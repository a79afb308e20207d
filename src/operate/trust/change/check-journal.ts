/** The journal against the lock: every grant is told, and every grant that is told is there. */
import type { Lockfile } from "../lockfile/index.ts";
import { sha256 } from "./digest.ts";
import type { Journal, JournalProblem, NumberedLine } from "./journal.ts";
import { escapeField } from "./journal-line.ts";

/** Of each id the line that holds: the last one. The order of the lines counts, not their times. */
export function latestLines(lines: readonly NumberedLine[]): ReadonlyMap<string, NumberedLine> {
  return new Map(lines.map((line) => [line.id, line]));
}

/**
 * What is wrong with a journal in itself, and where it does not tell what the lock says.
 *
 * An entry has to be the last thing that the journal trusts for its id, by version, hash and end of
 * trust; an id that the journal trusts last has to have an entry. Where all of that holds and the last line says
 * which text of the lock it left, that has to be the text of now.
 *
 * @returns problems of the journal by line, then those of the lock's entries in their order, then
 *   those of other ids in the order of their lines
 */
export function checkJournal(
  lock: Pick<Lockfile, "entries" | "text">,
  journal: Journal,
): readonly JournalProblem[] {
  const latest = latestLines(journal.lines);
  const locked = new Set(lock.entries.map(({ id }) => id));
  const ofEntries = lock.entries.flatMap(({ id, version, hash, until }) => {
    const line = latest.get(id);
    const isSame = line?.action === "trust" && line.version === version && line.hash === hash;
    if (isSame && line.until !== until) return [mismatch(id, line, otherEnd(line.until, until))];
    return isSame ? [] : [mismatch(id, line, mismatchText(line))];
  });
  const ofOthers = [...latest.values()]
    .filter(({ id, action }) => action === "trust" && !locked.has(id))
    .map((line) => mismatch(line.id, line, "The journal trusts it, and the lock has no entry."));
  const mismatches = [...ofEntries, ...ofOthers];
  return [...journal.problems, ...(mismatches.length > 0 ? mismatches : edits(lock, journal))];
}

function mismatchText(line: NumberedLine | undefined): string {
  if (line === undefined) return "The lock has an entry, and the journal no line for it.";
  if (line.action === "revoke") return "The lock has an entry, and the journal revokes it last.";
  return `The journal trusts version ${escapeField(line.version)} with hash ${escapeField(line.hash)} last, and the lock has another.`;
}

function otherEnd(journaled: string | undefined, until: string | undefined): string {
  const end = (day: string | undefined) => (day === undefined ? "without an end" : `until ${day}`);
  return `The journal trusts it ${escapeField(end(journaled))}, and the lock ${end(until)}.`;
}

function mismatch(id: string, line: NumberedLine | undefined, detail: string): JournalProblem {
  return { line: line?.number, id, problem: "journal_mismatch", detail };
}

/** An edit that changes no version and no hash: a comment, or capabilities that are granted. */
function edits(lock: Pick<Lockfile, "text">, { lines }: Journal): readonly JournalProblem[] {
  const last = lines.at(-1);
  if (last?.lock === undefined || last.lock === sha256(lock.text)) return [];
  const detail = "The lock was edited after the change that this line tells.";
  return [{ line: last.number, id: undefined, problem: "lock_edited", detail }];
}
