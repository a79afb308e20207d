/** The lines of a journal, and what a reader makes of one that somebody tampered with. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  checkJournal,
  encodeJournalLine,
  isJournalTime,
  type JournalLine,
  parseJournalLine,
  readJournal,
} from "../../../src/operate/trust/change/journal.ts";
import { readTrustJournal } from "../../../src/operate/trust/change/journal-file.ts";
import { trustPlugins } from "../../../src/operate/trust/change/trust-plugins.ts";
import { verifies } from "../../support/verifies.ts";
import { byHand, entryOf, lockFolder, refusalOf, sha256, summaryOf } from "./change-support.ts";

const manual = ["2026-05-25T10:15:30+02:00", "trust", "acme.pii", "1.0.0", "sha256:00", "why"];
const line: JournalLine = {
  at: "2026-05-25T10:15:30.123Z",
  action: "trust",
  ...{ id: "acme.pii", version: "1.0.0", hash: "sha256:00", reason: "why" },
  ...{ actor: "ada@lab", lock: "a".repeat(64), prev: "-", afterTorn: false },
};

/** A journal of five changes, as this library writes it. */
async function written() {
  const lock = await lockFolder();
  for (const id of ["aaa", "bbb", "ccc", "ddd", "eee"]) {
    await trustPlugins(lock.path, [entryOf(id)], `reason of ${id}`, { actor: "ada@lab" });
  }
  const text = await lock.journalText();
  return { ...lock, lineTexts: text.split("\n").slice(0, -1) };
}

const read = (text: string | Uint8Array) => readJournal(Buffer.from(text));
const joined = (lines: readonly string[]) => lines.map((each) => `${each}\n`).join("");

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
    // By a hand: no form of ours.
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
    // Not escaped: other readers would take it for something else.
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

describe("the chain", () => {
  it("covers the bytes of the line before, also of a manual or malformed one", async () => {
    verifies("journal:prev", "journal:by-hand");
    const { path, journal, journalText } = await lockFolder();
    await trustPlugins(path, [entryOf("aaa"), entryOf("bbb")], "r");
    await writeFile(journal, "nonsense \u00e9\r\n", { flag: "a" });
    await trustPlugins(path, [entryOf("ccc")], "r");
    const texts = (await journalText()).split("\n");
    const prevs = texts.map((text) => /\tprev=(\S+)$/.exec(text)?.[1]);
    const digest = (at: number) => sha256(texts[at] as string);
    expect(prevs).toEqual(["-", digest(0), undefined, digest(2), undefined]);
    expect(summaryOf(read(await journalText()).problems)).toEqual([
      { line: 3, id: undefined, problem: "malformed" },
    ]);
  });

  it("reveals any removed line", async () => {
    verifies("journal:chain");
    const { lineTexts } = await written();
    for (const at of [0, 1, 2, 3]) {
      const { lines, problems } = read(joined(lineTexts.toSpliced(at, 1)));
      expect(lines).toHaveLength(4);
      expect(summaryOf(problems)).toEqual([
        { line: at + 1, id: lines[at]?.id, problem: "chain_broken" },
      ]);
    }
  });

  it("reveals any two swapped lines", async () => {
    verifies("journal:chain");
    const { lineTexts } = await written();
    for (const at of [0, 1, 2, 3]) {
      const [one, other] = lineTexts.slice(at, at + 2) as [string, string];
      const { problems } = read(joined(lineTexts.toSpliced(at, 2, other, one)));
      expect(problems.every(({ problem }) => problem === "chain_broken")).toBe(true);
      expect(problems.map((each) => each.line)).toContain(at + 1);
    }
  });

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

  it("reveals an inserted line", async () => {
    verifies("journal:chain");
    const { lineTexts } = await written();
    const forged = ["2020-01-01T00:00:00Z", ...manual.slice(1)].join("\t");
    const { problems } = read(joined(lineTexts.toSpliced(2, 0, forged)));
    expect(summaryOf(problems)).toEqual([{ line: 4, id: "ccc", problem: "chain_broken" }]);
  });

  it("reveals a copy of an earlier line at the end", async () => {
    const { lineTexts } = await written();
    const { problems } = read(joined([...lineTexts, lineTexts[1] as string]));
    expect(summaryOf(problems)).toEqual([{ line: 6, id: "bbb", problem: "chain_broken" }]);
  });
});

describe("a line without a line feed", () => {
  it("CLI-055: does not count, is ended by the next change, and stays reported", async () => {
    verifies("journal:torn", "journal:after-torn");
    const { path, journal, journalText } = await lockFolder();
    await trustPlugins(path, [entryOf("aaa")], "r");
    // It has all its fields: a cut within the reason leaves such a line as well.
    const torn = byHand(manual).slice(0, -2);
    await writeFile(journal, torn, { flag: "a" });
    const problem = { line: 2, id: "acme.pii", problem: "torn" };
    expect(summaryOf(read(await journalText()).problems)).toEqual([problem]);
    await trustPlugins(path, [entryOf("bbb")], "r");
    const texts = (await journalText()).split("\n");
    expect(texts[1]).toBe(torn);
    expect(texts[2]?.split("\t").slice(-2)).toEqual([`prev=${sha256(torn)}`, "before=torn"]);
    await trustPlugins(path, [entryOf("ccc")], "r");
    const { lines, problems } = read(await journalText());
    expect(summaryOf(problems)).toEqual([problem]);
    expect(lines.map(({ id, number }) => [number, id])).toEqual([
      [1, "aaa"],
      [3, "bbb"],
      [4, "ccc"],
    ]);
  });

  it("is reported the same way when it has no fields", async () => {
    verifies("journal:torn", "journal:after-torn");
    const { path, journal, journalText } = await lockFolder();
    await writeFile(journal, "\xff");
    await trustPlugins(path, [entryOf("aaa")], "r");
    const { lines, problems } = read(await journalText());
    expect(summaryOf(problems)).toEqual([{ line: 1, id: undefined, problem: "torn" }]);
    expect(lines).toHaveLength(1);
  });
});

describe("a journal", () => {
  it("reports malformed lines by number and keeps the others", () => {
    verifies("journal:malformed");
    const good = byHand(manual);
    const bytes = Buffer.concat([
      ...[Buffer.from(`${good}\n${good}trust\n`), Buffer.from([0xff, 0x0a])],
      ...[Buffer.from("\ufeff"), Buffer.from(good), Buffer.from(good)],
    ]);
    const { lines, problems } = readJournal(bytes);
    expect(lines.map(({ number }) => number)).toEqual([1, 3, 7]);
    expect(problems.map(({ line: number, detail }) => [number, detail])).toEqual([
      [2, "It has 1 of the 6 fields."],
      [4, "It has 1 of the 6 fields."],
      [5, "It is not valid UTF-8."],
      // A byte order mark belongs to the first field.
      [6, "Its first field is not a date and time of ISO 8601."],
    ]);
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

  it("has no lines if it is missing, and is refused if it is not a file", async () => {
    verifies("journal:files-only");
    const { path, journal } = await lockFolder();
    expect(await readTrustJournal(path)).toEqual({ lines: [], problems: [], path: journal });
    await mkdir(journal);
    expect(await refusalOf(() => readTrustJournal(path))).toMatchObject({
      code: "lockfile_failed",
      message: `${journal} is not a regular file.`,
    });
  });

  it("takes the latest line of an id by position, not by time", () => {
    verifies("journal:order-counts");
    const earlier = ["2001-01-01T00:00:00Z", "revoke", "acme.pii", "-", "-", "r"];
    const journal = read(byHand(manual) + byHand(earlier));
    expect(checkJournal({ entries: [], text: "version = 1\n" }, journal)).toEqual([]);
  });

  it("is only ever appended to", async () => {
    verifies("journal:append-only");
    const { path, journal, journalText } = await written();
    const before = await journalText();
    const { ino } = await stat(journal);
    await trustPlugins(path, [entryOf("aaa")], "again");
    expect((await journalText()).startsWith(before)).toBe(true);
    expect((await stat(journal)).ino).toBe(ino);
  });
});
