/** The command when it is killed, the disk is full, or the folder belongs to someone else. */
// Only in test:all: it runs whole commands in processes of their own.
import { appendFile, chmod, chown, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../support/bundle.ts";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, type Workspace } from "./support.ts";
import { type Place, placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const unfinished = "A change is unfinished: the next command that writes completes or undoes it.\n";

let workspace: Workspace;
let preload: string;
beforeAll(async () => {
  const program = { preload: "test/faults/trust-preload-worker.ts" };
  preload = pathToFileURL((await bundle("cli-crashes", program)).preload).href;
  workspace = await newWorkspace();
  await workspace.install({ name: "aaa-guard" }, { name: "bbb-guard" }, { name: "ccc-guard" });
}, timeout);

/** Options that inject a fault at each call whose name and files match a pattern. */
function fault({ folder }: Place, at: string | number, what: string) {
  const GLASSINE_FAULT = JSON.stringify({ folder, at, what });
  return { env: { NODE_OPTIONS: `--import ${preload}`, GLASSINE_FAULT } };
}

const trustBbb = ["trust", "bbb-guard", "--reason", "on its way"];

/** A place where one plugin is trusted, and the contents of its lock and journal. */
async function trusted() {
  const place = await placeIn(workspace);
  await place.trust("aaa-guard", "before");
  const old = { lock: await place.text(), journal: await place.journalText() };
  return { place, old };
}

/** Kills a command while it trusts a second plugin. */
async function killed(at: string, what = "kill") {
  const { place, old } = await trusted();
  const { signal, stdout } = await place.run(trustBbb, fault(place, at, what));
  expect([signal, stdout]).toEqual(["SIGKILL", ""]);
  return { place, old };
}

describe("CLI-049: killed", () => {
  const cases = [
    { after: "the record is written", at: "^access plugins\\.lock$", isMade: false },
    { after: "the new lock is written", at: "^link plugins\\.lock ", isMade: false },
    { after: "the lock is renamed", at: "^write plugins\\.lock\\.journal$", isMade: true },
    {
      after: "half the line is written",
      at: "^write plugins\\.lock\\.journal$",
      isMade: true,
      what: "kill_half",
    },
    { after: "the line is written", at: "^unlink plugins\\.lock\\.pending$", isMade: true },
  ];

  it.each(cases)("after $after, the next command settles it", { timeout }, async (one) => {
    verifies(
      "journal:recovery",
      "journal:unfinished-reported",
      "journal:whole-lock",
      "cli:verify-counts",
    );
    const { place, old } = await killed(one.at, one.what);
    const { text, journalText, names, run, json, lines, lock } = place;
    const ids = valuesOf("id", await text());
    expect(ids).toEqual(one.isMade ? ["aaa-guard", "bbb-guard"] : ["aaa-guard"]);
    if (!one.isMade) expect(await text()).toBe(old.lock);
    const journal = await journalText();
    expect(journal.startsWith(old.journal)).toBe(true);
    if (one.what === "kill_half") expect(journal.endsWith("\n")).toBe(false);
    expect(await names()).toContain("plugins.lock.pending");

    const verified = await run(["verify"]);
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(unfinished)]);
    expect((await json(["verify"])).data).toMatchObject({ ok: false, pending: true });
    expect(await journalText()).toBe(journal);

    const next = await run(["trust", "ccc-guard", "--reason", "next"]);
    expect([next.code, next.stderr]).toEqual([
      0,
      one.isMade
        ? `warning: An unfinished change of ${lock} was completed. Its lines are now in the journal.\n`
        : `warning: An unfinished change of ${lock} was discarded. The file had not been changed.\n`,
    ]);
    expect(valuesOf("id", await text())).toEqual([...ids, "ccc-guard"]);
    const all = await lines();
    expect(all.map((line) => [line[1], line[2], line[5]])).toEqual([
      ["trust", "aaa-guard", "before"],
      ...(one.isMade ? [["trust", "bbb-guard", "on its way"]] : []),
      ["trust", "ccc-guard", "next"],
    ]);
    expect((await journalText()).startsWith(journal)).toBe(true);
    expect((await json(["verify"])).data).toMatchObject({ journal_problems: [], pending: false });
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });
});

describe("CLI-059: a lock that is edited by hand between crash and recovery", () => {
  it("keeps the record, warns, and gets no line for it", { timeout }, async () => {
    verifies("journal:conflict");
    const { place, old } = await killed("^write plugins\\.lock\\.journal$");
    const { lock, folder, text, lines, names, run, done, journalText } = place;
    const record = await readFile(`${lock}.pending`, "utf8");
    await appendFile(lock, "# by hand\n");
    expect(await journalText()).toBe(old.journal);
    const next = await run(["trust", "ccc-guard", "--reason", "next"]);
    const [kept = ""] = (await names()).filter((name) => name.includes(".conflict-"));
    expect(kept).toMatch(/^plugins\.lock\.pending\.conflict-\d{8}T\d{9}Z$/);
    expect([next.code, next.stderr]).toEqual([
      0,
      `warning: ${lock} does not match an unfinished change. The record of that change is kept as ${join(folder, kept)}, and nothing was added to the journal.\nwarning: ${lock} was edited after the last change in its journal, and is now recorded as it is: compare it with version control.\n`,
    ]);
    expect(await readFile(join(folder, kept), "utf8")).toBe(record);
    expect((await lines()).map((line) => line[2])).toEqual(["aaa-guard", "ccc-guard"]);
    expect(await text()).toContain("# by hand\n");
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal", kept]);
    // Reported: the lock has an entry without a journal line.
    expect(await done(["verify"])).toContain("Journal:\n  bbb-guard: journal_mismatch: ");
  });
});

describe("CLI-054: what the system refuses", () => {
  it.each([
    ["a disk that is full from the beginning", 1, "full", "ENOSPC"],
    ["a full disk at the record", "^write plugins\\.lock\\.\\*\\.tmp$", "ENOSPC", "ENOSPC"],
    [
      "a read-only disk at the lock",
      "^rename plugins\\.lock\\.\\*\\.tmp plugins\\.lock$",
      "EROFS",
      "EROFS",
    ],
    ["a full disk at the journal", "^write plugins\\.lock\\.journal$", "ENOSPC", "ENOSPC"],
    ["a broken disk at the journal", "^datasync plugins\\.lock\\.journal$", "EIO", "EIO"],
    ["no permission for the claim", "^open plugins\\.lock\\.lck", "EACCES", "EACCES"],
  ])("%s leaves all as it was", { timeout }, async (_, at, what, code) => {
    verifies("journal:all-or-nothing");
    const { place, old } = await trusted();
    const { refused, names, text, journalText } = place;
    for (const argv of [trustBbb, ["untrust", "aaa-guard", "--reason", "r"]]) {
      const message = await refused(argv, fault(place, at, what));
      expect(message).toMatch(
        new RegExp(
          `^${argv[0]}: Cannot \\w+(?: to)? ${place.folder}/[^\\n]*: ${code}: [^\\n]*\\.\\n$`,
        ),
      );
      expect([await text(), await journalText()]).toEqual([old.lock, old.journal]);
      expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    }
    await place.trust("bbb-guard");
  });

  it.skipIf(process.platform === "win32").each([
    ["a folder that may not be written", 0o555, 0o644, "create", ".lck"],
    ["a lock that may not be written", 0o755, 0o444, "write", ""],
  ])("%s: nothing is written", { timeout }, async (_, folderMode, lockMode, doing, file) => {
    verifies("journal:modes");
    const { place, old } = await trusted();
    const { folder, lock, journal, refused, names, state, text, journalText } = place;
    // File modes do not stop the superuser, so the command then runs as nobody.
    const user = process.getuid?.() === 0 ? 65_534 : undefined;
    if (user !== undefined)
      for (const path of [folder, lock, journal]) await chown(path, user, user);
    await chmod(workspace.above, 0o755);
    await chmod(lock, lockMode);
    await chmod(folder, folderMode);
    const before = await state();
    const message = await refused(trustBbb, user === undefined ? {} : { user });
    expect(message).toBe(
      `trust: Cannot ${doing} ${lock}${file}: EACCES: permission denied. Fix its permissions, or those of its folder.\n`,
    );
    expect((await state())["plugins.lock"]).toBe(before["plugins.lock"]);
    expect([await text(), await journalText()]).toEqual([old.lock, old.journal]);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    await chmod(folder, 0o755);
  });
});
