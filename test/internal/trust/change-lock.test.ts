/** Creating an empty lock, edits of one that fail, and the claim during a change. */
import { execFileSync } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { changeLock } from "../../../src/operate/trust/change/change-lock.ts";
import {
  ownClaim,
  processStateOf,
  readOwner,
} from "../../../src/operate/trust/change/exclusion.ts";
import { createLock } from "../../../src/operate/trust/change/trust-plugins.ts";
import { verifies } from "../../support/verifies.ts";
import { commented, entryOf, lockFolder, refusalOf } from "../../trust/change-support.ts";

const isLinux = process.platform === "linux";
const since = "2026-01-01T00:00:00.000Z";
const busy = "plugins.lock is being changed by another process";
const pii = entryOf("acme.pii");

describe("making a lock", () => {
  it("CLI-038: creates an empty one, and only reads an existing one", async () => {
    const { path, text, names } = await lockFolder();
    expect(await createLock(path)).toMatchObject({ isCreated: true, lock: { entries: [] } });
    expect(await text()).toBe("version = 1\n");
    await trustPlugins(path, [pii], "r");
    const before = await stat(path);
    const second = await createLock(path);
    expect(second).toMatchObject({ isCreated: false, lock: { entries: [pii] } });
    expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });

  it("needs its folder", async () => {
    const { folder } = await lockFolder();
    const path = join(folder, "missing", "plugins.lock");
    for (const work of [() => createLock(path), () => trustPlugins(path, [pii], "r")]) {
      expect(await refusalOf(work)).toMatchObject({
        code: "lockfile_failed",
        data: { path, systemCode: "ENOENT" },
      });
    }
  });
});

describe("changeLock", () => {
  it("leaves everything as it was when the edit throws", async () => {
    verifies("journal:refused");
    const { path, text, names } = await lockFolder(commented);
    const edit = () => {
      throw new Error("no");
    };
    await expect(changeLock(path, edit)).rejects.toThrow("no");
    expect(await text()).toBe(commented);
    expect(await names()).toEqual(["plugins.lock"]);
  });

  it("refuses a change whose record would be too large to be read", async () => {
    verifies("journal:limits", "journal:refused");
    const { path, text, pending, names } = await lockFolder(commented);
    const { id, version, hash } = pii;
    const line = { action: "trust", id, version, hash, reason: "x".repeat(2_000) } as const;
    const lines = Array.from({ length: 2_000 }, () => line);
    const edit = () => ({ text: `${commented}\n`, lines });
    expect(await refusalOf(() => changeLock(path, edit))).toMatchObject({
      code: "lockfile_failed",
      message: `Cannot write ${pending}: the change is too large for it. Change fewer plugins at a time, or give a shorter reason.`,
    });
    expect(await text()).toBe(commented);
    expect(await names()).toEqual(["plugins.lock"]);
  });

  it("never writes an invalid lock", async () => {
    verifies("journal:refused");
    const { path, text, names } = await lockFolder(commented);
    const { code } = await refusalOf(() => changeLock(path, () => ({ text: "", lines: [] })));
    expect(code).toBe("lockfile_invalid");
    expect(await text()).toBe(commented);
    expect(await names()).toEqual(["plugins.lock"]);
  });
});

describe("CLI-053: a claim", () => {
  it("of this process blocks a second change in it", async () => {
    verifies("journal:busy");
    const { path } = await lockFolder();
    let inner: unknown;
    await changeLock(path, ({ text }) => {
      inner = refusalOf(() => trustPlugins(path, [pii], "r", { waitMs: 0 }));
      return { text, lines: [] };
    });
    // It was requested during the outer change, and did not wait.
    expect(await inner).toMatchObject({
      code: "lockfile_busy",
      message: `${busy} (pid ${process.pid})`,
    });
  });

  it("exists with its content during a change and is removed afterwards", async () => {
    verifies("journal:exclusion");
    const { path, exclusion, names } = await lockFolder();
    const claim = ownClaim();
    const owner = readOwner(await claim);
    expect(owner).toMatchObject({ pid: process.pid, host: hostname() });
    expect(await processStateOf(owner as NonNullable<typeof owner>)).toBe("alive");
    let during: unknown;
    await changeLock(path, ({ text }) => {
      during = readFile(exclusion, "utf8");
      return { text, lines: [] };
    });
    const { started, space } = owner as NonNullable<typeof owner>;
    expect(JSON.parse((await during) as string)).toMatchObject({
      pid: process.pid,
      host: hostname(),
      ...(isLinux ? { started, space } : {}),
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await names()).toEqual(["plugins.lock"]);
  });

  it("that now belongs to another process is not removed", async () => {
    verifies("journal:exclusion");
    const { path, exclusion } = await lockFolder();
    const other = JSON.stringify({ pid: process.pid, host: hostname(), since });
    await changeLock(path, ({ text }) => {
      // As if an operator deleted the file as stale, and another process created its own.
      execFileSync("sh", ["-c", `printf %s '${other}' > '${exclusion}'`]);
      return { text, lines: [] };
    });
    expect(await readFile(exclusion, "utf8")).toBe(other);
  });
});
