// A process of its own: it has a module replaced.
/** Lockfiles on the disk. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import type * as Files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLockfile } from "glassine/node";
import { afterAll, describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { badLockfiles, goodLockfile, place } from "./bad-lockfiles.ts";

/** Errors that `open` throws, in turn; `short` makes it read a file a few bytes at a time. */
const openFaults: string[] = [];
vi.mock("node:fs/promises", async (original) => {
  const files = await original<typeof Files>();
  const open = async (...rest: Parameters<typeof files.open>) => {
    const code = openFaults.shift();
    if (code === "short") return readingInParts(await files.open(...rest));
    if (code !== undefined) throw Object.assign(new Error("a secret path"), { code });
    return files.open(...rest);
  };
  return { ...files, open };
});

function readingInParts(file: Files.FileHandle): Files.FileHandle {
  const read = file.read.bind(file) as (...rest: unknown[]) => Promise<unknown>;
  const inParts = (buffer: unknown, offset: unknown, length: number, position: unknown) =>
    read(buffer, offset, Math.min(length, 7), position);
  return Object.assign(file, { read: inParts });
}

const folder = mkdtempSync(join(tmpdir(), "glassine-lockfile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const freshPath = () => {
  const own = join(folder, String(count++));
  mkdirSync(own);
  return join(own, "plugins.lock");
};
const written = (text: string) => {
  const path = freshPath();
  writeFileSync(path, text);
  return path;
};

describe("a lockfile on the disk", () => {
  it("is read, including through a link", async () => {
    verifies("lockfile:file");
    const path = written(goodLockfile);
    const link = freshPath();
    symlinkSync(path, link);
    expect(await readLockfile(path)).toMatchObject({ path, text: goodLockfile });
    expect(await readLockfile(link)).toMatchObject({ path: link, text: goodLockfile });
  });

  it("is undefined if there is none", async () => {
    const path = freshPath();
    expect(await readLockfile(path)).toBeUndefined();
    expect(await readLockfile(join(path, "below", "plugins.lock"))).toBeUndefined();
    expect(await readLockfile(join(written("version = 1\n"), "below"))).toBeUndefined();
  });

  it("is read if it was renamed into place just after the first look", async () => {
    const path = written(goodLockfile);
    openFaults.push("ENOENT");
    expect(await readLockfile(path)).toMatchObject({ text: goodLockfile });
    expect(openFaults).toEqual([]);
  });

  it("is read whole when the system returns a few bytes at a time", async () => {
    openFaults.push("short");
    expect(await readLockfile(written(goodLockfile))).toMatchObject({ text: goodLockfile });
    expect(openFaults).toEqual([]);
  });

  it.each(badLockfiles)("CLI-041: is refused with $name", async (bad) => {
    const path = freshPath();
    place(path, bad);
    await expect(readLockfile(path)).rejects.toMatchObject({
      code: bad.code,
      message: expect.stringContaining(bad.problem),
      data: { path },
    });
  });

  it("is refused as a directory when opening it already fails", async () => {
    const path = freshPath();
    openFaults.push("EISDIR");
    await expect(readLockfile(path)).rejects.toMatchObject({
      code: "lockfile_invalid",
      message: `${path} is not a valid plugins.lock: it is a directory; name the file in it`,
    });
  });

  it("is refused without waiting if it is not a regular file", async () => {
    const pipe = freshPath();
    execFileSync("/usr/bin/env", ["mkfifo", pipe]);
    const device = freshPath();
    symlinkSync("/dev/zero", device);
    for (const path of [pipe, device]) {
      await expect(readLockfile(path)).rejects.toMatchObject({
        code: "lockfile_invalid",
        message: expect.stringContaining("it is not a regular file"),
      });
    }
  });

  it("is refused as a dangling link and not treated as missing", async () => {
    const link = freshPath();
    symlinkSync(join(folder, "gone"), link);
    await expect(readLockfile(link)).rejects.toMatchObject({
      code: "lockfile_invalid",
      message: expect.stringContaining("it is a dangling link"),
    });
  });

  it("is refused when too large, without being read to its end", async () => {
    const path = written("");
    truncateSync(path, 100 * 1024 * 1024);
    await expect(readLockfile(path)).rejects.toMatchObject({
      code: "lockfile_invalid",
      message: expect.stringContaining("it is larger than 5 MiB"),
    });
  });

  it("is read up to the limit when its size is unknown", async () => {
    // Files in /proc have size 0.
    await expect(readLockfile("/proc/self/status")).rejects.toMatchObject({
      code: "lockfile_invalid",
      message: expect.stringMatching(
        /line 1, column 5: it is not TOML: .*; fix it, or restore the file from version control$/,
      ),
    });
  });

  const permissions = " Fix its permissions, or those of its folder.";
  it.each([
    ["EACCES", permissions],
    ["EPERM", permissions],
    ["EIO", ""],
    ["EMFILE", ""],
  ])("is a failure on %s", async (code, advice) => {
    verifies("lockfile:unreadable");
    const path = written(goodLockfile);
    openFaults.push(code);
    await expect(readLockfile(path)).rejects.toMatchObject({
      code: "lockfile_failed",
      message: `${path} cannot be read: ${code}.${advice}`,
      data: { path, systemCode: code },
    });
  });

  it("is a failure for circular links and impossible paths", async () => {
    const link = freshPath();
    symlinkSync(link, link);
    await expect(readLockfile(link)).rejects.toMatchObject({
      code: "lockfile_failed",
      message: `${link} cannot be read: ELOOP. Replace the link with the file.`,
      data: { systemCode: "ELOOP" },
    });
    await expect(readLockfile("a\0b")).rejects.toMatchObject({
      code: "lockfile_failed",
      message: expect.stringMatching(/^a\\u\{0\}b cannot be read/),
    });
  });
});
