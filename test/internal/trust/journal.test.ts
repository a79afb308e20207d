/** The lines of a journal. */
import { trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import {
  encodeJournalLine,
  isJournalTime,
  type JournalLine,
  parseJournalLine,
  readJournal,
} from "../../../src/operate/trust/change/journal.ts";
import { verifies } from "../../support/verifies.ts";
import { entryOf, lockFolder } from "../../trust/change-support.ts";

const manual = ["2026-05-25T10:15:30+02:00", "trust", "acme.pii", "1.0.0", "sha256:00", "why"];
const line: JournalLine = {
  at: "2026-05-25T10:15:30.123Z",
  action: "trust",
  id: "acme.pii",
  version: "1.0.0",
  hash: "sha256:00",
  reason: "why",
  actor: "ada@lab",
  lock: "a".repeat(64),
  prev: "-",
  afterTorn: false,
};

describe("a line", () => {
  it("has six fields, followed by those of this library", () => {
    verifies("journal:fields", "journal:further-fields");
    expect(encodeJournalLine(line)).toBe(
      `2026-05-25T10:15:30.123Z\ttrust\tacme.pii\t1.0.0\tsha256:00\twhy\tactor=ada@lab\tlock=${"a".repeat(64)}\tprev=-`,
    );
    expect(parseJournalLine(encodeJournalLine(line))).toEqual(line);
  });

  it("with only six fields is valid", () => {
    verifies("journal:by-hand");
    const further = { actor: undefined, lock: undefined, prev: undefined };
    const expected = { ...line, at: manual[0], ...further };
    expect(parseJournalLine(manual.join("\t"))).toEqual(expected);
    expect(parseJournalLine(`${manual.join("\t")}\r`)).toEqual(expected);
    expect(encodeJournalLine({ ...line, ...further })).toBe(
      [line.at, ...manual.slice(1)].join("\t"),
    );
  });

  it("takes the first field of each name and ignores repeats", () => {
    verifies("journal:further-fields");
    const more = ["note", "prev=aa", "prev=bb", "actor=a\\tb", "lock", "=", ""];
    expect(parseJournalLine([...manual, ...more].join("\t"))).toMatchObject({
      prev: "aa",
      actor: "a\tb",
      lock: undefined,
    });
  });

  it.each([
    ["\\\\", "\\"],
    ["\\t\\n\\r", "\t\n\r"],
    ["\\x00\\x1B\\x1b\\xff", "\0\u001b\u001bÿ"],
    ["\\u{2028}\\u{D800}\\u{1f44d}", "\u2028\ud800👍"],
    // Written by hand: none of these is an escape that the library writes.
    ["C:\\Temp \\q \\x1 \\u{} \\u{110000} \\u{0000000} \\", null],
  ])("unescapes %j", (field, text) => {
    verifies("journal:unescapes");
    const parsed = parseJournalLine([...manual.slice(0, 5), field].join("\t"));
    expect(parsed).toMatchObject({ reason: text ?? field });
  });

  it.each([
    [
      ["2026-05-25T10:15:30Z", "trust", "acme.pii", "1.0.0", "sha256:00"],
      "It has 5 of the 6 fields.",
    ],
    [[""], "It has 1 of the 6 fields."],
    [["yesterday", ...manual.slice(1)], "Its first field is not a date and time of ISO 8601."],
    [[manual[0], "grant", ...manual.slice(2)], "Its second field is neither trust nor revoke."],
    // Escapes are not allowed here: other readers would see another word.
    [[manual[0], "\\x74rust", ...manual.slice(2)], "Its second field is neither trust nor revoke."],
    [[manual[0], "trust", "", "1", "h", "r"], "Its id, version or hash is empty."],
    [[manual[0], "trust", "a", "", "h", "r"], "Its id, version or hash is empty."],
    [[manual[0], "revoke", "a", "-", "", "r"], "Its id, version or hash is empty."],
  ])("%j is not one", (fields, fault) => {
    verifies("journal:malformed");
    expect(parseJournalLine(fields.join("\t"))).toEqual({ fault });
  });

  it("may have an empty reason when it was written manually", () => {
    expect(parseJournalLine([...manual.slice(0, 5), ""].join("\t"))).toMatchObject({ reason: "" });
  });
});

describe("a time", () => {
  it.each([
    "2026-05-25T10:15:30.123Z",
    "2026-05-25t10:15:30z",
    "2026-05-25 10:15:30+02:00",
    "2026-05-25T10:15:30-0530",
    "2026-05-25T10:15+02",
    "2026-05-25T10:15:30.123456",
    "2026-05-25T10:15:30,5",
    "2024-02-29T23:59:60Z",
    "0000-01-01T00:00:00Z",
  ])("%s is one", (text) => {
    verifies("journal:by-hand");
    expect(isJournalTime(text)).toBe(true);
  });

  it.each([
    "",
    "2026-05-25",
    "10:15:30",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-05-25T24:00:00Z",
    "2026-05-25T10:60:00Z",
    "2026-05-25T10:15:30+24:00",
    "2026-05-25T10:15:30.Z",
    " 2026-05-25T10:15:30Z",
    "2026-05-25T10:15:30Z\n",
    "+002026-05-25T10:15:30Z",
    "٢٠٢٦-05-25T10:15:30Z",
  ])("%j is not one", (text) => {
    expect(isJournalTime(text)).toBe(false);
  });
});

/** Reads bytes, because the cases would need too many files. */
describe("a journal", () => {
  const read = (bytes: Uint8Array) => readJournal(Buffer.from(bytes));

  /** A journal of five changes, as this library writes it. */
  async function written() {
    const lock = await lockFolder();
    for (const id of ["aaa", "bbb", "ccc", "ddd", "eee"])
      await trustPlugins(lock.path, [entryOf(id)], `reason of ${id}`, { actor: "ada@lab" });
    const text = await lock.journalText();
    return { ...lock, lineTexts: text.split("\n").slice(0, -1) };
  }

  it("reveals an edit of any byte before the last line", async () => {
    verifies("journal:chain");
    const { journalText, lineTexts } = await written();
    const bytes = Buffer.from(await journalText());
    const end = bytes.length - (lineTexts.at(-1)?.length ?? 0) - 1;
    for (let at = 0; at < end; at++) {
      const edited = Uint8Array.from(bytes);
      edited[at] = (edited[at] as number) ^ 1;
      expect(read(edited).problems, `byte ${at}`).not.toEqual([]);
    }
  });

  it("cut at any byte reads as a prefix; a cut inside a line is reported", async () => {
    verifies("journal:prefix", "journal:torn");
    const { journalText } = await written();
    const bytes = Buffer.from(await journalText());
    const all = read(bytes).lines;
    for (let at = 0; at <= bytes.length; at++) {
      const { lines, problems } = read(bytes.subarray(0, at));
      expect(lines).toEqual(all.slice(0, lines.length));
      const isWhole = at === 0 || bytes[at - 1] === 0x0a;
      expect(problems.map(({ problem }) => problem)).toEqual(isWhole ? [] : ["torn"]);
    }
  });
});
