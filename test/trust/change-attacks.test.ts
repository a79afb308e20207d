/** Changes of trust: writers that meet, that die, and whom the system refuses. */
import { cpSync, mkdirSync } from "node:fs";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, it, onTestFinished } from "vitest";
import {
  loadJournal,
  pendingChange,
  revokePlugins,
  trustPlugins,
} from "../../src/trust/change/index.ts";
import { readLockfile } from "../../src/trust/lockfile/index.ts";
import { attack } from "../attacks/attack.ts";
import { installFaults } from "../faults/trust-fs-faults.ts";
import { entryOf, lockFolder, problemsOf, refusalOf } from "./change-support.ts";

const pii = entryOf("acme.pii");
const rate = entryOf("acme.rate");
const noPid = 2 ** 22 + 1;

attack(
  "A-214",
  "Let many writers trust different plugins at once, so that one overwrites the entry of another",
  "one at a time: every entry and every line is there; who cannot wait gets `lockfile_busy`",
  () => {
    const ids = Array.from({ length: 12 }, (_, at) => `acme.p${at}`);

    it("all of them are there", async () => {
      const { path, names, lines } = await lockFolder("version = 1\n");
      await Promise.all(ids.map((id) => trustPlugins(path, [entryOf(id)], "r")));
      const entries = (await readLockfile(path))?.entries.map(({ id }) => id) ?? [];
      expect([...entries].sort()).toEqual([...ids].sort());
      expect((await lines()).map(({ id }) => id)).toEqual(entries);
      expect(await problemsOf(path)).toEqual([]);
      expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    });

    it("who may not wait is told, and loses nothing of the others", async () => {
      const { path, lines } = await lockFolder("version = 1\n");
      const ended = await Promise.allSettled(
        ids.map((id) => trustPlugins(path, [entryOf(id)], "r", { waitMs: 0 })),
      );
      const done = ids.filter((_, at) => ended[at]?.status === "fulfilled");
      const refused = ended.flatMap((each) =>
        each.status === "rejected" ? [each.reason.code] : [],
      );
      expect(done.length).toBeGreaterThan(0);
      expect(new Set(refused)).toEqual(new Set(["lockfile_busy"]));
      expect((await lines()).map(({ id }) => id).sort()).toEqual([...done].sort());
      expect(await problemsOf(path)).toEqual([]);
    });
  },
);

attack(
  "A-215",
  "Leave the claim of a process that is dead, to keep everybody out, or one of a live process, to be overrun",
  "a dead one is succeeded; one of a live process, of another host or of nobody is refused with `lockfile_busy` and stays",
  () => {
    const since = "2026-01-01T00:00:00.000Z";

    it("that of a dead process is succeeded", async () => {
      const { path, exclusion, names } = await lockFolder("version = 1\n");
      await writeFile(exclusion, JSON.stringify({ pid: noPid, host: hostname(), since }));
      await Promise.all([pii, rate].map((entry) => trustPlugins(path, [entry], "r")));
      expect((await readLockfile(path))?.entries).toHaveLength(2);
      expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    });

    it.each([
      ["a live one", JSON.stringify({ pid: process.pid, host: hostname(), since })],
      ["another host", JSON.stringify({ pid: noPid, host: "elsewhere", since })],
      ["nobody", ""],
      ["no process", '{"pid":-1,"host":"a"}'],
    ])("that of %s is kept", async (_, claim) => {
      const { path, exclusion, text } = await lockFolder("version = 1\n");
      await writeFile(exclusion, claim);
      const refused = await refusalOf(() => trustPlugins(path, [pii], "r", { waitMs: 60 }));
      expect(refused.code).toBe("lockfile_busy");
      expect([await text(), await readFile(exclusion, "utf8")]).toEqual(["version = 1\n", claim]);
    });
  },
);

attack(
  "A-216",
  "Kill the process before any of its calls to the system, between the lock and the journal too",
  "the lock is the whole old or the whole new one; the next change gives the journal its lines, once, and tells of it",
  () => {
    it("whatever was on the disk before each call is mended by the next change", async () => {
      const { folder, path } = await lockFolder();
      const shots = await lockFolder();
      await trustPlugins(path, [pii], "before");
      const old = await readFile(path, "utf8");
      const stages: string[] = [];
      const camera = {
        test: () => {
          const stage = join(shots.folder, `stage-${stages.length}`);
          mkdirSync(stage);
          cpSync(folder, stage, { recursive: true });
          stages.push(stage);
          return false;
        },
      };
      const { restore } = installFaults({ folder, at: camera, what: "none" });
      await trustPlugins(path, [rate], "tried");
      restore();
      const made = await readFile(path, "utf8");
      const seen = new Set<string>();
      for (const stage of stages) {
        const lock = join(stage, "plugins.lock");
        // The process is dead: its claim names one that is not there.
        const claim = await readFile(`${lock}.lck`, "utf8").catch(() => undefined);
        if (claim !== undefined)
          await writeFile(`${lock}.lck`, claim.replace(`"pid":${process.pid}`, `"pid":${noPid}`));
        const text = await readFile(lock, "utf8");
        expect([old, made]).toContain(text);
        const pending = (await pendingChange(lock))?.outcome;
        const { recovered, warnings } = await trustPlugins(lock, [entryOf("acme.next")], "next");
        expect(recovered).toBe(pending);
        expect(warnings).toHaveLength(recovered === undefined ? 0 : 1);
        const tried = (await loadJournal(lock)).lines.filter(({ reason }) => reason === "tried");
        expect(tried).toHaveLength(text === made ? 1 : 0);
        expect(await problemsOf(lock)).toEqual([]);
        seen.add(`${text === made ? "new" : "old"} ${recovered}`);
      }
      expect([...seen].sort()).toEqual([
        ...["new applied", "new undefined", "old discarded", "old undefined"],
      ]);
    });
  },
);

attack(
  "A-217",
  "Change trust on a disk that is full, read-only, over its quota or broken, or that takes a part of each write",
  "refused with `lockfile_failed` and the system's code: old lock and journal to the byte, no temporary file; a part of a write is gone on with",
  () => {
    const calls = [
      ...[/^open plugins\.lock\.lck/, /^write plugins\.lock\.\*\.tmp$/, /^sync plugins/, /^link /],
      ...[/^rename \S+ plugins\.lock$/, /^write plugins\.lock\.journal$/, /^datasync /],
    ];
    const codes = ["ENOSPC", "EROFS", "EDQUOT", "EIO", "EINTR"];
    it.each(calls.flatMap((at) => codes.map((what) => ({ at, what }))))(
      "$what at $at",
      async ({ at, what }) => {
        const { folder, path, names, text, journalText } = await lockFolder();
        await trustPlugins(path, [pii], "before");
        const before = [await text(), await journalText()];
        const { calls: made, restore } = installFaults({ folder, at, what });
        const refused = await refusalOf(() => trustPlugins(path, [rate], "r")).finally(restore);
        expect(made.some((call) => at.test(call))).toBe(true);
        expect(refused).toMatchObject({ code: "lockfile_failed", data: { systemCode: what } });
        expect([await text(), await journalText()]).toEqual(before);
        expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
      },
    );

    it("some bytes a time", async () => {
      const { folder, path, names, lines } = await lockFolder();
      const { restore } = installFaults({ folder, at: 1, what: "dribble" });
      await trustPlugins(path, [pii], "r").finally(restore);
      expect((await readLockfile(path))?.entries).toEqual([pii]);
      expect(await lines()).toHaveLength(1);
      expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    });
  },
);

attack(
  "A-229",
  "Have lock and journal made, or left, so that others may write them",
  "made with mode 0644 less the umask; what everybody may write is changed with a warning each time",
  () => {
    it.skipIf(process.platform === "win32").each([
      [0o000, 0o644],
      [0o022, 0o644],
      [0o077, 0o600],
    ])("made under the umask %o", async (mask, mode) => {
      const before = process.umask(mask);
      onTestFinished(() => void process.umask(before));
      const { path, journal } = await lockFolder();
      const { warnings } = await trustPlugins(path, [pii], "r");
      for (const file of [path, journal]) expect((await stat(file)).mode & 0o777).toBe(mode);
      expect(warnings).toEqual([]);
    });

    it.skipIf(process.platform === "win32")("left open to all", async () => {
      const { path, journal } = await lockFolder();
      await trustPlugins(path, [pii], "r");
      for (const file of [path, journal]) await chmod(file, 0o666);
      for (const work of [
        () => trustPlugins(path, [rate], "r"),
        () => revokePlugins(path, [rate.id], "r"),
      ]) {
        expect((await work()).warnings).toEqual(
          [path, journal].map(
            (file) => `${file} can be written by everybody (mode 0666). Take that away: chmod o-w.`,
          ),
        );
      }
    });
  },
);
