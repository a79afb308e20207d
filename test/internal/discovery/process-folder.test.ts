// A process of its own: it replaces a module.
/** The folder of a process for its private copies. */
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { processFolder } from "../../../src/operate/discovery/process-folder.ts";
import { afterTest } from "../../support/cleanup.ts";

const disk = vi.hoisted(() => ({ isFull: true, isHidden: false }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const writeFile: typeof real.writeFile = async (...args) => {
    if (disk.isFull) throw Object.assign(new Error("full"), { code: "ENOSPC" });
    await real.writeFile(...args);
  };
  const readdir = async (path: string) => {
    if (disk.isHidden) throw Object.assign(new Error("hidden"), { code: "EACCES" });
    return real.readdir(path);
  };
  return { ...real, readdir, writeFile };
});

it("is not left behind if its owner cannot be written, and is made later, and again if it is gone", async () => {
  const above = await mkdtemp(join(tmpdir(), "glassine-copies-"));
  afterTest(() => rm(above, { recursive: true }));
  vi.stubEnv("TMPDIR", above);
  afterTest(() => void vi.unstubAllEnvs());
  await expect(processFolder()).rejects.toMatchObject({
    code: "package_refused",
    message: `No folder can be made in ${above} (ENOSPC).`,
  });
  expect(await readdir(above)).toEqual([]);
  disk.isFull = false;
  const folder = await processFolder();
  expect(await readdir(folder)).toEqual(["owner"]);
  expect(await processFolder()).toBe(folder);
  await rm(folder, { recursive: true });
  await symlink(above, folder);
  const other = await processFolder();
  expect(await readdir(other)).toEqual(["owner"]);
  expect(other).not.toBe(folder);
});

it("is made in a folder that may not be listed", async () => {
  await rm(await processFolder(), { recursive: true });
  disk.isHidden = true;
  const folder = await processFolder();
  disk.isHidden = false;
  expect(await readdir(folder)).toEqual(["owner"]);
});
