/**
 * Whose lockfile is in effect. Commands take that of the current directory, and `--root` names
 * another folder: a host of that folder may use another one.
 */
import { dirname, relative, sep } from "node:path";
import { GlassineError } from "../../../core/errors/index.ts";
import { locateLockfile } from "../../trust/index.ts";
import type { CommandScope } from "../scope.ts";
import { texts } from "../texts.ts";

type Place = Pick<CommandScope, "root" | "cwd" | "lockfile" | "env" | "bin">;

/** The lockfile that a host of the folder of `--root` uses, where it is not the one in effect. */
async function otherLock(place: Place, lockPath: string): Promise<string | undefined> {
  const { root, cwd, lockfile, env, bin } = place;
  if (lockfile !== undefined || root === cwd) return undefined;
  const ofRoot = await locateLockfile({ cwd: root, env, bin });
  return ofRoot.exists && ofRoot.path !== lockPath ? ofRoot.path : undefined;
}

/** What there is to say of a lockfile that is there and not in effect. */
export async function lockPlaceWarnings(
  place: Place,
  { lockPath }: { readonly lockPath: string },
): Promise<readonly string[]> {
  const other = await otherLock(place, lockPath);
  return other === undefined ? [] : [texts.lockOfRoot(other, lockPath)];
}

/** The same for a command that makes a lockfile where there was none. */
export async function newLockWarnings(
  place: Place,
  { lockPath, lock }: { readonly lockPath: string; readonly lock: object | undefined },
): Promise<readonly string[]> {
  const { root, lockfile } = place;
  if (lock !== undefined || lockfile !== undefined || isWithin(dirname(lockPath), root)) return [];
  const ofRoot = await locateLockfile({ ...place, cwd: root, explicit: undefined });
  return [texts.madeElsewhere(lockPath, ofRoot.path)];
}

function isWithin(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== ".." && !from.startsWith(`..${sep}`);
}

/**
 * A change of trust is for the packages of one folder.
 *
 * @throws GlassineError `options_invalid`: a host of the folder uses another one than is in effect
 */
export async function expectOwnLock(place: Place, lockPath: string, command: string) {
  const other = await otherLock(place, lockPath);
  if (other !== undefined)
    throw new GlassineError("options_invalid", texts.otherLock(command, other, lockPath));
}

/**
 * What is not installed in another folder may be installed in this one, and below the folder of a
 * lockfile there may be several that have packages of their own.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectNamedLock({ root, cwd, lockfile }: Place, lockPath: string): void {
  if (lockfile !== undefined || dirname(lockPath) === root) return;
  if (root === cwd && !isWithin(dirname(lockPath), root)) return;
  throw new GlassineError("options_invalid", texts.pruneElsewhere(lockPath, root));
}
