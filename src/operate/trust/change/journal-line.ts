/**
 * One line of the journal: six fields with tabs between them, and what this library adds behind
 * them. Readers take the six by position, so a line of another tool or a hand is as good.
 *
 * @see spec `journal:fields`, `journal:further-fields`
 */

/** What was done: trust was granted, or taken back. */
export type JournalAction = "trust" | "revoke";

/** A change of trust, as the journal tells it. */
export interface JournalLine {
  /** When, as it is written there: ISO 8601. */
  readonly at: string;
  readonly action: JournalAction;
  /** The plugin's. */
  readonly id: string;
  /** `-` for a revocation. */
  readonly version: string;
  /** The hash of the package; `-` for a revocation. */
  readonly hash: string;
  readonly reason: string;
  /** The last day of the trust: `2027-01-31`; `undefined` for no end. */
  readonly until?: string | undefined;
  /** Who, as `user@host`. */
  readonly actor: string | undefined;
  /** The SHA-256 of the lock's text after the change, in hex. */
  readonly lock: string | undefined;
  /** The SHA-256 of the line before, in hex; `-` for the first. */
  readonly prev: string | undefined;
  /** Whether the line before had no end when this one was appended. */
  readonly afterTorn: boolean;
}

const leading = 6;
/** Says that the line before counts for nothing. */
const afterTorn = "before=torn";

/** The line without its line feed. Whatever its fields hold, it is one line of as many fields. */
export function encodeJournalLine(line: JournalLine): string {
  const { action, until, actor, lock, prev } = line;
  const texts = [line.id, line.version, line.hash, line.reason].map(escapeField);
  const fields = [line.at, action, ...texts];
  if (until !== undefined) fields.push(`until=${escapeField(until)}`);
  if (actor !== undefined) fields.push(`actor=${escapeField(actor)}`);
  if (lock !== undefined) fields.push(`lock=${escapeField(lock)}`);
  if (prev !== undefined) fields.push(`prev=${escapeField(prev)}`);
  if (line.afterTorn) fields.push(afterTorn);
  return fields.join("\t");
}

/** The line, or what keeps it from being one. A carriage return of an editor at its end is none. */
export function parseJournalLine(text: string): JournalLine | { readonly fault: string } {
  const fields = text.replace(/\r$/, "").split("\t");
  const [at = "", action = "", ...rest] = fields.slice(0, leading);
  const [id = "", version = "", hash = "", reason = ""] = rest.map(unescapeField);
  if (fields.length < leading) {
    return { fault: `It has ${fields.length} of the ${leading} fields.` };
  }
  if (!isJournalTime(at)) return { fault: "Its first field is not a date and time of ISO 8601." };
  if (action !== "trust" && action !== "revoke") {
    return { fault: "Its second field is neither trust nor revoke." };
  }
  if (id === "" || version === "" || hash === "") {
    return { fault: "Its id, version or hash is empty." };
  }
  const further = fields.slice(leading);
  return {
    ...{ at, action, id, version, hash, reason },
    until: fieldOf(further, "until="),
    actor: fieldOf(further, "actor="),
    lock: fieldOf(further, "lock="),
    prev: fieldOf(further, "prev="),
    afterTorn: further.includes(afterTorn),
  };
}

function fieldOf(further: readonly string[], key: string): string | undefined {
  const field = further.find((each) => each.startsWith(key));
  return field === undefined ? undefined : unescapeField(field.slice(key.length));
}

const time =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/i;

/** Whether a text is a date and time as ISO 8601 writes them, of a day that there is. */
export function isJournalTime(text: string): boolean {
  const [, year, month, day] = (time.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  // Day 0 of the next month is the last of this one.
  const last = new Date(0);
  last.setUTCFullYear(year, month, 0);
  return day <= last.getUTCDate();
}

/** Backslash, control characters, separators of lines and paragraphs, and lone surrogates. */
const special = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu;
const escaped = /\\(?:([\\tnr])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})/g;

const short: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);
const meant: ReadonlyMap<string, string> = new Map(
  [...short].map(([character, written]) => [written.slice(1), character]),
);

/** A tab becomes `\t`, NUL `\x00`, the line separator `\u{2028}`; most text stays as it is. */
export function escapeField(text: string): string {
  return text.replaceAll(special, (character) => {
    const point = character.codePointAt(0) ?? 0;
    const hex = point.toString(16);
    return short.get(character) ?? (point > 0xff ? `\\u{${hex}}` : `\\x${hex.padStart(2, "0")}`);
  });
}

/** The text that a field stands for. A backslash before anything else is one that a hand wrote. */
function unescapeField(field: string): string {
  return field.replaceAll(escaped, (written, letter?: string, byte?: string, point?: string) => {
    if (letter !== undefined) return meant.get(letter) ?? written;
    const code = Number.parseInt(byte ?? point ?? "", 16);
    return code > 0x10ffff ? written : String.fromCodePoint(code);
  });
}
