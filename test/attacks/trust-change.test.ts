/** Changes of trust: hostile reasons, concurrent processes, crashes, disks and forged journals. */
// Only in test:all: it stops and races changes of trust.
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readLockfile, readTrustJournal, revokePlugins, trustPlugins } from "glassine/node";
import { beforeAll, expect, it } from "vitest";
import { installFaults } from "../faults/trust-fs-faults.ts";
import { bundlePrograms, type Programs, runFaulty } from "../faults/trust-processes.ts";
import { callsOf, expectMended, expectOldOrNew, sceneOf } from "../faults/trust-scenes.ts";
import { afterTest } from "../support/cleanup.ts";
import {
  byHand,
  entryOf,
  lockFolder,
  refusalOf,
  summaryOf,
  verifiedAt,
} from "../trust/change-support.ts";
import { attack } from "./attack.ts";

const pii = entryOf("acme.pii");
const rate = entryOf("acme.rate");

attack(
  "A-198",
  "Put a tab, a line break, NUL or U+2028 into a reason, to inject a line or field into the journal",
  "escaped: a change is one line of six fields, and the reason reads back unchanged",
  () => {
    it("whatever it terminates elsewhere, and with a whole line after it", async () => {
      const line = "2026-01-01T00:00:00Z\ttrust\tevil\t1.0.0\tsha256:00\tno reason";
      for (const end of ["\t", "\n", "\r", "\r\n", "\0", "\u2028", "\u2029", "\u0085", "\v"]) {
        const { path, journalText, lines } = await lockFolder();
        const reason = `fine${end}${line}${end}`;
        await trustPlugins(path, [pii], reason);
        await revokePlugins(path, ["acme.pii"], reason);
        const read = await lines();
        expect(read.map(({ action, id }) => [action, id])).toEqual([
          ["trust", "acme.pii"],
          ["revoke", "acme.pii"],
        ]);
        expect(read.map((each) => each.reason)).toEqual([reason, reason]);
        // Also for a reader that splits at any known line terminator.
        expect((await journalText()).split(/[\n\r\v\f\0\u0085\u2028\u2029]/)).toHaveLength(3);
      }
    });
  },
);

attack(
  "A-199",
  "Change what is trusted with a reason that is empty, blank or a megabyte long",
  "refused with `reason_invalid` before any file is opened",
  () => {
    it.each(["", " \n\u2003", "x".repeat(1_000_000), undefined])("%#", async (reason) => {
      const { folder, path, names } = await lockFolder("version = 1\n");
      const { calls, restore } = installFaults({ folder, at: 0, what: "none" });
      afterTest(restore);
      for (const change of [
        () => trustPlugins(path, [pii], reason as string),
        () => revokePlugins(path, ["acme.pii"], reason as string),
      ]) {
        expect((await refusalOf(change)).code).toBe("reason_invalid");
      }
      expect(calls).toEqual([]);
      expect(await names()).toEqual(["plugins.lock"]);
    });
  },
);

attack(
  "A-214",
  "Trust different plugins concurrently, so that one entry is lost",
  "both entries are kept, or one change is refused with `lockfile_busy`",
  () => {
    it("waits for its turn", async () => {
      const { path, lines } = await lockFolder();
      await Promise.all([trustPlugins(path, [pii], "r"), trustPlugins(path, [rate], "r")]);
      expect((await readLockfile(path))?.entries.map(({ id }) => id).sort()).toEqual([
        "acme.pii",
        "acme.rate",
      ]);
      expect(await lines()).toHaveLength(2);
    });

    it("is refused if it does not wait", async () => {
      const { path, lines } = await lockFolder();
      const changes = [pii, rate].map((entry) => trustPlugins(path, [entry], "r", { waitMs: 0 }));
      const settled = await Promise.allSettled(changes);
      const failed = settled.filter(({ status }) => status === "rejected");
      expect(failed).toEqual(
        failed.map(() => ({
          status: "rejected",
          reason: expect.objectContaining({ code: "lockfile_busy" }),
        })),
      );
      const entries = (await readLockfile(path))?.entries ?? [];
      expect(entries).toHaveLength(2 - failed.length);
      expect(await lines()).toHaveLength(2 - failed.length);
    });
  },
);

attack(
  "A-215",
  "Leave a dead process's claim, so that nobody can change the lock, or two can at once",
  "taken over by one process at a time; another host's claim is not, and the refusal says what to remove",
  () => {
    const since = "2026-01-01T00:00:00Z";
    it("by one of many processes that find it", async () => {
      const { path, exclusion, lines, names } = await lockFolder();
      await writeFile(exclusion, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), since }));
      const ids = Array.from({ length: 12 }, (_, at) => `acme.p${at}`);
      await Promise.all(ids.map((id) => trustPlugins(path, [entryOf(id)], "r")));
      expect((await lines()).map(({ id }) => id).sort()).toEqual([...ids].sort());
      expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    });

    it("never if it belongs to another host", async () => {
      const { path, exclusion } = await lockFolder();
      await writeFile(exclusion, JSON.stringify({ pid: 2 ** 22 + 1, host: "elsewhere", since }));
      const refused = await refusalOf(() => trustPlugins(path, [pii], "r", { waitMs: 0 }));
      expect(refused.code).toBe("lockfile_busy");
      expect(refused.message).toContain(`remove ${exclusion}`);
    });
  },
);

attack(
  "A-216",
  "Kill the process after the new lock is written, after it is renamed, halfway through the journal's line, or in between",
  "the lock is the old or the new one; the next change repairs the journal, and says so",
  () => {
    let programs: Programs;
    beforeAll(async () => {
      programs = await bundlePrograms("trust-attacks");
    }, 120_000);

    it.each([
      [/^link plugins\.lock /, "kill", "discarded"],
      [/^rename \S+ plugins\.lock$/, "kill", "discarded"],
      [/^write plugins\.lock\.journal$/, "kill", "applied"],
      [/^write plugins\.lock\.journal$/, "kill_half", "applied"],
      [/^unlink plugins\.lock\.pending$/, "kill", "applied"],
    ] as const)("at %s: %s", async (call, what, recovered) => {
      const scene = await sceneOf("refresh");
      afterTest(() => scene.strike());
      const at = (await callsOf(scene)).findIndex((each) => call.test(each)) + 1;
      const stage = await scene.stage();
      const { signal } = await runFaulty(programs, stage.order, { folder: stage.folder, at, what });
      expect(signal).toBe("SIGKILL");
      expect((await verifiedAt(stage.path)).pending).toBe(true);
      const standing = await expectOldOrNew(scene, stage);
      const next = await expectMended(scene, stage, standing);
      expect(next).toMatchObject({ recovered, warnings: [expect.stringContaining("unfinished")] });
    });
  },
);

attack(
  "A-217",
  "Make the disk full, read-only, over quota or broken while trust is written, or write only in part",
  "refused with `lockfile_failed` and the system's code; lock and journal are unchanged, and no other file is left behind",
  () => {
    it.each(["ENOSPC", "EROFS", "EDQUOT", "EIO", "EINTR"])("%s", async (what) => {
      const { folder, path, text, journalText, names } = await lockFolder();
      await trustPlugins(path, [pii], "r");
      const before = [await text(), await journalText()];
      for (const at of [/ wx$/, /^write /, /^sync plugins/, /^rename /, /^datasync /]) {
        const { restore } = installFaults({ folder, at, what });
        const refused = await refusalOf(() => trustPlugins(path, [rate], "r"));
        restore();
        expect(refused).toMatchObject({ code: "lockfile_failed", data: { systemCode: what } });
        expect([await text(), await journalText()]).toEqual(before);
        expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
      }
    });

    it("partial writes are completed", async () => {
      const { folder, path, lines } = await lockFolder();
      const { restore } = installFaults({ folder, at: 0, what: "dribble" });
      await trustPlugins(path, [pii], "r");
      restore();
      expect((await readLockfile(path))?.entries).toEqual([pii]);
      expect(await lines()).toHaveLength(1);
    });
  },
);

/** A journal of four lines, and what a reader returns after tampering. */
async function tampered(edit: (lines: string[]) => readonly string[], end = "\n") {
  const { path, journal, journalText } = await lockFolder();
  for (const id of ["acme.one", "acme.two", "acme.three", "acme.four"]) {
    await trustPlugins(path, [entryOf(id)], "r");
  }
  const lines = (await journalText()).split("\n").slice(0, -1);
  await writeFile(journal, edit(lines).join("\n") + end);
  const { lines: read, problems } = await readTrustJournal(path);
  return { ids: read.map(({ id }) => id), problems: summaryOf(problems) };
}

attack(
  "A-218",
  "Truncate the journal in the middle of a line, or edit, remove or move lines",
  "reported as `torn`, `chain_broken` or `unchained`. Only the lock reveals changes at the end, so a removed renewal, or an edit of the last line's time, actor or reason, goes unnoticed",
  () => {
    it("truncated", async () => {
      const { ids, problems } = await tampered(
        (lines) => lines.with(3, lines[3]?.slice(0, 80) ?? ""),
        "",
      );
      expect(ids).toEqual(["acme.one", "acme.two", "acme.three"]);
      expect(problems).toEqual([{ line: 4, id: undefined, problem: "torn" }]);
    });

    it("edited, removed, moved", async () => {
      const broken = (line: number, id: string) => ({ line, id, problem: "chain_broken" });
      const edited = await tampered((lines) =>
        lines.with(1, (lines[1] as string).replace("\tr\t", "\tapproved\t")),
      );
      expect(edited.problems).toEqual([broken(3, "acme.three")]);
      const removed = await tampered((lines) => lines.toSpliced(0, 1));
      expect(removed).toEqual({
        ids: ["acme.two", "acme.three", "acme.four"],
        problems: [broken(1, "acme.two")],
      });
      const moved = await tampered(([one = "", two = "", ...rest]) => [two, one, ...rest]);
      expect(moved.problems).toEqual([
        broken(1, "acme.two"),
        broken(2, "acme.one"),
        broken(3, "acme.three"),
      ]);
    });

    it("edited, with the digests of all later lines removed", async () => {
      const { problems } = await tampered((lines) =>
        lines.map((line, at) =>
          at === 0 ? line : line.replace("\tr\t", "\tapproved\t").replace(/\tactor=.*/, ""),
        ),
      );
      expect(problems.map(({ line, problem }) => [line, problem])).toEqual(
        [2, 3, 4].map((line) => [line, "unchained"]),
      );
    });

    it("edited in the reason of the last line: nothing reveals it", async () => {
      const { problems } = await tampered((lines) =>
        lines.with(3, (lines[3] as string).replace("\tr\t", "\tapproved\t")),
      );
      expect(problems).toEqual([]);
    });

    it("ended early at a line: the lock reveals it", async () => {
      const { path, journal, journalText } = await lockFolder();
      await trustPlugins(path, [pii], "r");
      const before = await journalText();
      await trustPlugins(path, [rate], "r");
      await writeFile(journal, before);
      expect((await verifiedAt(path)).problems).toEqual([
        { line: undefined, id: "acme.rate", problem: "journal_mismatch" },
      ]);
    });

    it("ended early at a grant that changed nothing: undetectable", async () => {
      const { path, journal, journalText } = await lockFolder();
      await trustPlugins(path, [pii], "r");
      const before = await journalText();
      await trustPlugins(path, [pii], "renewed");
      await writeFile(journal, before);
      expect((await verifiedAt(path)).problems).toEqual([]);
    });
  },
);

attack(
  "A-219",
  "Forge a line with an earlier time, so that a grant looks older than it is",
  "`unchained`, or `chain_broken` at the next line; a last line counts whatever its time, and is compared with the lock",
  () => {
    const forged = (action: string) =>
      ["2020-01-01T00:00:00.000Z", action, "acme.one", "9.9.9", pii.hash, "r"].join("\t");

    it("between others", async () => {
      const { problems } = await tampered((lines) => lines.toSpliced(1, 0, forged("trust")));
      expect(problems).toEqual([
        { line: 2, id: "acme.one", problem: "unchained" },
        { line: 3, id: "acme.two", problem: "chain_broken" },
      ]);
    });

    it("with the digest of another position", async () => {
      const { problems } = await tampered((lines) => [
        ...lines,
        `${forged("trust")}\tactor=a@b\tlock=${"0".repeat(64)}\tprev=${"0".repeat(64)}`,
      ]);
      expect(problems).toEqual([{ line: 5, id: "acme.one", problem: "chain_broken" }]);
    });

    it("at the end", async () => {
      const { path, journal } = await lockFolder();
      await trustPlugins(path, [entryOf("acme.one")], "r");
      for (const action of ["trust", "revoke"]) {
        await writeFile(journal, byHand([forged(action)]), { flag: "a" });
        const { problems } = await verifiedAt(path);
        expect(problems.at(-1)).toMatchObject({ id: "acme.one", problem: "journal_mismatch" });
      }
    });
  },
);

attack(
  "A-229",
  "Have lock and journal be writable by everybody, through the umask or their mode",
  "created with `0644` less the umask; a wider mode is kept, with a warning at each change",
  () => {
    it.skipIf(process.platform === "win32")("whatever the umask", async () => {
      const mask = process.umask(0);
      afterTest(() => {
        process.umask(mask);
      });
      const { folder, path, journal } = await lockFolder();
      await trustPlugins(path, [pii], "r");
      for (const file of [path, journal]) expect((await stat(file)).mode & 0o777).toBe(0o644);
      await chmod(path, 0o666);
      await chmod(journal, 0o666);
      const { warnings } = await trustPlugins(path, [rate], "r");
      expect(warnings).toHaveLength(2);
      expect(warnings.join("\n")).toMatch(/plugins\.lock can be.*0666[\s\S]*journal can be.*0666/);
      expect((await stat(path)).mode & 0o777).toBe(0o666);
      expect(await readFile(join(folder, "plugins.lock"), "utf8")).toContain(rate.hash);
    });
  },
);
