/** A folder for the copies of this process. It is removed when the process ends. */
import { rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRefused, systemCode, upFrom } from "../packages/index.ts";
import { isThere, ownClaim, processStateOf, readOwner } from "../trust/index.ts";

const prefix = "glassine-plugins-";
const ownerFile = "owner";

let own: Promise<string> | undefined;
let made: string | undefined;

/**
 * A real path that only the user of this process can read and write.
 *
 * @throws GlassineError (as a rejection) `package_refused` with `copy_failed`
 */
export function processFolder(): Promise<string> {
  own =
    own === undefined ? make() : own.then(async (path) => ((await isOurs(path)) ? path : make()));
  // The next call tries again.
  own.catch(() => {
    own = undefined;
  });
  return own;
}

/** For the end of the process, when nothing can be awaited and listeners may be gone. */
export function removeProcessFolder(): void {
  if (made !== undefined) rmSync(made, { recursive: true, force: true });
}

async function make(): Promise<string> {
  try {
    const above = await realpath(tmpdir());
    await removeLeftovers(above);
    // It has mode 0700 and a name that cannot be guessed.
    const folder = await mkdtemp(join(above, prefix));
    made = folder;
    process.once("exit", removeProcessFolder);
    await writeFile(join(folder, ownerFile), await ownClaim());
    return folder;
  } catch (error) {
    // Without the name of its owner, nobody else would remove it.
    removeProcessFolder();
    const text = `No folder can be made in ${tmpdir()} (${systemCode(error)}).`;
    throw packageRefused("copy_failed", "", text, error);
  }
}

/** If something removed it, such as what cleans `/tmp`, anybody can have made one with its name. */
async function isOurs(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined || !stats.isDirectory()) return false;
  return process.getuid === undefined || stats.uid === process.getuid();
}

/** Removes the folders of processes that were killed. */
async function removeLeftovers(above: string): Promise<void> {
  // Whoever may make a folder there may not have the right to list it.
  const all = await readdir(above).catch((): string[] => []);
  const names = all.filter((name) => name.startsWith(prefix));
  await Promise.allSettled(
    names.map(async (name) => {
      const folder = join(above, name);
      const stats = await lstat(folder);
      if (!stats.isDirectory() || stats.uid !== process.getuid?.()) return;
      const owner = readOwner(await readFile(join(folder, ownerFile)));
      if (owner !== undefined && (await processStateOf(owner)) === "gone")
        await rm(folder, { recursive: true, force: true });
    }),
  );
}

/**
 * Node looks for packages in the `node_modules` of every folder above the importing one. There must
 * be none above the copies, because its contents were never checked.
 *
 * @throws GlassineError `package_refused` with `copy_failed`
 */
export async function expectNothingAbove(folder: string): Promise<void> {
  for (const at of upFrom(dirname(folder))) {
    const path = join(at, "node_modules");
    if (await isThere(path)) {
      const text = `${path} lies above the folder of temporary files: code in it could run. Remove it, or set TMPDIR to another folder.`;
      throw packageRefused("copy_failed", "", text);
    }
  }
}
