/**
 * The journal: every change of trust, in order. A line has six fields separated by tabs, and then
 * fields that this library adds. Readers take the six by position, so that lines from other tools
 * or written by hand count as well. Each line has the digest of the line before. This chain reveals
 * that a line was removed, moved or edited, unless somebody recomputes the digests, which takes no
 * key. Nothing follows the last line, so only the lock can reveal a change to it.
 *
 * @see spec `journal:fields`, `journal:further-fields`, `journal:chain`, `journal:unchained`,
 *   `journal:torn`
 */
import type { Lockfile } from "../lockfile/entry-rules.ts";
import { inConflict } from "../lockfile/refusals.ts";
import { sha256 } from "./files.ts";

type JournalAction = "trust" | "revoke";

/** A change of trust, as the journal records it. */
export interface JournalLine {
  /** When, as the line has it: ISO 8601. */
  readonly at: string;
  readonly action: JournalAction;
  /** The plugin's id. */
  readonly id: string;
  /** `-` for a revocation. */
  readonly version: string;
  /** The hash of the package; `-` for a revocation. */
  readonly hash: string;
  readonly reason: string;
  /** The last day of the trust: `2027-01-31`; `undefined` for no end. */
  readonly until?: string | undefined;
  /** Where its code runs from then on, such as `process`; `undefined` if it stays in the host. */
  readonly isolate?: string | undefined;
  /** Who, as `user@host`. */
  readonly actor: string | undefined;
  /** The SHA-256 of the lock's text after the change, in hex. */
  readonly lock: string | undefined;
  /** The SHA-256 of the line before, in hex; `-` for the first. */
  readonly prev: string | undefined;
  /** Whether the line before had no end when this one was appended. */
  readonly afterTorn: boolean;
}

type JournalFault =
  | "malformed"
  | "torn"
  | "chain_broken"
  | "unchained"
  | "journal_mismatch"
  | "lock_edited";

/** One thing that is wrong with a journal. */
export interface JournalProblem {
  /** The number of the line, from 1; `undefined` if the journal has no line for it. */
  readonly line: number | undefined;
  readonly id: string | undefined;
  readonly problem: JournalFault;
  /** One sentence. */
  readonly detail: string;
}

export interface Journal {
  /** The lines that count, in order, each with its number from 1. */
  readonly lines: readonly (JournalLine & { readonly number: number })[];
  /** Sorted by line. */
  readonly problems: readonly JournalProblem[];
}

const leading = 6;
/** The field that says that the line before does not count. */
const afterTorn = "before=torn";

/** Returns the line without its line feed. Nothing in a field can start another field or line. */
export function encodeJournalLine(line: JournalLine): string {
  const { until, isolate, actor, lock, prev } = line;
  const texts = [line.id, line.version, line.hash, line.reason].map(escapeField);
  const further = Object.entries({ until, isolate, actor, lock, prev }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escapeField(value)}`],
  );
  const last = line.afterTorn ? [afterTorn] : [];
  return [line.at, line.action, ...texts, ...further, ...last].join("\t");
}

/** Parses a line, or returns why it is not one. Ignores a carriage return that an editor added. */
export function parseJournalLine(text: string): JournalLine | { readonly fault: string } {
  const fields = text.replace(/\r$/, "").split("\t");
  const [at = "", action = "", ...rest] = fields.slice(0, leading);
  const [id = "", version = "", hash = "", reason = ""] = rest.map(unescapeField);
  if (text.startsWith("<<<<<<<")) return { fault: `It ${inConflict}.` };
  if (fields.length < leading)
    return { fault: `It has ${fields.length} of the ${leading} fields.` };
  if (!isJournalTime(at)) return { fault: "Its first field is not a date and time of ISO 8601." };
  if (action !== "trust" && action !== "revoke")
    return { fault: "Its second field is neither trust nor revoke." };
  if (id === "" || version === "" || hash === "")
    return { fault: "Its id, version or hash is empty." };
  const further = fields.slice(leading);
  const field = (key: string): string | undefined => {
    const found = further.find((each) => each.startsWith(`${key}=`));
    return found === undefined ? undefined : unescapeField(found.slice(key.length + 1));
  };
  return {
    at,
    action,
    id,
    version,
    hash,
    reason,
    until: field("until"),
    isolate: field("isolate"),
    actor: field("actor"),
    lock: field("lock"),
    prev: field("prev"),
    afterTorn: further.includes(afterTorn),
  };
}

const time =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/i;

/** Whether a string is a date and time in ISO 8601 form, on a day that exists. */
function isJournalTime(text: string): boolean {
  const [, year, month, day] = (time.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  // Day 0 of the next month is the last of this one.
  const last = new Date(0);
  last.setUTCFullYear(year, month, 0);
  return day <= last.getUTCDate();
}

/** Backslashes, control characters, line and paragraph separators, and lone surrogates. */
const special = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu;
const escaped = /\\(?:([\\tnr])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})/g;
const short: Readonly<Record<string, string>> = { "\\": "\\", "\t": "t", "\n": "n", "\r": "r" };

/** A tab becomes `\t`, NUL `\x00`, the line separator `\u{2028}`; most text stays as it is. */
function escapeField(text: string): string {
  return text.replaceAll(special, (character) => {
    const point = character.codePointAt(0) ?? 0;
    const hex = point.toString(16);
    const long = point > 0xff ? `u{${hex}}` : `x${hex.padStart(2, "0")}`;
    return `\\${short[character] ?? long}`;
  });
}

/** Reverses the escapes. A backslash before anything else was written by hand, and stays. */
function unescapeField(field: string): string {
  return field.replaceAll(escaped, (written, letter?: string, byte?: string, point?: string) => {
    if (letter !== undefined)
      return Object.entries(short).find(([, each]) => each === letter)?.[0] ?? written;
    const code = Number.parseInt(byte ?? point ?? "", 16);
    return code > 0x10ffff ? written : String.fromCodePoint(code);
  });
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** Fields of every line that this library writes. A line without them could hide earlier edits. */
const neverDropped = ["lock", "prev"] as const;
/** What the first line has in place of the digest of a line before. */
const noLine = "-";

/**
 * Parses a journal. Never throws: a line that cannot be read is reported by its number, and the
 * others are returned. A line without an end does not count, even after a later change ended it.
 */
export function readJournal(bytes: Uint8Array): Journal {
  const raw = linesOf(bytes);
  const isTorn = endsMidLine(bytes);
  const parsed = raw.map(parseBytes);
  const lines: (JournalLine & { number: number })[] = [];
  const problems: JournalProblem[] = [];
  const seen = new Set<(typeof neverDropped)[number]>();
  parsed.forEach((line, index) => {
    const number = index + 1;
    const next = parsed[index + 1];
    const report = (problem: JournalFault, detail: string) => {
      const id = "fault" in line ? undefined : line.id;
      problems.push({ line: number, id, problem, detail });
    };
    if ((next !== undefined && !("fault" in next) && next.afterTorn) || (isTorn && !next)) {
      report("torn", "It has no end, so it does not count.");
      return;
    }
    if ("fault" in line) {
      report("malformed", line.fault);
      return;
    }
    if (line.prev !== undefined && !digestsOf(raw[index - 1]).includes(line.prev))
      report("chain_broken", "It was written after a different line than the one before it.");
    const dropped = neverDropped.filter((key) => line[key] === undefined && seen.has(key));
    const isByHand = neverDropped.every((key) => line[key] === undefined);
    const nextPrev = next === undefined || "fault" in next ? undefined : next.prev;
    const isCovered = nextPrev !== undefined && digestsOf(raw[index]).includes(nextPrev);
    if (dropped.length > 0 && !(isByHand && isCovered)) {
      const names = dropped.map((key) => `${key}=`).join(" and ");
      report("unchained", `It lacks ${names}, which an earlier line has.`);
    }
    for (const key of neverDropped) if (line[key] !== undefined) seen.add(key);
    lines.push({ ...line, number });
  });
  return { lines, problems };
}

/** The digests that the line after this one may have. */
function digestsOf(line: Uint8Array | undefined): readonly string[] {
  if (line === undefined) return [noLine];
  // Earlier versions included a carriage return, which version control may add or remove.
  return [sha256(withoutReturn(line)), sha256(line)];
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}

type JournalEnd = ReturnType<typeof endOf>;

/**
 * Returns the end of a journal, as needed to append to it: how many lines there are, a torn one
 * included, whether the last has no line feed, and its digest, `-` if there is none.
 */
export function endOf(bytes: Uint8Array) {
  const lines = linesOf(bytes);
  const last = lines.at(-1);
  const digest = last === undefined ? noLine : sha256(withoutReturn(last));
  return { lines: lines.length, isTorn: endsMidLine(bytes), digest };
}

function endsMidLine(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.at(-1) !== lineFeed;
}

/** The digest of the lock's text after the last change; `undefined` if the last line has none. */
export function lastLockDigest(bytes: Uint8Array): string | undefined {
  const last = linesOf(bytes).at(-1);
  const line = last === undefined || endsMidLine(bytes) ? undefined : parseBytes(last);
  return line === undefined || "fault" in line ? undefined : line.lock;
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

function parseBytes(bytes: Uint8Array): ReturnType<typeof parseJournalLine> {
  try {
    return parseJournalLine(decoder.decode(bytes));
  } catch {
    return { fault: "It is not valid UTF-8." };
  }
}

/** Encodes lines, chained to the end of a journal, without line feeds. */
export function chained(
  lines: readonly Omit<JournalLine, "prev" | "afterTorn">[],
  end: JournalEnd,
): readonly string[] {
  let prev = end.digest;
  return lines.map((line, index) => {
    const text = encodeJournalLine({ ...line, prev, afterTorn: end.isTorn && index === 0 });
    prev = sha256(text);
    return text;
  });
}

/** Returns the bytes to append for these lines. If the last line is torn, they end it first. */
export function appended(
  lines: readonly string[],
  { isTorn }: Pick<JournalEnd, "isTorn">,
): Uint8Array {
  const text = lines.map((line) => `${line}\n`).join("");
  return new TextEncoder().encode(isTorn && text !== "" ? `\n${text}` : text);
}

/** A lock for a comparison; without `text` if there is no file. */
type ComparedLock = Pick<Lockfile, "entries"> & Partial<Pick<Lockfile, "text">>;

/** What a journal is compared with if there is no lock. */
export const noLock: ComparedLock = { entries: [] };

/**
 * Returns what is wrong with a journal itself, and where it disagrees with the lock.
 *
 * The last line for an id counts: it must trust the version, hash, end of trust and isolation in
 * the id's entry, and an id whose last line trusts it must have an entry. If all of that holds, and
 * the last line has the digest of a lock's text, the lock must still have that text.
 *
 * @returns problems of the journal, by line; then those of the lock's entries, in their order; then
 *   those of other ids, in the order of their first lines
 */
export function checkJournal(
  lock: ComparedLock,
  { lines, problems }: Journal,
): readonly JournalProblem[] {
  const latest = new Map(lines.map((line) => [line.id, line]));
  const mismatches: JournalProblem[] = [];
  const report = (id: string, detail: string) =>
    mismatches.push({ line: latest.get(id)?.number, id, problem: "journal_mismatch", detail });
  for (const { id, version, hash, until, isolate = "host" } of lock.entries) {
    const line = latest.get(id);
    if (line === undefined)
      report(id, "The lock has an entry, but the journal has no line for it.");
    else if (line.action === "revoke")
      report(id, "The lock has an entry, but the last line for it in the journal revokes it.");
    else if (line.version !== version || line.hash !== hash) {
      const last = `version ${escapeField(line.version)} with hash ${escapeField(line.hash)}`;
      report(id, `The journal last trusted ${last}, but the lock has a different version or hash.`);
    } else if (line.until !== until) {
      const end = (day: string | undefined) =>
        day === undefined ? "without an end" : `until ${day}`;
      const journaled = escapeField(end(line.until));
      report(id, `The journal trusts it ${journaled}, but the lock trusts it ${end(until)}.`);
    } else if ((line.isolate ?? "host") !== isolate) {
      const journaled = escapeField(line.isolate ?? "host");
      report(
        id,
        `The journal says that its code runs in ${journaled}, but the lock says ${isolate}.`,
      );
    }
  }
  const locked = new Set(lock.entries.map(({ id }) => id));
  const hasNone = lock.text === undefined ? "there is no lock" : "the lock has no entry";
  for (const { id, action } of latest.values())
    if (action === "trust" && !locked.has(id)) report(id, `The journal trusts it, but ${hasNone}.`);
  const last = lines.at(-1);
  // An edit that changes neither version nor hash, such as of a comment or granted capabilities.
  const digest = lock.text === undefined ? last?.lock : sha256(lock.text);
  if (mismatches.length === 0 && last?.lock !== undefined && last.lock !== digest) {
    const detail = "The lock was edited after the change that this line records.";
    return [...problems, { line: last.number, id: undefined, problem: "lock_edited", detail }];
  }
  return [...problems, ...mismatches];
}
