/** The lines of a journal, and what damage to any byte of it does. */
import { truncate, writeFile } from "node:fs/promises";
import { readTrustJournal, trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { entryOf, lockFolder, sha256, stopClock } from "./change-support.ts";

const manual = ["2026-05-25T10:15:30+02:00", "trust", "acme.pii", "1.0.0", "sha256:00", "why"];
/** What is read from a journal with these lines. */
async function read(...lines: readonly string[]) {
  const { path, journal } = await lockFolder();
  await writeFile(journal, lines.map((line) => `${line}\n`).join(""));
  return readTrustJournal(path);
}

describe("a line", () => {
  it("has six fields, followed by those of this library", async () => {
    verifies("journal:fields", "journal:further-fields");
    stopClock();
    const { path, journal, text, journalText } = await lockFolder();
    const { id, version, hash } = entryOf("acme.pii");
    await trustPlugins(path, [entryOf(id)], "why", { actor: "ada@lab" });
    const lock = sha256(await text());
    const at = "2026-05-25T10:15:30.123Z";
    const fields = [at, "trust", id, version, hash, "why", "actor=ada@lab", `lock=${lock}`];
    expect(await journalText()).toBe(`${fields.join("\t")}\tprev=-\n`);
    expect(await readTrustJournal(path)).toEqual({
      path: journal,
      lines: [
        {
          ...{ number: 1, at, action: "trust", id, version, hash, reason: "why" },
          ...{ until: undefined, isolate: undefined, actor: "ada@lab", lock, prev: "-" },
          afterTorn: false,
        },
      ],
      problems: [],
    });
  });

  it("with only six fields is valid", async () => {
    verifies("journal:by-hand");
    for (const end of ["", "\r"]) {
      const { lines, problems } = await read(`${manual.join("\t")}${end}`);
      expect(lines).toMatchObject([
        {
          ...{ at: manual[0], action: "trust", id: "acme.pii", version: "1.0.0" },
          ...{ hash: "sha256:00", reason: "why", actor: undefined, lock: undefined },
          ...{ prev: undefined, afterTorn: false },
        },
      ]);
      expect(problems).toEqual([]);
    }
  });

  it("takes the first field of each name and ignores repeats", async () => {
    verifies("journal:further-fields");
    const more = ["note", "prev=aa", "prev=bb", "actor=a\\tb", "lock", "=", ""];
    const { lines } = await read([...manual, ...more].join("\t"));
    expect(lines).toMatchObject([{ prev: "aa", actor: "a\tb", lock: undefined }]);
  });

  it.each([
    ["\\\\", "\\"],
    ["\\t\\n\\r", "\t\n\r"],
    ["\\x00\\x1B\\x1b\\xff", "\0\u001b\u001bÿ"],
    ["\\u{2028}\\u{D800}\\u{1f44d}", "\u2028\ud800👍"],
    // Written by hand: none of these is an escape that the library writes.
    ["C:\\Temp \\q \\x1 \\u{} \\u{110000} \\u{0000000} \\", null],
  ])("unescapes %j", async (field, text) => {
    verifies("journal:unescapes");
    const { lines } = await read([...manual.slice(0, 5), field].join("\t"));
    expect(lines).toMatchObject([{ reason: text ?? field }]);
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
  ])("%j is not one", async (fields, fault) => {
    verifies("journal:malformed");
    const { lines, problems } = await read(fields.join("\t"));
    expect([lines, problems]).toMatchObject([[], [{ problem: "malformed", detail: fault }]]);
  });

  it("may have an empty reason when it was written manually", async () => {
    const { lines } = await read([...manual.slice(0, 5), ""].join("\t"));
    expect(lines).toMatchObject([{ reason: "" }]);
  });
});

describe("a time", () => {
  const lineAt = (time: string) => [time, ...manual.slice(1)].join("\t");

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
  ])("%s is one", async (text) => {
    verifies("journal:by-hand");
    expect(await read(lineAt(text))).toMatchObject({ lines: [{ at: text }], problems: [] });
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
    "+002026-05-25T10:15:30Z",
    "٢٠٢٦-05-25T10:15:30Z",
  ])("%j is not one", async (text) => {
    expect((await read(lineAt(text))).lines).toEqual([]);
  });
});

describe("a journal", () => {
  /** A journal of three changes, as this library writes it. */
  async function written() {
    const lock = await lockFolder();
    for (const id of ["aaa", "bbb", "ccc"])
      await trustPlugins(lock.path, [entryOf(id)], `reason of ${id}`, { actor: "ada@lab" });
    return { ...lock, bytes: Buffer.from(await lock.journalText()) };
  }

  it("reveals an edit of any byte before the last line", async () => {
    verifies("journal:chain");
    const { path, journal, bytes } = await written();
    const end = bytes.lastIndexOf("\n", -2) + 1;
    for (let at = 0; at < end; at++) {
      const edited = Uint8Array.from(bytes);
      edited[at] = (edited[at] as number) ^ 1;
      await writeFile(journal, edited);
      expect((await readTrustJournal(path)).problems, `byte ${at}`).not.toEqual([]);
    }
  });

  it("cut at any byte reads as a prefix; a cut inside a line is reported", async () => {
    verifies("journal:prefix", "journal:torn");
    const { path, journal, bytes } = await written();
    const all = (await readTrustJournal(path)).lines;
    for (let at = bytes.length; at >= 0; at--) {
      await truncate(journal, at);
      const { lines, problems } = await readTrustJournal(path);
      expect(lines).toEqual(all.slice(0, lines.length));
      const isWhole = at === 0 || bytes[at - 1] === 0x0a;
      expect(problems.map(({ problem }) => problem)).toEqual(isWhole ? [] : ["torn"]);
    }
  });
});
