/** Finds the plugins.lock in effect. All commands use this, so that none creates a second one. */
import { realpath } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import type { Environment } from "../../../core/plugins/index.ts";
import { upFrom } from "../../packages/index.ts";
import { isThere } from "./read-lockfile.ts";

interface LocateOptions {
  /** The path that the operator gave. If there is one, no other path is tried. */
  readonly explicit?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  /** The name of the command, which is also that of its folder in the user's configuration. */
  readonly bin: string;
}

const fileName = "plugins.lock";

/**
 * Finds the lockfile: the path that was given; otherwise `plugins.lock` in `cwd` or in the nearest
 * folder above that has one, as packages are found in `node_modules`; otherwise the user's in
 * `$XDG_CONFIG_HOME/{bin}`, by default `$HOME/.config/{bin}`. A folder in these variables that is
 * not absolute is skipped, as the XDG Base Directory Specification requires.
 *
 * `path` is absolute; if no lockfile exists, it is where a new one belongs. `candidates` are where
 * one can be put: next to the packages, or in the user's configuration.
 *
 * A file that cannot be examined counts as existing, so that no other lockfile takes effect in its
 * place.
 *
 * @see spec `lockfile:location`
 */
export async function locateLockfile(options: LocateOptions) {
  const { explicit, cwd } = options;
  const own = resolve(cwd, explicit ?? fileName);
  if (explicit !== undefined) return { path: own, exists: await isThere(own), candidates: [own] };
  const others = ofUser(options);
  const candidates = [...new Set([own, ...others])];
  // Above the real folder, even if `cwd` is a link to it.
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
