/** A change that an earlier process began and did not finish: what becomes of it, and who learns of it. */
// Only in test:all: it stops a change at each of its steps.
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { readTrustJournal, trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { commandServices, run } from "../cli/support/run.ts";
import { verifies } from "../support/verifies.ts";
import {
  byHand,
  entryOf,
  lockFolder,
  refusalOf,
  sha256,
  stopClock,
  verifiedAt,
} from "./change-support.ts";

const pii = entryOf("acme.pii");
const rate = entryOf("acme.rate");

/** A lock in the middle of a change: the record exists, and the new lock if `isMade`. */
async function unfinished({
  isMade,
  of = [pii],
}: {
  isMade: boolean;
  of?: readonly (typeof pii)[];
}) {
  const lock = await lockFolder();
  await trustPlugins(lock.path, [entryOf("acme.first")], "first");
  const oldLock = await lock.text();
  const oldJournal = await lock.journalText();
  await trustPlugins(lock.path, of, "on its way");
  const newLock = await lock.text();
  const newJournal = await lock.journalText();
  const appended = newJournal.slice(oldJournal.length);
  const record = {
    version: 1,
    old: sha256(oldLock) as string | null,
    new: sha256(newLock),
    journal: oldJournal.length,
    lines: appended.split("\n").slice(0, -1),
  };
  await writeFile(lock.path, isMade ? newLock : oldLock);
  await writeFile(lock.journal, oldJournal);
  await writeFile(lock.pending, JSON.stringify(record));
  return { ...lock, record, oldJournal, newJournal, oldLock, newLock, appended };
}

type Unfinished = Awaited<ReturnType<typeof unfinished>>;

/** Runs a command on a lock. */
const command = (path: string, name: string) =>
  run(["plugins", name, "--plugins-lock", path], { services: commandServices, cwd: dirname(path) });

/** Asks for a change that is refused: what is unfinished is finished first. Returns what is said. */
async function settle(path: string): Promise<string> {
  const invalid = { ...pii, hash: "sha256:local" };
  const { code, message } = await refusalOf(() => trustPlugins(path, [invalid], "r"));
  expect(code).toBe("trust_refused");
  return message;
}

const applied = "was completed. Its lines are now in the journal.";
const conflict = "does not match an unfinished change.";

const isPending = async (path: string) => (await verifiedAt(path)).pending;

/** Makes the next change, and expects it to leave a journal that agrees with the lock. */
async function goOn({ path, names }: Unfinished, problems: readonly object[] = []) {
  expect(await isPending(path)).toBe(true);
  const changed = await trustPlugins(path, [rate], "next");
  const journal = await readTrustJournal(path);
  expect((await verifiedAt(path)).problems).toEqual(problems);
  expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  return { ...changed, reasons: journal.lines.map(({ reason }) => reason) };
}

describe("an unfinished change that never reached the lock", () => {
  it("is discarded with a warning", async () => {
    verifies("journal:recovery", "journal:unfinished-reported");
    const lock = await unfinished({ isMade: false });
    const { recovered, warnings, reasons } = await goOn(lock);
    expect(recovered).toBe("discarded");
    expect(warnings).toEqual([
      `An unfinished change of ${lock.path} was discarded. The file had not been changed.`,
    ]);
    expect(reasons).toEqual(["first", "next"]);
  });

  it("is discarded when there was no lock before", async () => {
    verifies("journal:recovery", "journal:pending");
    const lock = await unfinished({ isMade: false });
    await rm(lock.path);
    await rm(lock.journal);
    await writeFile(lock.pending, JSON.stringify({ ...lock.record, old: null, journal: 0 }));
    expect((await trustPlugins(lock.path, [rate], "next")).recovered).toBe("discarded");
    expect((await lock.lines()).map(({ reason }) => reason)).toEqual(["next"]);
  });
});

describe("an unfinished change that reached the lock", () => {
  it("gets its journal lines before the next change, with a warning", async () => {
    verifies("journal:recovery", "journal:unfinished-reported");
    const lock = await unfinished({ isMade: true, of: [pii, entryOf("acme.two")] });
    const { recovered, warnings, reasons } = await goOn(lock);
    expect(recovered).toBe("applied");
    expect(warnings).toEqual([
      `An unfinished change of ${lock.path} was completed. Its lines are now in the journal.`,
    ]);
    expect(reasons).toEqual(["first", "on its way", "on its way", "next"]);
    expect((await lock.journalText()).startsWith(lock.newJournal)).toBe(true);
  });

  it("gets exactly its missing bytes, wherever the append broke off", async () => {
    verifies("journal:completed-line", "journal:append-only");
    const lock = await unfinished({ isMade: true, of: [pii, entryOf("acme.two")] });
    for (let at = 0; at <= lock.appended.length; at++) {
      await writeFile(lock.pending, JSON.stringify(lock.record));
      await writeFile(lock.journal, lock.oldJournal + lock.appended.slice(0, at));
      expect(await settle(lock.path)).toContain(applied);
      expect(await lock.journalText()).toBe(lock.newJournal);
    }
  });

  it("ends an earlier torn line first, wherever its own append broke off", async () => {
    verifies("journal:completed-line", "journal:after-torn");
    const lock = await unfinished({ isMade: false });
    const torn = `${lock.oldJournal}2026-05-25T1`;
    await writeFile(lock.journal, torn);
    await trustPlugins(lock.path, [pii], "on its way");
    const whole = await lock.journalText();
    const [line = ""] = whole.slice(torn.length + 1).split("\n");
    const record = { ...lock.record, journal: torn.length, lines: [line] };
    expect(line).toMatch(/\tbefore=torn$/);
    for (let at = torn.length; at <= whole.length; at++) {
      await writeFile(lock.pending, JSON.stringify(record));
      await writeFile(lock.journal, whole.slice(0, at));
      expect(await settle(lock.path)).toContain(applied);
      expect(await lock.journalText()).toBe(whole);
    }
  });

  it("gets its lines only once when somebody appended after them", async () => {
    verifies("journal:completed-line");
    const lock = await unfinished({ isMade: true });
    const manual = byHand(["2026-05-25T10:15Z", "revoke", "acme.other", "-", "-", "by hand"]);
    await writeFile(lock.journal, lock.newJournal + manual);
    expect((await goOn(lock)).reasons).toEqual(["first", "on its way", "by hand", "next"]);
  });

  it("gets its lines after manually appended ones, chained to them", async () => {
    verifies("journal:completed-line", "journal:chain");
    const lock = await unfinished({ isMade: true });
    const manual = byHand(["2026-05-25T10:15Z", "revoke", "acme.other", "-", "-", "by hand"]);
    await writeFile(lock.journal, lock.oldJournal + manual);
    expect((await goOn(lock)).reasons).toEqual(["first", "by hand", "on its way", "next"]);
    expect(await lock.journalText()).toContain(`prev=${sha256(manual.slice(0, -1))}\n`);
  });

  it("gets its lines after a foreign torn line, which is reported", async () => {
    verifies("journal:completed-line", "journal:after-torn");
    const lock = await unfinished({ isMade: true });
    await writeFile(lock.journal, `${lock.oldJournal}${"\0".repeat(20)}`);
    const torn = { line: 2, id: undefined, problem: "torn" };
    expect((await goOn(lock, [torn])).reasons).toEqual(["first", "on its way", "next"]);
  });

  it("gets its lines when the journal was truncated meanwhile", async () => {
    verifies("journal:completed-line", "journal:pairing");
    const lock = await unfinished({ isMade: true });
    await rm(lock.journal);
    const gone = { line: undefined, id: "acme.first", problem: "journal_mismatch" };
    expect((await goOn(lock, [gone])).reasons).toEqual(["on its way", "next"]);
  });
});

describe("CLI-059: a lock that was edited manually meanwhile", () => {
  it("keeps the record, warns, adds no journal line, and continues", async () => {
    verifies("journal:conflict", "journal:unfinished-reported");
    const lock = await unfinished({ isMade: true });
    const edited = `# by hand\n${lock.newLock}`;
    await writeFile(lock.path, edited);
    expect(await isPending(lock.path)).toBe(true);
    const text = await readFile(lock.pending, "utf8");
    stopClock();
    const { recovered, warnings } = await trustPlugins(lock.path, [rate], "next");
    const kept = `${lock.pending}.conflict-20260525T101530123Z`;
    expect(recovered).toBe("conflict");
    expect(warnings).toEqual([
      `${lock.path} does not match an unfinished change. The record of that change is kept as ${kept}, and nothing was added to the journal.`,
      expect.stringContaining(`${lock.path} was edited after the last change in its journal`),
    ]);
    expect(await readFile(kept, "utf8")).toBe(text);
    expect(await lock.names()).toEqual([
      "plugins.lock",
      "plugins.lock.journal",
      "plugins.lock.pending.conflict-20260525T101530123Z",
    ]);
    expect((await lock.lines()).map(({ reason }) => reason)).toEqual(["first", "next"]);
    expect((await lock.text()).startsWith(edited)).toBe(true);
    expect((await verifiedAt(lock.path)).problems).toEqual([
      { line: undefined, id: "acme.pii", problem: "journal_mismatch" },
    ]);
  });

  it("keeps each record under its own name", async () => {
    verifies("journal:conflict");
    const { path, pending, names } = await lockFolder("version = 1\n");
    stopClock();
    for (const text of ["one", "two", "three"]) {
      await writeFile(pending, text);
      expect(await settle(path)).toContain(conflict);
    }
    const name = "plugins.lock.pending.conflict-20260525T101530123Z";
    expect(await names()).toEqual(["plugins.lock", name, `${name}-2`, `${name}-3`]);
    expect(
      await readFile(`${pending.replace(/plugins\.lock\.pending$/, "")}${name}-3`, "utf8"),
    ).toBe("three");
  });

  it.each([
    "",
    "null",
    "[]",
    "{}",
    "\xff\xfe",
    { version: 2 },
    { old: 1 },
    { new: null },
    { new: "A".repeat(64) },
    { journal: -1 },
    { journal: 0.5 },
    { lines: "x" },
    { lines: [1] },
    { lines: ["no line"] },
    { lines: ["2026-05-25T10:15Z\ttrust\ta\t1\th\tr\n2026-05-25T10:15Z\ttrust\tb\t1\th\tr"] },
  ])("keeps an unreadable record: %j", async (change) => {
    verifies("journal:conflict", "journal:pending");
    const lock = await unfinished({ isMade: true });
    const text =
      typeof change === "string" ? change : JSON.stringify({ ...lock.record, ...change });
    await writeFile(lock.pending, text, "latin1");
    expect(await isPending(lock.path)).toBe(true);
    expect(await settle(lock.path)).toContain(conflict);
    expect(await lock.journalText()).toBe(lock.oldJournal);
  });
});

it("a record that is too large is not read", async () => {
  verifies("journal:limits");
  const { path, pending } = await lockFolder("version = 1\n");
  await writeFile(pending, `[${"1,".repeat(2 ** 21)}1]`);
  const message = `${pending} is larger than 4096 KiB. Move it away, and keep it.`;
  const trusting = () => trustPlugins(path, [pii], "r");
  expect(await refusalOf(trusting)).toMatchObject({ code: "lockfile_failed", message });
  for (const name of ["verify", "lock"])
    expect(await command(path, name)).toMatchObject({ code: 2, stderr: `${name}: ${message}\n` });
});

describe("a reader", () => {
  it("sees an unfinished change without changing anything", async () => {
    verifies("journal:unfinished-reported");
    for (const isMade of [true, false]) {
      const lock = await unfinished({ isMade });
      const names = await lock.names();
      expect(await isPending(lock.path)).toBe(true);
      expect(await lock.names()).toEqual(names);
      expect(await lock.journalText()).toBe(lock.oldJournal);
    }
  });

  it("sees nothing when no change is unfinished", async () => {
    const { path } = await lockFolder("version = 1\n");
    expect(await isPending(path)).toBe(false);
  });

  it("sees that a change is in progress, unless its process is gone", async () => {
    verifies("journal:unfinished-reported");
    const lock = await unfinished({ isMade: true });
    const since = "2026-01-01T00:00:00Z";
    for (const [pid, host, isLeft] of [
      [process.pid, hostname(), false],
      [2 ** 22 + 1, hostname(), true],
      [2 ** 22 + 1, "elsewhere", false],
    ] as const) {
      await writeFile(lock.exclusion, JSON.stringify({ pid, host, since }));
      expect(await isPending(lock.path)).toBe(isLeft);
    }
  });
});

describe("finishing a change", () => {
  it("comes before the next one is refused, and changes nothing else", async () => {
    verifies("journal:order");
    const lock = await unfinished({ isMade: true });
    const { ino } = await stat(lock.path);
    expect(await settle(lock.path)).toContain(applied);
    expect(await settle(lock.path)).not.toContain("unfinished");
    expect((await stat(lock.path)).ino).toBe(ino);
    expect(await lock.journalText()).toBe(lock.newJournal);
    expect(await lock.names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });
});
