/**
 * Reads the wheels of a virtual environment without running any of their code.
 *
 * Sources: the packaging specifications "Recording installed projects" and "Names and
 * normalization"; PEP 405 for `pyvenv.cfg`.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { GlassineError, optionsInvalid, quoted } from "../../../core/errors/index.ts";
import { systemCode } from "../../packages/index.ts";

/** The version and hash that a wheel must have. */
export interface WheelLock {
  readonly version: string;
  /** `sha256:` and 64 hexadecimal digits, as in `CpexPlugin.wheel`. */
  readonly hash: string;
}

/** An installed wheel. */
export interface Wheel extends WheelLock {
  /** Its normalized name, such as `cpex-pii-filter`. */
  readonly name: string;
}

export interface Venv {
  /** The interpreter in the environment, as it was given. */
  readonly python: string;
  /** Its `site-packages`. */
  readonly folder: string;
  /** Whether it also sees packages that are installed outside of it. */
  readonly seesSystem: boolean;
  /** The paths that the interpreter needs to read. */
  readonly readable: readonly string[];
  readonly wheels: readonly Installed[];
}

export interface Installed {
  readonly name: string;
  readonly version: string;
  /** The folder that the paths of its files are relative to. */
  readonly folder: string;
  readonly files: readonly string[];
}

/** @throws GlassineError `options_invalid` */
export async function readVenv(python: string): Promise<Venv> {
  const path = resolve(python);
  const root = dirname(dirname(path));
  const config = await readFile(join(root, "pyvenv.cfg"), "utf8").catch((error: unknown) => {
    throw optionsInvalid(
      `python expects the path of the interpreter in a virtual environment, such as VENV/bin/python; next to ${quoted(path)} there is no pyvenv.cfg (${systemCode(error)}).`,
    );
  });
  const home = /^home\s*=\s*(.+?)\s*$/m.exec(config)?.[1] ?? dirname(await realpath(path));
  const base = dirname(home);
  const readable = await existing([
    root,
    join(base, "bin"),
    join(base, "lib"),
    join(base, "lib64"),
  ]);
  const folder = await sitePackages(root);
  const names = await readdir(folder);
  const infos = names.filter((name) => name.endsWith(".dist-info"));
  const wheels = await Promise.all(infos.map((info) => readInstalled(folder, info)));
  const seesSystem = /^include-system-site-packages\s*=\s*true\s*$/im.test(config);
  return {
    python: path,
    folder,
    seesSystem,
    readable,
    wheels: wheels.flatMap((each) => each ?? []),
  };
}

/** The existing paths, both as given and as real paths, because links connect the two. */
async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const real = await realpath(path).catch(() => undefined);
      return real === undefined ? [] : [path, real];
    }),
  );
  return [...new Set(found.flat())];
}

async function sitePackages(root: string): Promise<string> {
  const versions = await readdir(join(root, "lib")).catch(() => []);
  const version = versions.find((name) => name.startsWith("python3."));
  if (version !== undefined) return join(root, "lib", version, "site-packages");
  throw optionsInvalid(
    `python expects the interpreter in a virtual environment; ${quoted(root)} has no lib/python3.X/site-packages.`,
  );
}

/** Normalizes a name for comparison: lower case, and one hyphen for any run of `-`, `_` and `.`. */
export const normalizedName = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, "-");

async function readInstalled(folder: string, info: string): Promise<Installed | undefined> {
  const [name = "", version = ""] = info.slice(0, -".dist-info".length).split("-");
  const record = await readFile(join(folder, info, "RECORD"), "utf8").catch(() => undefined);
  if (record === undefined) return undefined;
  const files = record.split(/\r?\n/).flatMap((line) => {
    const path = /^(?:"((?:[^"]|"")*)"|([^,]*)),/.exec(line);
    return path === null ? [] : [path[1]?.replaceAll('""', '"') ?? path[2] ?? ""];
  });
  return { name: normalizedName(name), version, folder, files };
}

/** Finds the wheel that contains a module: `a.b` is `a/b.py` or `a/b/__init__.py`. */
export function wheelOf({ wheels }: Venv, module: string): Installed | undefined {
  const path = module.replaceAll(".", "/");
  return wheels.find(({ files }) =>
    files.some((file) => file === `${path}.py` || file === `${path}/__init__.py`),
  );
}

/** Reads a file of a wheel; `undefined` if the wheel does not list it. */
export async function fileOf(wheel: Installed, path: string): Promise<string | undefined> {
  if (!wheel.files.includes(path)) return undefined;
  return await readFile(join(wheel.folder, path), "utf8");
}

/** Files written by installers or compiled by Python, which differ between installations. */
const isOfInstaller = (path: string) =>
  /(^|\/)__pycache__\//.test(path) ||
  /^[^/]+\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$/.test(path) ||
  // Scripts contain the path of their interpreter.
  path.startsWith("../");

/**
 * Hashes name, version and every file: those that the wheel lists, and all others in the folders of
 * its packages.
 *
 * @throws GlassineError `package_refused` for a file that cannot be read
 */
export async function hashWheel({ name, version, folder, files }: Installed): Promise<Wheel> {
  const listed = files.filter((path) => !isOfInstaller(path));
  const packages = new Set(
    listed.filter((path) => path.includes("/")).map((path) => path.split("/")[0] ?? ""),
  );
  const there = await Promise.all([...packages].map((each) => filesBelow(folder, each)));
  const paths = [...new Set([...listed, ...there.flat().filter((path) => !isOfInstaller(path))])];
  const hash = createHash("sha256").update(`${name}==${version}\n`);
  for (const path of paths.sort()) {
    const content = await readFile(join(folder, path)).catch((error: unknown) => {
      throw refused(name, `its file ${quoted(path)} cannot be read (${systemCode(error)})`, error);
    });
    hash.update(`${createHash("sha256").update(content).digest("hex")}  ${path}\n`);
  }
  return { name, version, hash: `sha256:${hash.digest("hex")}` };
}

async function filesBelow(folder: string, path: string): Promise<readonly string[]> {
  const found = await readdir(join(folder, path), { withFileTypes: true });
  const all = found.map(async (each) => {
    const inner = `${path}/${each.name}`;
    return each.isDirectory() ? await filesBelow(folder, inner) : [inner];
  });
  return (await Promise.all(all)).flat();
}

/** Everything that the interpreter of a virtual environment can load from it. */
export interface Environment {
  /** Sorted by name. */
  readonly wheels: readonly Wheel[];
  /** What Python could load although no wheel has it, one sentence each. */
  readonly unowned: readonly string[];
}

/**
 * Hashes every wheel of an environment without running any of its code.
 *
 * @throws GlassineError `options_invalid`, `package_refused`
 */
export async function readEnvironment(python: string): Promise<Environment> {
  const { folder, seesSystem, wheels } = await readVenv(python);
  const owned = new Set(wheels.flatMap(({ files }) => files.map((path) => path.split("/")[0])));
  const found = await readdir(folder);
  const unowned = found.filter((name) => name !== "__pycache__" && !owned.has(name));
  const hashed = await Promise.all(wheels.map(hashWheel));
  return {
    wheels: hashed.sort((a, b) => (a.name < b.name ? -1 : 1)),
    unowned: [
      ...unowned.sort().map((name) => `${quoted(name)} in site-packages belongs to no wheel`),
      ...(seesSystem ? ["pyvenv.cfg has include-system-site-packages = true"] : []),
    ],
  };
}

/** @throws GlassineError `package_refused` if one is not installed or differs */
export async function expectWheels(
  venv: Venv,
  locks: Readonly<Record<string, WheelLock>>,
): Promise<void> {
  for (const [given, { version, hash }] of Object.entries(locks)) {
    const name = normalizedName(given);
    const installed = venv.wheels.find((each) => each.name === name);
    if (installed === undefined) throw refused(name, "it is not installed");
    const found = await hashWheel(installed);
    if (found.version !== version)
      throw refused(name, `version ${version} was expected, and ${found.version} is installed`);
    if (found.hash !== hash)
      throw refused(name, `its files are not those that were expected: they hash to ${found.hash}`);
  }
}

function refused(name: string, why: string, cause?: unknown): GlassineError {
  return new GlassineError(
    "package_refused",
    `The wheel ${quoted(name)} is refused: ${why}. Review what is installed, then correct \`wheels\` or install what it names.`,
    { code: "hash_mismatch" },
    cause,
  );
}
