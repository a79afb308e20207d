/** What a reader makes of a journal that somebody tampered with. */
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrustJournal, trustPlugins } from "glassine/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  byHand,
  entryOf,
  lockFolder,
  refusalOf,
  sha256,
  summaryOf,
  verifiedAt,
} from "./change-support.ts";

const manual = ["2026-05-25T10:15:30+02:00", "trust", "acme.pii", "1.0.0", "sha256:00", "why"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glassine-journal-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is read from a journal with this text. */
async function read(text: string | Uint8Array) {
  const path = join(folder, "plugins.lock");
  await writeFile(`${path}.journal`, text);
  return readTrustJournal(path);
}

/** A journal of five changes, as this library writes it. */
async function written() {
  const lock = await lockFolder();
  for (const id of ["aaa", "bbb", "ccc", "ddd", "eee"]) {
    await trustPlugins(lock.path, [entryOf(id)], `reason of ${id}`, { actor: "ada@lab" });
  }
  const text = await lock.journalText();
  return { ...lock, lineTexts: text.split("\n").slice(0, -1) };
}

const joined = (lines: readonly string[]) => lines.map((each) => `${each}\n`).join("");

describe("the chain", () => {
  it("does not break where version control changes the ends of lines", async () => {
    verifies("journal:prev");
    const { path, journal, lineTexts } = await written();
    await writeFile(journal, lineTexts.map((each) => `${each}\r\n`).join(""));
    await trustPlugins(path, [entryOf("fff")], "r");
    expect((await readTrustJournal(path)).problems).toEqual([]);
    const last = lineTexts.at(-1) as string;
    const next = (prev: string) => joined([`${manual.join("\t")}\tlock=0\tprev=${prev}`]);
    for (const prev of [sha256(last), sha256(`${last}\r`)]) {
      const text = `${joined(lineTexts.slice(0, -1))}${last}\r\n${next(prev)}`;
      expect((await read(text)).problems).toEqual([]);
    }
  });

  it("covers the bytes of the line before, also of a manual or malformed one", async () => {
    verifies("journal:prev", "journal:by-hand");
    const { path, journal, journalText } = await lockFolder();
    await trustPlugins(path, [entryOf("aaa"), entryOf("bbb")], "r");
    await writeFile(journal, "nonsense \u00e9\r\n", { flag: "a" });
    await trustPlugins(path, [entryOf("ccc")], "r");
    const texts = (await journalText()).split("\n");
    const prevs = texts.map((text) => /\tprev=(\S+)$/.exec(text)?.[1]);
    const digest = (at: number) => sha256((texts[at] as string).replace(/\r$/, ""));
    expect(prevs).toEqual(["-", digest(0), undefined, digest(2), undefined]);
    expect(summaryOf((await read(await journalText())).problems)).toEqual([
      { line: 3, id: undefined, problem: "malformed" },
    ]);
  });

  it("reveals any removed line", async () => {
    verifies("journal:chain");
    const { lineTexts } = await written();
    for (const at of [0, 1, 2, 3]) {
      const { lines, problems } = await read(joined(lineTexts.toSpliced(at, 1)));
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
      const { problems } = await read(joined(lineTexts.toSpliced(at, 2, other, one)));
      expect(problems.every(({ problem }) => problem === "chain_broken")).toBe(true);
      expect(problems.map((each) => each.line)).toContain(at + 1);
    }
  });

  it("reveals an inserted line", async () => {
    verifies("journal:chain");
    const { lineTexts } = await written();
    const forged = ["2020-01-01T00:00:00Z", ...manual.slice(1)].join("\t");
    const { problems } = await read(joined(lineTexts.toSpliced(2, 0, forged)));
    expect(summaryOf(problems)).toEqual([
      { line: 3, id: "acme.pii", problem: "unchained" },
      { line: 4, id: "ccc", problem: "chain_broken" },
    ]);
  });

  it("reveals lines whose fields were removed to hide an edit of the lines before", async () => {
    verifies("journal:unchained");
    const { lineTexts } = await written();
    const edited = lineTexts.map((line, at) =>
      at === 2 ? line.replace("reason of ccc", "approved") : line,
    );
    const without = (from: number, field: RegExp) =>
      edited.map((line, at) => (at < from ? line : line.replace(field, "")));
    const reported = async (lines: readonly string[]) =>
      (await read(joined(lines))).problems.map(({ line, problem }) => [line, problem]);
    expect(await reported(edited)).toEqual([[4, "chain_broken"]]);
    expect(await reported(without(2, /\tprev=.*/))).toEqual(
      [3, 4, 5].map((line) => [line, "unchained"]),
    );
    expect(await reported(without(4, /\tlock=[^\t]*/))).toContainEqual([5, "unchained"]);
  });

  it("accepts lines that a hand wrote before the first of this library", async () => {
    verifies("journal:unchained", "journal:by-hand");
    const { path, journal, journalText } = await lockFolder();
    await writeFile(journal, byHand(manual) + byHand(manual));
    await trustPlugins(path, [entryOf("aaa")], "r");
    expect((await read(await journalText())).problems).toEqual([]);
  });

  it("reveals a copy of an earlier line at the end", async () => {
    const { lineTexts } = await written();
    const { problems } = await read(joined([...lineTexts, lineTexts[1] as string]));
    expect(summaryOf(problems)).toEqual([{ line: 6, id: "bbb", problem: "chain_broken" }]);
  });
});

describe("where the code of a plugin runs", () => {
  it("is in the line of each grant that isolates it or brings it back into the host", async () => {
    verifies("journal:isolate");
    const { path, lines } = await lockFolder();
    const grants = [undefined, "process", "process", undefined, undefined] as const;
    for (const isolate of grants)
      await trustPlugins(path, [{ ...entryOf("aaa"), isolate }], "routine renewal");
    expect((await lines()).map((line) => line.isolate)).toEqual([
      undefined,
      "process",
      "process",
      "host",
      undefined,
    ]);
    expect((await verifiedAt(path)).problems).toEqual([]);
  });
});

describe("an edit of the lock by hand", () => {
  const isolated = { ...entryOf("aaa"), isolate: "process" as const };

  it.each([
    ["removes isolate", 'isolate = "process"\n', ""],
    ["weakens isolate", '"process"', '"worker"'],
  ])("is a mismatch where it %s, also after another change", async (_, from, to) => {
    verifies("journal:pairing");
    const { path, text } = await lockFolder();
    await trustPlugins(path, [isolated], "r");
    await writeFile(path, (await text()).replace(from, to));
    await trustPlugins(path, [entryOf("bbb")], "r");
    const problem = { line: 1, id: "aaa", problem: "journal_mismatch" };
    expect((await verifiedAt(path)).problems).toEqual([problem]);
  });

  it("is recorded by the next change, which warns, and by no later one", async () => {
    verifies("journal:lock-digest");
    const { path, text } = await lockFolder();
    expect((await trustPlugins(path, [isolated], "r")).warnings).toEqual([]);
    await writeFile(path, `${await text()}# by hand\n`);
    const change = async () => (await trustPlugins(path, [entryOf("bbb")], "r")).warnings;
    expect(await change()).toEqual([
      `${path} was edited after the last change in its journal, and is now recorded as it is: compare it with version control.`,
    ]);
    expect(await change()).toEqual([]);
  });

  it("causes no warning if the last line has no digest to compare it with", async () => {
    verifies("journal:lock-digest");
    const { path, journal } = await lockFolder();
    await trustPlugins(path, [entryOf("aaa")], "r");
    await writeFile(journal, byHand(manual), { flag: "a" });
    await writeFile(path, "version = 1\n");
    expect((await trustPlugins(path, [entryOf("bbb")], "r")).warnings).toEqual([]);
  });
});

describe("a line without a line feed", () => {
  it("CLI-055: does not count, is ended by the next change, and stays reported", async () => {
    verifies("journal:torn", "journal:after-torn");
    const { path, journal, journalText } = await lockFolder();
    await trustPlugins(path, [entryOf("aaa")], "r");
    // It has all its fields: a cut within the reason leaves such a line, too.
    const torn = byHand(manual).slice(0, -2);
    await writeFile(journal, torn, { flag: "a" });
    const problem = { line: 2, id: "acme.pii", problem: "torn" };
    expect(summaryOf((await read(await journalText())).problems)).toEqual([problem]);
    await trustPlugins(path, [entryOf("bbb")], "r");
    const texts = (await journalText()).split("\n");
    expect(texts[1]).toBe(torn);
    expect(texts[2]?.split("\t").slice(-2)).toEqual([`prev=${sha256(torn)}`, "before=torn"]);
    await trustPlugins(path, [entryOf("ccc")], "r");
    const { lines, problems } = await read(await journalText());
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
    const { lines, problems } = await read(await journalText());
    expect(summaryOf(problems)).toEqual([{ line: 1, id: undefined, problem: "torn" }]);
    expect(lines).toHaveLength(1);
  });
});

describe("a journal", () => {
  it("reports malformed lines by number and keeps the others", async () => {
    verifies("journal:malformed");
    const good = byHand(manual);
    const bytes = Buffer.concat([
      Buffer.from(`${good}\n${good}trust\n`),
      Buffer.from([0xff, 0x0a]),
      Buffer.from("\ufeff"),
      Buffer.from(good),
      Buffer.from(good),
    ]);
    const { lines, problems } = await read(bytes);
    expect(lines.map(({ number }) => number)).toEqual([1, 3, 7]);
    expect(problems.map(({ line: number, detail }) => [number, detail])).toEqual([
      [2, "It has 1 of the 6 fields."],
      [4, "It has 1 of the 6 fields."],
      [5, "It is not valid UTF-8."],
      // A byte order mark belongs to the first field.
      [6, "Its first field is not a date and time of ISO 8601."],
    ]);
  });

  it("takes no change while it has a merge conflict", async () => {
    verifies("journal:refused", "journal:malformed");
    const { path, journal, text, journalText } = await lockFolder();
    await trustPlugins(path, [entryOf("aaa")], "r");
    const lock = await text();
    const [ours, theirs] = [byHand(manual), byHand(manual)];
    const merged = `${await journalText()}<<<<<<< HEAD\n${ours}=======\n${theirs}>>>>>>> other\n`;
    await writeFile(journal, merged);
    const what =
      "has a merge conflict: take plugins.lock and its journal from one side, and repeat the `trust` of the other.";
    expect(await refusalOf(() => trustPlugins(path, [entryOf("bbb")], "r"))).toMatchObject({
      code: "lockfile_failed",
      message: `${journal} ${what}`,
    });
    expect([await text(), await journalText()]).toEqual([lock, merged]);
    const { problems } = await readTrustJournal(path);
    expect(problems[0]).toMatchObject({ line: 2, problem: "malformed", detail: `It ${what}` });
  });

  it("has no lines if it is missing, and is refused if it is not a file", async () => {
    verifies("journal:files-only");
    const { path, journal } = await lockFolder();
    expect(await readTrustJournal(path)).toEqual({ lines: [], problems: [], path: journal });
    await mkdir(journal);
    expect(await refusalOf(() => readTrustJournal(path))).toMatchObject({
      code: "lockfile_failed",
      message: `${journal} is not a regular file. Move it away, and keep it.`,
    });
  });

  it("is refused if it has more lines than anybody reads, however short they are", async () => {
    verifies("journal:limits");
    const { path, journal, text } = await lockFolder("version = 1\n");
    await writeFile(journal, "\n".repeat(1_000_001));
    const refused = {
      code: "lockfile_failed",
      message: `${journal} has more than 1000000 lines. Move it away, and keep it.`,
    };
    expect(await refusalOf(() => readTrustJournal(path))).toMatchObject(refused);
    expect(await refusalOf(() => trustPlugins(path, [entryOf("aaa")], "r"))).toMatchObject(refused);
    expect(await text()).toBe("version = 1\n");
    await writeFile(journal, "\n".repeat(1_000_000));
    expect((await readTrustJournal(path)).problems).toHaveLength(1_000_000);
  });

  it("takes the latest line of an id by position, not by time", async () => {
    verifies("journal:order-counts");
    const earlier = ["2001-01-01T00:00:00Z", "revoke", "acme.pii", "-", "-", "r"];
    const { path, journal } = await lockFolder("version = 1\n");
    await writeFile(journal, byHand(manual) + byHand(earlier));
    expect((await verifiedAt(path)).problems).toEqual([]);
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
