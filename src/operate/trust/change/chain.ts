import { sha256 } from "./digest.ts";
import type { JournalEnd } from "./journal.ts";
import { encodeJournalLine, type JournalLine } from "./journal-line.ts";

/** A line that has no place in a journal yet. */
export type UnchainedLine = Omit<JournalLine, "prev" | "afterTorn">;

/** The lines as they stand behind the end of a journal, without line feeds. */
export function chained(lines: readonly UnchainedLine[], end: JournalEnd): readonly string[] {
  let prev = end.digest;
  return lines.map((line, index) => {
    const text = encodeJournalLine({ ...line, prev, afterTorn: end.isTorn && index === 0 });
    prev = sha256(text);
    return text;
  });
}

/** What is appended for them. A line that has no end gets one first. */
export function appended(
  lines: readonly string[],
  { isTorn }: Pick<JournalEnd, "isTorn">,
): Uint8Array {
  const text = lines.map((line) => `${line}\n`).join("");
  return new TextEncoder().encode(isTorn && text !== "" ? `\n${text}` : text);
}
