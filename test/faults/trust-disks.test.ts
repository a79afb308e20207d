/** Disks that are full, broken or not writable, during a change of trust. */
// Only in test:all: it kills and starts processes.
import { appendFileSync } from "node:fs";
import { chmod, chown, readFile, stat, unlink } from "node:fs/promises";
import process from "node:process";
import { readTrustJournal } from "glassine/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { installFaults } from "./trust-fs-faults.ts";
import { carryOut } from "./trust-orders.ts";
import { bundlePrograms, type Programs, runFaulty } from "./trust-processes.ts";
import { isWhole, report } from "./trust-report.ts";
import {
  callsOf,
  expectMade,
  expectMended,
  expectUntouched,
  namesOfScenes,
  type Scene,
  type Stage,
  sceneOf,
} from "./trust-scenes.ts";

const codes = ["ENOSPC", "EIO", "EACCES", "EMFILE", "EINTR", "EROFS", "EDQUOT", "EPERM"] as const;

/** The scenes of a short run, and of a whole one. */
const some = (...names: readonly string[]) => (isWhole ? namesOfScenes : names);

const scenes: Scene[] = [];
afterAll(async () => {
  for (const scene of scenes) await scene.strike();
});

async function open(name: string, isLinked = false): Promise<Scene> {
  const scene = await sceneOf(name, isLinked);
  scenes.push(scene);
  return scene;
}

/** Carries out the change of a scene with a fault at a call. */
async function tryWith(scene: Scene, at: number, what: string) {
  const stage = await scene.stage();
  const { restore } = installFaults({ folder: stage.folder, at, what });
  const outcome = await carryOut(stage.order).finally(restore);
  return { stage, outcome };
}

/** Expects that the claim, which could not be removed, stays and is reported; then removes it. */
async function removeClaim({ file, order }: Stage, warnings: readonly string[]): Promise<void> {
  expect(warnings).toEqual([
    expect.stringContaining("The lock stays claimed until this process ends."),
  ]);
  const next = await carryOut({ ...order, waitMs: 0 });
  expect(next).toMatchObject({
    code: "lockfile_busy",
    message: `plugins.lock is being changed by another process (pid ${process.pid})`,
  });
  await unlink(`${file}.lck`);
}

describe("F-10: any system call of a change fails", () => {
  it.each(some("trust", "refresh", "revoke", "first trust"))(
    "during %s",
    { timeout: 600_000 },
    async (name) => {
      verifies("journal:all-or-nothing", "journal:exclusion");
      const scene = await open(name);
      const calls = await callsOf(scene);
      let failed = 0;
      let made = 0;
      for (const [index, call] of calls.entries()) {
        const turn = (index + namesOfScenes.indexOf(name)) % codes.length;
        const tried = isWhole ? codes : codes.slice(turn, turn + 1);
        for (const what of tried) {
          const { stage, outcome } = await tryWith(scene, index + 1, what);
          if (outcome.code === null) {
            made += 1;
            // What cannot be removed stays for the next change. Nothing else is a reason to fail.
            const isLast = index === calls.length - 1;
            await expectMade(
              scene,
              stage,
              call.startsWith("unlink") ? /\.(?:lck|pending|tmp)$/ : undefined,
            );
            if (isLast) await removeClaim(stage, outcome.warnings);
            await expectMended(scene, stage, "new");
          } else {
            failed += 1;
            expect(outcome).toMatchObject({ code: "lockfile_failed", systemCode: what });
            expect(outcome.message).toContain(what);
            expect(outcome.message).toContain(stage.folder);
            expect(outcome.message).not.toContain("could not be undone");
            await expectUntouched(scene, stage);
            await expectMended(scene, stage, "old");
          }
        }
      }
      report(`refused calls: ${scene.name}`, failed + made);
      expect(failed).toBeGreaterThan(20);
      expect(made).toBeGreaterThan(3);
    },
  );
});

describe("F-10: the disk is full", () => {
  it.each(some("refresh", "first trust"))(
    "CLI-054: from any call of %s on",
    { timeout: 600_000 },
    async (name) => {
      verifies("journal:all-or-nothing");
      const scene = await open(name);
      const calls = await callsOf(scene);
      let failed = 0;
      for (const index of calls.keys()) {
        const { stage, outcome } = await tryWith(scene, index + 1, "full");
        if (outcome.code === null) {
          await expectMade(scene, stage);
          await expectMended(scene, stage, "new");
        } else {
          failed += 1;
          expect(outcome).toMatchObject({ code: "lockfile_failed", systemCode: "ENOSPC" });
          await expectUntouched(scene, stage);
          await expectMended(scene, stage, "old");
        }
      }
      report(`full disks: ${scene.name}`, calls.length);
      expect(failed).toBeGreaterThan(20);
      expect(failed).toBeLessThan(calls.length);
    },
  );

  it("in the middle of a line, which is rolled back", async () => {
    verifies("journal:all-or-nothing");
    const scene = await open("refresh");
    const line = (await callsOf(scene)).indexOf("write plugins.lock.journal");
    const stage = await scene.stage();
    const halved = installFaults({ folder: stage.folder, at: line + 1, what: "short" });
    // There is no space for the rest of the line: a second fault on top of the first.
    const full = installFaults({ folder: stage.folder, at: line + 2, what: "full" });
    const outcome = await carryOut(stage.order);
    full.restore();
    halved.restore();
    expect(outcome).toMatchObject({ code: "lockfile_failed", systemCode: "ENOSPC" });
    expect(halved.calls).toContain("truncate plugins.lock.journal");
    await expectUntouched(scene, stage);
    await expectMended(scene, stage, "old");
  });
});

describe("F-10: reads and writes are partial", () => {
  it.each(some("refresh", "first trust"))("in any write or read of %s", async (name) => {
    verifies("journal:append-only");
    const scene = await open(name);
    const calls = await callsOf(scene);
    const parts = calls.flatMap((call, index) =>
      /^(?:write|read) /.test(call) ? [index + 1] : [],
    );
    expect(parts.length).toBeGreaterThan(4);
    for (const at of parts) {
      const { stage, outcome } = await tryWith(scene, at, "short");
      expect(outcome).toMatchObject({ code: null, warnings: [] });
      await expectMade(scene, stage);
      await expectMended(scene, stage, "new");
    }
    report(`short calls: ${scene.name}`, parts.length);
  });

  it.each(namesOfScenes)("in all of them, a few bytes at a time, during %s", async (name) => {
    const scene = await open(name);
    const { stage, outcome } = await tryWith(scene, 1, "dribble");
    expect(outcome).toMatchObject({ code: null, warnings: [] });
    await expectMade(scene, stage);
    await expectMended(scene, stage, "new");
  });
});

describe("a change that can no longer be rolled back", () => {
  it.each([
    // The line stays: flushing it fails, and so does truncating it.
    ["its line", /^(?:datasync|truncate) plugins\.lock\.journal$/],
    // The lock stays: its line cannot be written, and the old lock cannot be renamed back.
    ["its lock", /^(?:write plugins\.lock\.journal|rename plugins\.lock\S+tmp plugins\.lock)$/],
  ])("for %s stands, says so, and is completed by the next one", async (_what, calls) => {
    verifies("journal:forward");
    const scene = await open("refresh");
    const stage = await scene.stage();
    let renames = 0;
    const at = {
      test: (call: string) => {
        const isRename = call.startsWith("rename");
        if (isRename) renames += 1;
        // The first two are those of the record and of the change itself.
        return calls.test(call) && !(isRename && renames <= 2);
      },
    };
    const { restore } = installFaults({ folder: stage.folder, at, what: "EIO" });
    const outcome = await carryOut(stage.order);
    restore();
    expect(outcome).toMatchObject({ code: "lockfile_failed", systemCode: "EIO" });
    expect(outcome.message).toContain("stands, and the next change will complete its journal.");
    const { recovered } = await expectMended(scene, stage, "new");
    expect(recovered).toBe("applied");
  });

  it("stays if another process has appended a line after it", async () => {
    verifies("journal:forward");
    const scene = await open("refresh");
    const stage = await scene.stage();
    const byHand = "2026-05-25T10:15:30Z\ttrust\tacme.two\t1.0.0\th\tby hand\n";
    const { restore } = installFaults({
      folder: stage.folder,
      at: {
        test: (call: string) => {
          const isFlush = call === "datasync plugins.lock.journal";
          if (isFlush) appendFileSync(`${stage.file}.journal`, byHand);
          return isFlush;
        },
      },
      what: "EIO",
    });
    const outcome = await carryOut(stage.order);
    restore();
    expect(outcome.message).toContain("stands, and the next change will complete its journal.");
    expect(await readFile(`${stage.file}.journal`, "utf8")).toContain(byHand);
    const { recovered } = await carryOut({ ...stage.order, reason: "again" });
    expect(recovered).toBe("applied");
    const { lines, problems } = await readTrustJournal(stage.path);
    expect(problems).toEqual([]);
    expect(lines.map(({ reason }) => reason)).toEqual([
      "before",
      "before",
      stage.order.reason,
      "by hand",
      "again",
    ]);
  });
});

describe.skipIf(process.platform === "win32")("permissions of the system itself", () => {
  /** A user without access to the files: `nobody` if this runs as root, else the current user. */
  const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
  let programs: Programs;
  beforeAll(async () => {
    programs = await bundlePrograms("trust-disks");
  }, 120_000);

  it.each([
    ["a folder that may not be written", 0o555, 0o644],
    ["a lock that may not be written", 0o755, 0o444],
  ])("CLI-054: %s", async (_what, folderMode, lockMode) => {
    verifies("journal:all-or-nothing", "journal:modes");
    const scene = await open("refresh");
    const stage = await scene.stage();
    const before = await stat(stage.file);
    await chmod(stage.file, lockMode);
    if (nobody !== undefined) await chown(stage.folder, nobody, nobody);
    if (nobody !== undefined) await chown(stage.file, nobody, nobody);
    if (nobody !== undefined) await chown(`${stage.file}.journal`, nobody, nobody);
    await chmod(`${stage.folder}/..`, 0o755);
    await chmod(stage.folder, folderMode);
    const { outcome } = await runFaulty(programs, stage.order, undefined, nobody);
    await chmod(stage.folder, 0o755);
    expect(outcome).toMatchObject({ code: "lockfile_failed", systemCode: "EACCES" });
    await expectUntouched(scene, stage);
    expect((await stat(stage.file)).mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(stage.file, "utf8")).toBe(scene.oldLock);
  });
});
