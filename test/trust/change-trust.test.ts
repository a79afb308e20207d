/** Granting and revoking trust: what the lock and the journal contain afterwards. */
import { readFileSync, writeFileSync } from "node:fs";
import { stat, utimes, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type LockEntry, readLockfile, revokePlugins, trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  byHand,
  commented,
  entryOf,
  lockFolder,
  refusalOf,
  sha256,
  stopClock,
  verifiedAt,
} from "./change-support.ts";

const pii = entryOf("acme.pii");
const rate = entryOf("acme.rate");

it.each([
  [
    "a guest by a plugin of npm",
    { ...entryOf("acme.first"), kind: "cpex" as const },
    /from the wheel/,
  ],
  ["a plugin of npm by a guest", entryOf("acme.first"), /from the npm package/],
])("never replaces %s", async (_, before, text) => {
  verifies("journal:same-kind");
  const { path, text: textOf, journalText } = await lockFolder();
  await trustPlugins(path, [before], "reviewed");
  const files = [await textOf(), await journalText()];
  const { kind, ...plain } = before as LockEntry;
  const after: LockEntry = kind === undefined ? { ...plain, kind: "cpex" } : plain;
  const refused = await refusalOf(() => trustPlugins(path, [after], "reviewed"));
  expect([refused.code, refused.message]).toEqual(["trust_refused", expect.stringMatching(text)]);
  expect(refused.message).toContain("untrust it first");
  expect([await textOf(), await journalText()]).toEqual(files);
});

describe("a reason", () => {
  const blank = [undefined, "", " ", "\t\r\n\u2003", "\ufeff"];
  it.each(blank)("CLI-026: %j is refused, and no file is made or touched", async (reason) => {
    verifies("journal:reason", "journal:refused");
    const { path, names, text } = await lockFolder("version = 1\n");
    const past = new Date("2020-01-01T00:00:00Z");
    await utimes(path, past, past);
    const refused = await refusalOf(() => trustPlugins(path, [pii], reason as string));
    expect(refused).toMatchObject({
      code: "reason_invalid",
      message: "trust: --reason is required (recorded in audit journal)",
    });
    expect(await names()).toEqual(["plugins.lock"]);
    expect(await text()).toBe("version = 1\n");
    expect((await stat(path)).mtime).toEqual(past);
  });

  it.each(["trust", "untrust", "lock"] as const)(
    "is refused with the command name %s in front",
    async (command) => {
      const { path } = await lockFolder();
      const trust = (reason: string) => trustPlugins(path, [pii], reason, { command });
      const refused = await refusalOf(() => trust(" "));
      expect(refused.message).toBe(`${command}: --reason is required (recorded in audit journal)`);
      const { message } = await refusalOf(() => trust("x".repeat(2001)));
      expect(message).toBe(`${command}: --reason is too long (max 2000 characters)`);
    },
  );

  it("CLI-040: may have 2000 code points, but not 2001", async () => {
    verifies("journal:reason");
    const { path } = await lockFolder();
    const trust = (reason: string) => trustPlugins(path, [pii], reason);
    for (const character of ["x", "é", "👍", "\ud800"]) {
      const { message } = await refusalOf(() => trust(character.repeat(2001)));
      expect(message).toBe("trust: --reason is too long (max 2000 characters)");
      await expect(trust(character.repeat(2000))).resolves.toBeDefined();
    }
    expect((await refusalOf(() => trust("x".repeat(1_000_000)))).code).toBe("reason_invalid");
  });

  it("CLI-040: with lone surrogates, NUL and line separators is one line and reads back unchanged", async () => {
    verifies("journal:escapes");
    const { path, journalText, lines } = await lockFolder();
    const reason = "\0a\ud800b\udc00c\u2028d\u2029e\u0085f\u001b[2J\v\f\u007f\\x00";
    await trustPlugins(path, [pii], reason);
    const text = await journalText();
    expect(text.split(/[\n\r\v\f\u0085\u2028\u2029]/)).toHaveLength(2);
    expect(text.split("\t")[5]).toBe(
      "\\x00a\\u{d800}b\\u{dc00}c\\u{2028}d\\u{2029}e\\x85f\\x1b[2J\\x0b\\x0c\\x7f\\\\x00",
    );
    expect((await lines())[0]?.reason).toBe(reason);
  });

  it("CLI-039: with a tab and a line feed is one line, with the reason in its sixth field", async () => {
    verifies("journal:escapes", "journal:fields");
    const { path, journalText, lines } = await lockFolder();
    await trustPlugins(path, [pii], "a\tb\nc");
    const text = await journalText();
    expect(text.match(/\n/g)).toHaveLength(1);
    expect(text.split("\t")[5]).toBe("a\\tb\\nc");
    expect((await lines()).map(({ reason }) => reason)).toEqual(["a\tb\nc"]);
  });

  it("keeps surrounding spaces", async () => {
    verifies("journal:reason");
    const { path, lines } = await lockFolder();
    await trustPlugins(path, [pii], "  twice blank ");
    expect((await lines())[0]?.reason).toBe("  twice blank ");
  });
});

describe("trusting", () => {
  it("CLI-028: creates a missing lock and journal", async () => {
    verifies("journal:beside-the-file", "journal:further-fields", "journal:time", "journal:modes");
    const { path, text, journal, journalText, names } = await lockFolder();
    stopClock();
    const trusted = await trustPlugins(path, [pii], "reviewed");
    expect(trusted.lock.entries).toEqual([pii]);
    expect(trusted).toMatchObject({ previous: undefined, journal, warnings: [] });
    expect(trusted.plugins).toEqual([{ entry: pii, previous: undefined }]);
    expect((await readLockfile(path))?.entries).toEqual([pii]);
    const actor = `${userInfo().username}@${hostname()}`;
    const lock = sha256(await text());
    expect(await journalText()).toBe(
      `2026-05-25T10:15:30.123Z\ttrust\tacme.pii\t1.0.0\t${pii.hash}\treviewed\tactor=${actor}\tlock=${lock}\tprev=-\n`,
    );
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    for (const file of [path, journal]) {
      expect((await stat(file)).mode & 0o777).toBe(0o644 & ~process.umask());
    }
  });

  it("CLI-029: after an upgrade changes the entry in place and adds a journal line", async () => {
    const { path, text, lines } = await lockFolder(commented);
    const next = entryOf("acme.pii", "1.1.0");
    const first = await trustPlugins(path, [pii], "r1", { actor: "ada@lab" });
    const second = await trustPlugins(path, [next], "r2", { actor: "ada@lab" });
    expect(first.plugins[0]?.previous).toMatchObject({ version: "1.0.0" });
    expect(second.plugins[0]).toEqual({ entry: next, previous: first.plugins[0]?.entry });
    expect(second.lock.entries.map(({ id }) => id)).toEqual([
      "acme.first",
      "acme.pii",
      "acme.last",
    ]);
    expect(await text()).toBe(commented.replace("'1.0.0'", "'1.1.0'").replace(pii.hash, next.hash));
    expect((await lines()).map(({ version, actor }) => [version, actor])).toEqual([
      ["1.0.0", "ada@lab"],
      ["1.1.0", "ada@lab"],
    ]);
  });

  it("an unchanged plugin again leaves the lock byte for byte and adds a journal line", async () => {
    verifies("journal:renewed");
    const { path, text, lines } = await lockFolder();
    await trustPlugins(path, [pii], "first");
    const before = await text();
    const past = new Date("2020-01-01T00:00:00Z");
    await utimes(path, past, past);
    const { ino } = await stat(path);
    const { plugins } = await trustPlugins(path, [pii], "renewed");
    expect(plugins).toEqual([{ entry: pii, previous: pii }]);
    expect(await text()).toBe(before);
    expect(await stat(path)).toMatchObject({ mtime: past, ino });
    expect((await lines()).map(({ reason }) => reason)).toEqual(["first", "renewed"]);
  });

  it("CLI-037: several plugins is one change with a journal line each, by id", async () => {
    verifies("journal:one-line-each");
    const { path, text, lines } = await lockFolder();
    const ids = ["bbb", "aaa.b", "aaa-b", "aaa", "aab"];
    const { plugins } = await trustPlugins(
      path,
      ids.map((id) => entryOf(id)),
      "all",
    );
    const sorted = ["aaa", "aaa-b", "aaa.b", "aab", "bbb"];
    expect(plugins.map(({ entry }) => entry.id)).toEqual(sorted);
    const all = await lines();
    expect(all.map(({ id }) => id)).toEqual(sorted);
    expect(new Set(all.map(({ lock }) => lock))).toEqual(new Set([sha256(await text())]));
  });

  it("the same id twice is refused", async () => {
    verifies("journal:refused");
    const { path, names } = await lockFolder();
    const refused = await refusalOf(() => trustPlugins(path, [pii, rate, pii], "r"));
    expect(refused).toMatchObject({
      code: "trust_refused",
      message: "plugin 'acme.pii' is named twice",
    });
    expect(await names()).toEqual([]);
  });

  it("an invalid id is refused, and nothing is written", async () => {
    verifies("journal:refused");
    const { path, names, text } = await lockFolder("version = 1\n");
    const { code } = await refusalOf(() =>
      trustPlugins(path, [rate, { ...pii, hash: "sha256:local" }], "r"),
    );
    expect(code).toBe("trust_refused");
    expect(await names()).toEqual(["plugins.lock"]);
    expect(await text()).toBe("version = 1\n");
  });

  it("an entry with a misspelt key is refused: its trust would have no end", async () => {
    verifies("journal:refused");
    const { path, names } = await lockFolder();
    const misspelt = { ...pii, untill: "2027-01-31" };
    expect(await refusalOf(() => trustPlugins(path, [misspelt], "r"))).toMatchObject({
      code: "trust_refused",
      message: "plugin 'acme.pii' cannot be trusted: unknown key 'untill'; did you mean 'until'?",
    });
    expect(await names()).toEqual([]);
  });

  it("in an invalid lock is refused, and nothing is written", async () => {
    verifies("journal:refused");
    const { path, names, text } = await lockFolder("version = 2\n");
    const { code } = await refusalOf(() => trustPlugins(path, [pii], "r"));
    expect(code).toBe("lockfile_newer");
    expect(await names()).toEqual(["plugins.lock"]);
    expect(await text()).toBe("version = 2\n");
  });
});

describe("revoking", () => {
  it("CLI-031: removes only the entry and ends the journal with its line", async () => {
    verifies("journal:actions");
    const { path, text, journalText } = await lockFolder(commented);
    const { plugins, lock } = await revokePlugins(path, ["acme.pii"], "REASON");
    expect(plugins.map(({ id }) => id)).toEqual(["acme.pii"]);
    expect(lock.entries.map(({ id }) => id)).toEqual(["acme.first", "acme.last"]);
    const [before, rest] = commented.split("# to be refreshed\n") as [string, string];
    const after = rest.slice(rest.indexOf("\n[[plugins]]\nid"));
    expect(await text()).toBe(before.replace(/\n$/, "") + after);
    expect(await journalText()).toMatch(
      /^[^\t\n]+\trevoke\tacme\.pii\t-\t-\tREASON\tactor=[^\n]+\n$/,
    );
  });

  it("CLI-032: an unlocked plugin is refused with the list of locked ones, and nothing is written", async () => {
    verifies("journal:refused");
    const { path, names, text } = await lockFolder(commented);
    const refused = await refusalOf(() => revokePlugins(path, ["acme.first", "x\n'"], "r"));
    expect(refused).toMatchObject({
      code: "trust_refused",
      message: `plugin 'x\\u{a}\\u{27}' is not in ${path}. Locked: acme.first, acme.last, acme.pii`,
      data: { locked: ["acme.first", "acme.last", "acme.pii"] },
    });
    expect(await names()).toEqual(["plugins.lock"]);
    expect(await text()).toBe(commented);
    const empty = await lockFolder("version = 1\n");
    const { message } = await refusalOf(() => revokePlugins(empty.path, ["a"], "r"));
    expect(message).toBe(`plugin 'a' is not in ${empty.path}. Locked: <none>`);
  });

  it("takes nothing for ids that is no list of them, such as a promise of one", async () => {
    const { path, text } = await lockFolder(commented);
    for (const ids of [Promise.resolve(["acme.pii"]), 5, {}, { length: 1, 0: "acme.pii" }]) {
      const { code } = await refusalOf(() => revokePlugins(path, ids as never, "r"));
      expect(code).toBe("options_invalid");
    }
    expect(await text()).toBe(commented);
  });

  it("CLI-005: does not create a missing lock", async () => {
    const { path, names } = await lockFolder();
    const refused = await refusalOf(() => revokePlugins(path, ["acme.pii"], "r"));
    expect(refused).toMatchObject({
      code: "lockfile_missing",
      message: `plugins.lock not found: ${path}`,
    });
    expect(await names()).toEqual([]);
  });

  it("CLI-033: what was just trusted restores a commented lock byte for byte", async () => {
    for (const text of [commented, commented.replaceAll("\n", "\r\n"), "version = 1\n"]) {
      const lock = await lockFolder(text);
      await trustPlugins(lock.path, [rate, entryOf("acme.more")], "r");
      expect(await lock.text()).not.toBe(text);
      await revokePlugins(lock.path, ["acme.more", "acme.rate"], "r");
      expect(await lock.text()).toBe(text);
    }
  });

  it("CLI-033: the only plugin leaves a lock with its header", async () => {
    const { path, text } = await lockFolder();
    await trustPlugins(path, [pii], "r");
    await revokePlugins(path, [pii.id], "r");
    expect(await text()).toBe("version = 1\n");
  });
});

describe("the journal and the lock", () => {
  const check = async (path: string) => (await verifiedAt(path)).problems;

  it("agree after each change", async () => {
    verifies("journal:pairing", "journal:lock-digest", "journal:order");
    const { path } = await lockFolder();
    await trustPlugins(path, [pii, rate], "r");
    expect(await check(path)).toEqual([]);
    await trustPlugins(path, [entryOf("acme.pii", "2.0.0")], "r");
    expect(await check(path)).toEqual([]);
    await revokePlugins(path, ["acme.rate"], "r");
    expect(await check(path)).toEqual([]);
  });

  it("CLI-036: differ when an entry was removed manually", async () => {
    verifies("journal:pairing");
    const { path } = await lockFolder();
    await trustPlugins(path, [pii, rate], "r");
    await writeFile(path, "version = 1\n");
    expect(await check(path)).toEqual([
      { line: 1, id: "acme.pii", problem: "journal_mismatch" },
      { line: 2, id: "acme.rate", problem: "journal_mismatch" },
    ]);
  });

  it("differ when an entry was added or changed manually, or is revoked", async () => {
    verifies("journal:pairing");
    const { path, journal, text } = await lockFolder(commented);
    expect(await check(path)).toEqual(
      ["acme.first", "acme.pii", "acme.last"].map((id) => ({
        line: undefined,
        id,
        problem: "journal_mismatch",
      })),
    );
    await trustPlugins(
      path,
      ["acme.first", "acme.pii", "acme.last"].map((id) => entryOf(id)),
      "r",
    );
    await writeFile(path, (await text()).replace("'1.0.0'", "'1.0.1'"));
    expect(await check(path)).toEqual([{ line: 3, id: "acme.pii", problem: "journal_mismatch" }]);
    await writeFile(journal, byHand(["2026-05-25T10:15Z", "revoke", "acme.last", "-", "-", "r"]), {
      flag: "a",
    });
    expect(await check(path)).toEqual([
      { line: 4, id: "acme.last", problem: "unchained" },
      { line: 3, id: "acme.pii", problem: "journal_mismatch" },
      { line: 4, id: "acme.last", problem: "journal_mismatch" },
    ]);
  });

  it("differ when a grant was edited manually, although version and hash are the same", async () => {
    verifies("journal:lock-digest");
    const { path, text } = await lockFolder();
    await trustPlugins(path, [{ ...pii, capabilities: ["read_labels"] }], "r");
    expect(await check(path)).toEqual([]);
    await writeFile(path, (await text()).replace("read_labels", "read_headers"));
    expect(await check(path)).toEqual([{ line: 1, id: undefined, problem: "lock_edited" }]);
    await trustPlugins(path, [{ ...pii, capabilities: ["read_headers"] }], "agreed");
    expect(await check(path)).toEqual([]);
  });

  it("CLI-056: agree when somebody removed an entry and appended its line, in another time zone", async () => {
    verifies("journal:by-hand", "journal:order-counts", "journal:unchained");
    const { path, journal } = await lockFolder();
    await trustPlugins(path, [pii], "r");
    await writeFile(path, "version = 1\n");
    // Earlier than the line before it, because only the order counts.
    const line = byHand(["2020-05-25T10:15:30+02:00", "revoke", "acme.pii", "-", "-", "by hand"]);
    await writeFile(journal, line, { flag: "a" });
    const unchained = { line: 2, id: "acme.pii", problem: "unchained" };
    expect(await check(path)).toEqual([unchained]);
    await trustPlugins(path, [rate], "r");
    expect(await check(path)).toEqual([]);
  });
});

describe("changes that wait for each other", () => {
  it("write journal times in order", async () => {
    const { path, lines } = await lockFolder();
    await Promise.all(["aaa", "bbb", "ccc"].map((id) => trustPlugins(path, [entryOf(id)], "r")));
    const times = (await lines()).map(({ at }) => at);
    expect(times).toEqual([...times].sort());
    expect((await readLockfile(path))?.entries).toHaveLength(3);
  });
});

/** An entry that does something while the change has the lock, whose claim nobody else has then. */
function entryDoing(deed: () => void): LockEntry {
  const { version, ...entry } = pii;
  return Object.defineProperty({ ...entry, version }, "version", {
    enumerable: true,
    get() {
      deed();
      return version;
    },
  });
}

describe("CLI-053: the claim of a change", () => {
  it("blocks a second change in the same process", async () => {
    verifies("journal:busy");
    const { path } = await lockFolder();
    let second: Promise<unknown> | undefined;
    const deed = () => {
      second ??= refusalOf(() => trustPlugins(path, [rate], "r", { waitMs: 0 }));
    };
    await trustPlugins(path, [entryDoing(deed)], "r");
    expect(await second).toMatchObject({
      code: "lockfile_busy",
      message: `plugins.lock is being changed by another process (pid ${process.pid})`,
    });
  });

  it("exists with its content during the change and is removed afterwards", async () => {
    verifies("journal:exclusion");
    const { path, exclusion, names } = await lockFolder();
    let during = "";
    const deed = () => {
      during = readFileSync(exclusion, "utf8");
    };
    await trustPlugins(path, [entryDoing(deed)], "r");
    expect(JSON.parse(during)).toMatchObject({
      pid: process.pid,
      host: hostname(),
      ...(process.platform === "linux"
        ? { started: expect.stringMatching(/^\d+$/), space: expect.any(String) }
        : {}),
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });

  it("is not removed if it now belongs to another process", async () => {
    verifies("journal:exclusion");
    const { path, exclusion } = await lockFolder();
    const since = "2026-01-01T00:00:00.000Z";
    const other = JSON.stringify({ pid: process.pid, host: hostname(), since });
    // As if an operator deleted the file as stale, and another process created its own.
    await trustPlugins(path, [entryDoing(() => writeFileSync(exclusion, other))], "r");
    expect(readFileSync(exclusion, "utf8")).toBe(other);
  });
});

it("a change whose record would be too large to be read is refused", async () => {
  verifies("journal:limits", "journal:refused");
  const { path, text, pending, names } = await lockFolder(commented);
  const actor = "x".repeat(4 * 2 ** 20);
  expect(await refusalOf(() => trustPlugins(path, [pii], "r", { actor }))).toMatchObject({
    code: "lockfile_failed",
    message: `Cannot write ${pending}: the change is too large for it. Change fewer plugins at a time, or give a shorter reason.`,
  });
  expect(await text()).toBe(commented);
  expect(await names()).toEqual(["plugins.lock"]);
});

it("a lock needs its folder", async () => {
  const { folder } = await lockFolder();
  const path = join(folder, "missing", "plugins.lock");
  expect(await refusalOf(() => trustPlugins(path, [pii], "r"))).toMatchObject({
    code: "lockfile_failed",
    data: { path, systemCode: "ENOENT" },
  });
});
