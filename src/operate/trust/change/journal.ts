/**
 * The journal: every change of trust in its order, each line with the digest of the line before.
 * The chain shows that a line was removed, moved or edited, as long as nobody makes the digests
 * anew: there is no key in it.
 *
 * @see spec `journal:chain`, `journal:torn`
 */
import { sha256 } from "./digest.ts";
import { encodeJournalLine, type JournalLine, parseJournalLine } from "./journal-line.ts";

/** What can be wrong with a journal. */
type JournalFault = "malformed" | "torn" | "chain_broken" | "journal_mismatch" | "lock_edited";

/** One thing that is wrong with a journal. */
export interface JournalProblem {
  /** The number of the line, from 1; `undefined` where the journal has none for it. */
  readonly line: number | undefined;
  readonly id: string | undefined;
  readonly problem: JournalFault;
  /** One sentence. */
  readonly detail: string;
}

/** A line with its place. */
export interface NumberedLine extends JournalLine {
  /** From 1. */
  readonly number: number;
}

/** A journal that was read. */
export interface Journal {
  /** The lines that count, in order. */
  readonly lines: readonly NumberedLine[];
  /** By line. */
  readonly problems: readonly JournalProblem[];
}

const lineFeed = 0x0a;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a journal. It never throws: what cannot be read as a line is a problem with its number, and
 * the other lines are there. A line without an end does not count, also after it was ended.
 */
export function readJournal(bytes: Uint8Array): Journal {
  const raw = linesOf(bytes);
  const isTorn = endsMidLine(bytes);
  const parsed = raw.map(parseBytes);
  const lines: NumberedLine[] = [];
  const problems: JournalProblem[] = [];
  parsed.forEach((line, index) => {
    const number = index + 1;
    const next = parsed[index + 1];
    const report = (problem: JournalFault, detail: string) =>
      problems.push({ line: number, id: idOf(line), problem, detail });
    if ((next !== undefined && !("fault" in next) && next.afterTorn) || (isTorn && !next)) {
      report("torn", "It has no end, so it does not count.");
      return;
    }
    if ("fault" in line) {
      report("malformed", line.fault);
      return;
    }
    const before = raw[index - 1];
    const expected = before === undefined ? noLine : sha256(before);
    if (line.prev !== undefined && line.prev !== expected) {
      report("chain_broken", "The line before is not the one after which it was written.");
    }
    lines.push({ ...line, number });
  });
  return { lines, problems };
}

/** What the first line has as the digest of the line before. */
const noLine = "-";

/** Where the next line goes. */
export interface JournalEnd {
  /** How many lines there are, a torn one included. */
  readonly lines: number;
  /** Whether the last line has no line feed. */
  readonly isTorn: boolean;
  /** The digest of the last line; `-` where there is none. */
  readonly digest: string;
}

export function endOf(bytes: Uint8Array): JournalEnd {
  const lines = linesOf(bytes);
  const last = lines.at(-1);
  return {
    lines: lines.length,
    isTorn: endsMidLine(bytes),
    digest: last === undefined ? noLine : sha256(last),
  };
}

function endsMidLine(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.at(-1) !== lineFeed;
}

/** The bytes of each line, without its line feed. */
function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(lineFeed, from);
    const to = end === -1 ? bytes.length : end;
    lines.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return lines;
}

function parseBytes(bytes: Uint8Array): JournalLine | { readonly fault: string } {
  try {
    return parseJournalLine(decoder.decode(bytes));
  } catch {
    return { fault: "It is not valid UTF-8." };
  }
}

function idOf(line: JournalLine | { readonly fault: string }): string | undefined {
  return "fault" in line ? undefined : line.id;
}

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
