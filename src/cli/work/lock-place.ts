/**
 * Whose lockfile is in effect. Commands take that of the current directory, and `--root` names
 * another folder: a host of that folder may have a lockfile of its own.
 */
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GlassineError } from "../../errors/index.ts";
import type { CommandScope } from "../services.ts";
import { texts } from "../texts.ts";

type Place = Pick<CommandScope, "root" | "cwd" | "lockfile">;

/** What there is to say of lockfiles that are there and not in effect. */
export async function lockPlaceWarnings(
  place: Place,
  { lockPath, lock }: { readonly lockPath: string; readonly lock: object | undefined },
): Promise<readonly string[]> {
  const { root, cwd } = place;
  if (place.lockfile !== undefined) return [];
  const ofRoot = join(root, fileName);
  if (root !== cwd && ofRoot !== lockPath && (await isThere(ofRoot)))
    return [texts.lockOfRoot(ofRoot, lockPath)];
  // Packages are found upwards, and the lockfile is not.
  const above = lock === undefined ? await lockAbove(root) : undefined;
  return above === undefined ? [] : [texts.lockAbove(above)];
}

/** The same for a command that makes a lockfile where there was none. */
export async function newLockWarnings(
  place: Place,
  given: { readonly lockPath: string; readonly lock: object | undefined },
): Promise<readonly string[]> {
  const { root, cwd, lockfile } = place;
  const { lockPath, lock } = given;
  if (lock !== undefined || lockfile !== undefined) return [];
  return root === cwd
    ? await lockPlaceWarnings(place, given)
    : [texts.madeElsewhere(lockPath, join(root, fileName))];
}

const fileName = "plugins.lock";

/** The nearest in the folders above. */
async function lockAbove(root: string): Promise<string | undefined> {
  for (let at = dirname(root); ; at = dirname(at)) {
    const path = join(at, fileName);
    if (await isThere(path)) return path;
    if (dirname(at) === at) return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * A change of trust is for the packages of one folder.
 *
 * @throws GlassineError `options_invalid`: the folder has a lockfile, and another one is in effect
 */
export async function expectOwnLock(place: Place, lockPath: string, command: string) {
  const { root, cwd, lockfile } = place;
  const ofRoot = join(root, fileName);
  if (lockfile !== undefined || root === cwd || ofRoot === lockPath) return;
  if (await isThere(ofRoot))
    throw new GlassineError("options_invalid", texts.otherLock(command, ofRoot, lockPath));
}

/**
 * What is not installed in another folder may be installed in this one.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectNamedLock({ root, cwd, lockfile }: Place, lockPath: string): void {
  if (lockfile !== undefined || root === cwd || dirname(lockPath) === root) return;
  throw new GlassineError("options_invalid", texts.pruneElsewhere(lockPath, root));
}
