/** The files themselves: links, modes, and who may write them. */
import { statSync } from "node:fs";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { readTrustJournal, trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { installFaults } from "../faults/trust-fs-faults.ts";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";
import { entryOf, lockFolder, refusalOf, verifiedAt } from "./change-support.ts";

const pii = entryOf("acme.pii");
const modeOf = async (path: string) => (await stat(path)).mode & 0o7777;

function umask(mask: number): void {
  const before = process.umask(mask);
  afterTest(() => {
    process.umask(before);
  });
}

/** The files below a folder that this process has open. */
async function openBelow(folder: string): Promise<readonly string[]> {
  const handles = await readdir("/proc/self/fd");
  const paths = await Promise.all(
    handles.map((handle) => readlink(`/proc/self/fd/${handle}`).catch(() => "")),
  );
  return paths.filter((path) => path.startsWith(folder));
}

it.skipIf(process.platform !== "linux")("a change leaves no file open", async () => {
  const { folder, path } = await lockFolder();
  await trustPlugins(path, [pii], "r");
  expect(await openBelow(folder)).toEqual([]);
  for (const at of [/^write plugins/, /^rename /, /^datasync /]) {
    const { restore } = installFaults({ folder, at, what: "EIO" });
    await refusalOf(() => trustPlugins(path, [entryOf("acme.rate")], "r"));
    restore();
    expect(await openBelow(folder)).toEqual([]);
  }
});

describe("CLI-058: a lock that is a link", () => {
  it("stays a link: its target is replaced, and the other files go beside the target", async () => {
    verifies("journal:beside-the-file");
    const { folder, path, names } = await lockFolder();
    const real = join(folder, "real");
    await mkdir(real);
    const file = join(real, "ours.lock");
    await writeFile(file, "version = 1\n");
    await symlink("real", join(folder, "folder"));
    await symlink(join("folder", "ours.lock"), join(folder, "second"));
    await symlink("second", path);
    const { journal } = await trustPlugins(path, [pii], "r");
    expect(journal).toBe(`${file}.journal`);
    expect(await readlink(path)).toBe("second");
    expect((await lstat(file)).isFile()).toBe(true);
    expect(await readFile(file, "utf8")).toContain(pii.hash);
    expect((await readTrustJournal(path)).lines).toHaveLength(1);
    expect((await verifiedAt(path)).pending).toBe(false);
    expect(await names()).toEqual(["folder", "plugins.lock", "real", "second"]);
    expect((await readdir(real)).sort()).toEqual(["ours.lock", "ours.lock.journal"]);
  });

  it("is one lock under all its names, so only one process at a time changes it", async () => {
    verifies("journal:beside-the-file", "journal:exclusion");
    const { folder, path } = await lockFolder("version = 1\n");
    const other = join(folder, "other");
    await symlink("plugins.lock", other);
    const ids = ["acme.one", "acme.two", "acme.three", "acme.four"];
    await Promise.all(
      ids.map((id, at) => trustPlugins(at % 2 === 0 ? path : other, [entryOf(id)], "r")),
    );
    expect((await readTrustJournal(other)).lines.map(({ id }) => id).sort()).toEqual(
      [...ids].sort(),
    );
  });

  it("in a circle is refused", async () => {
    const { folder, path, names } = await lockFolder();
    await symlink("plugins.lock", join(folder, "second"));
    await symlink("second", path);
    expect(await refusalOf(() => trustPlugins(path, [pii], "r"))).toMatchObject({
      code: "lockfile_failed",
      message: `Cannot find ${path}: its links form a loop. Replace the link with the file.`,
    });
    expect(await names()).toEqual(["plugins.lock", "second"]);
  });
});

describe.skipIf(process.platform === "win32")("modes", () => {
  it.each([
    [0o000, 0o644],
    [0o022, 0o644],
    [0o027, 0o640],
    [0o077, 0o600],
  ])("of new files are 0644 less the umask %o", async (mask, expected) => {
    verifies("journal:modes");
    umask(mask);
    const { path, journal } = await lockFolder();
    await trustPlugins(path, [pii], "r");
    expect([await modeOf(path), await modeOf(journal)]).toEqual([expected, expected]);
  });

  it("of existing files are kept, and the record gets the mode of the journal", async () => {
    verifies("journal:modes", "journal:pending");
    umask(0o077);
    const { folder, path, journal, pending } = await lockFolder();
    await trustPlugins(path, [pii], "r");
    await chmod(path, 0o664);
    await chmod(journal, 0o640);
    let mode = 0;
    const seen = {
      test: (call: string) => {
        if (call === "write plugins.lock.journal") {
          mode = statSync(pending).mode & 0o777;
        }
        return false;
      },
    };
    const { restore } = installFaults({ folder, at: seen, what: "none" });
    await trustPlugins(path, [entryOf("acme.rate")], "r");
    restore();
    expect([await modeOf(path), await modeOf(journal)]).toEqual([0o664, 0o640]);
    // The umask applies, as for every new file.
    expect(mode).toBe(0o600);
  });

  it("that let everybody write cause a warning", async () => {
    verifies("journal:open-to-all");
    const { path, journal } = await lockFolder();
    await trustPlugins(path, [pii], "r");
    await chmod(path, 0o666);
    await chmod(journal, 0o602);
    const { warnings } = await trustPlugins(path, [entryOf("acme.rate")], "r");
    expect(warnings).toEqual([
      `${path} can be written by everybody (mode 0666). Remove that permission: chmod o-w.`,
      `${journal} can be written by everybody (mode 0602). Remove that permission: chmod o-w.`,
    ]);
    expect([await modeOf(path), await modeOf(journal)]).toEqual([0o666, 0o602]);
  });
});
