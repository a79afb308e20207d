/** Finds out whether the audit trail is a file that the gateway reads: records would destroy it. */
import { readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { formatPath } from "../../core/errors/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { locateLockfile, lockPathsOf } from "../../operate/trust/index.ts";
import { type ConfigProblem, problemAt } from "./config-problems.ts";
import { namedEntry } from "./load-entry.ts";
import { type GatewayConfig, programOf } from "./schema.ts";
import { secretsIn } from "./secrets.ts";

interface ConfigPaths {
  /** With absolute paths. */
  readonly config: GatewayConfig;
  readonly file: string | undefined;
  readonly folder: string;
  readonly lock: string | undefined;
}

interface Surroundings {
  readonly cwd: string;
  readonly env: Environment;
  /** Further files, by the option that names them. */
  readonly files: Readonly<Record<string, string | undefined>>;
}

/** Returns a problem if the audit trail is a file that the gateway or the commands read. */
export async function auditConflicts(
  paths: ConfigPaths,
  around: Surroundings,
): Promise<readonly ConfigProblem[]> {
  const { audit } = paths.config;
  if (audit === undefined) return [];
  const trail = await placeOf(audit.file);
  if (trail === undefined) return [];
  for (const { what, path } of await filesRead(paths, around)) {
    if ((await placeOf(path)) !== trail) continue;
    const text = `must not be ${what}: appending records would destroy it.`;
    return [problemAt(["audit", "file"], text)];
  }
  return [];
}

interface ReadFile {
  readonly what: string;
  readonly path: string;
}

async function filesRead(
  { config, file, folder, lock }: ConfigPaths,
  { cwd, env, files }: Surroundings,
): Promise<readonly ReadFile[]> {
  const { definitionsFile, identity, servers, plugins } = config;
  const { keys } = identity.jwt ?? {};
  const named = (name: string, path: string) => ({ what: `the file of \`${name}\``, path });
  return [
    ...(file === undefined ? [] : [{ what: "the configuration itself (`--config`)", path: file }]),
    ...(await lockFiles({ explicit: lock, cwd: folder, env, bin: "glassine" })),
    named("definitionsFile", definitionsFile),
    ...(keys !== undefined && "file" in keys ? [named("identity.jwt.keys.file", keys.file)] : []),
    ...secretsIn(config).flatMap(({ path, secret }) =>
      "file" in secret ? [named(formatPath(path), secret.file)] : [],
    ),
    ...Object.entries(servers).flatMap(([name, server]) => {
      const program = "command" in server ? programOf(server, folder) : undefined;
      return program === undefined
        ? []
        : [named(formatPath(["servers", name, "command"]), program)];
    }),
    ...plugins.map(namedEntry).flatMap(({ from, source, guests }, index) => {
      const own = from === "path" || from === "cpex" ? [source] : [];
      const all = guests === undefined ? own : [...own, guests.python];
      return all.map((path) => named(`plugins[${index}]`, path));
    }),
    ...pathSettings.flatMap((name) => (env[name] ? [named(name, resolve(cwd, env[name]))] : [])),
    ...Object.entries(files).flatMap(([flag, path]) =>
      path === undefined ? [] : [named(flag, resolve(cwd, path))],
    ),
  ];
}

const pathSettings = ["GLASSINE_PLUGIN_PUBLISHER_KEYS", "GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT"];

/** The lockfile, and what changes of trust write beside it. */
async function lockFiles(
  where: Parameters<typeof locateLockfile>[0],
): Promise<readonly ReadFile[]> {
  const { path } = await locateLockfile(where);
  // Without its folder there is no lockfile, and the search for it says so.
  const all = await lockPathsOf(path).then(Object.values<string>, () => [path]);
  const what = "the lockfile (`--plugins-lock`) or a file that belongs to it";
  return all.map((each) => ({ what, path: each }));
}

const maxLinks = 40;

/**
 * Returns the same for all paths of one file, whatever links lead to it, and even if it does not
 * exist yet; `undefined` for what is not a regular file.
 */
async function placeOf(path: string, links = 0): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found !== undefined) return found.isFile() ? `${found.dev}:${found.ino}` : undefined;
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  const to = await readlink(path).catch(() => undefined);
  if (to !== undefined && links < maxLinks) return placeOf(resolve(folder, to), links + 1);
  return join(folder, basename(path));
}
