/** Which plugins.lock is in effect. All commands ask here, so none of them makes a second one. */
import { realpath } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import type { Environment } from "../../../core/plugins/index.ts";
import { upFrom } from "../../packages/index.ts";
import { isThere } from "./read-lockfile.ts";

interface LocateOptions {
  /** The path that the operator gave. Nowhere else is looked then. */
  readonly explicit?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  /** The name of the command: its folder in the configuration of the user. */
  readonly bin: string;
}

interface LocatedLockfile {
  /** Absolute. Where none is found, where one is to be made. */
  readonly path: string;
  readonly exists: boolean;
  /** Where one can be put: next to the packages, or for all of a user's. */
  readonly candidates: readonly string[];
}

const fileName = "plugins.lock";

/**
 * Finds the lockfile: the path that was given, or else `./plugins.lock`, or else that of the nearest
 * folder above, as packages are found in its `node_modules`, or else that of the user in
 * `$XDG_CONFIG_HOME/{bin}`, by default `$HOME/.config/{bin}`. A folder of these variables that is
 * not absolute is passed over, as the specification of base directories has it.
 *
 * A file that cannot be looked at counts as there: what it trusts is not replaced by what another
 * one trusts.
 *
 * @see spec `lockfile:location`
 */
export async function locateLockfile(options: LocateOptions): Promise<LocatedLockfile> {
  const { explicit, cwd } = options;
  const own = resolve(cwd, explicit ?? fileName);
  if (explicit !== undefined) return { path: own, exists: await isThere(own), candidates: [own] };
  const others = ofUser(options);
  const candidates = [...new Set([own, ...others])];
  // Above the folder itself, wherever a link to it stands.
  const [, ...above] = upFrom(await realpath(cwd).catch(() => cwd));
  for (const path of [own, ...above.map((folder) => join(folder, fileName)), ...others])
    if (await isThere(path)) return { path, exists: true, candidates };
  return { path: own, exists: false, candidates };
}

function ofUser({ env, bin }: LocateOptions): readonly string[] {
  const { XDG_CONFIG_HOME: given = "", HOME: home = "" } = env;
  if (isAbsolute(given)) return [join(given, bin, fileName)];
  return isAbsolute(home) ? [join(home, ".config", bin, fileName)] : [];
}
