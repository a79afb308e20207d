/**
 * Reads the wheels of a virtual environment without running any of their code.
 *
 * Sources: the packaging specifications "Recording installed projects" and "Names and
 * normalization"; for `pyvenv.cfg` and the folders that Python imports from, its module `site`.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
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
  /** What else Python could import from, one sentence each. */
  readonly elsewhere: readonly string[];
  /** The paths that the interpreter needs to read. */
  readonly readable: readonly string[];
  readonly wheels: readonly Installed[];
}

export interface Installed {
  readonly name: string;
  readonly version: string;
  /** The name of its `.dist-info` folder. */
  readonly info: string;
  /** The folder that the paths of its files are relative to. */
  readonly folder: string;
  readonly files: readonly string[];
}

/** @throws GlassineError `options_invalid` */
export async function readVenv(python: string): Promise<Venv> {
  const path = resolve(python);
  const root = dirname(dirname(path));
  const config = readSettings(await configOf(path, root));
  const home = config.get("home") ?? dirname(await realpath(path));
  const base = dirname(home);
  const ofBase = ["bin", "lib", "lib64"].map((name) => join(base, name));
  const readable = await existing([root, ...ofBase]);
  const folder = await sitePackages(root);
  const names = await readdir(folder);
  const infos = names.filter((name) => name.endsWith(".dist-info"));
  const wheels = await Promise.all(infos.map((info) => readInstalled(folder, info)));
  // Python includes the system's packages unless the file says otherwise.
  const seesSystem = config.get(systemSetting)?.toLowerCase() ?? "true";
  return {
    python: path,
    folder,
    elsewhere: [
      ...(await otherPlaces(root, folder)),
      ...(seesSystem === "true" ? [`pyvenv.cfg has ${systemSetting} = true`] : []),
    ],
    readable,
    wheels: wheels.flatMap((each) => each ?? []),
  };
}

const systemSetting = "include-system-site-packages";

/** Python prefers a file next to its interpreter to the one above. */
async function configOf(python: string, root: string): Promise<string> {
  const read = (folder: string) => readFile(join(folder, "pyvenv.cfg"), "utf8");
  const nearest = await read(dirname(python)).catch(() => undefined);
  if (nearest !== undefined) return nearest;
  return await read(root).catch((error: unknown) => {
    throw optionsInvalid(
      `python expects the path of the interpreter in a virtual environment, such as VENV/bin/python; next to ${quoted(python)} there is no pyvenv.cfg (${systemCode(error)}).`,
    );
  });
}

/** Reads `pyvenv.cfg` as Python does: keys in any case, and the last value of a key counts. */
function readSettings(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(/\r\n|\r|\n/).flatMap((line) => {
    const at = line.indexOf("=");
    return at === -1
      ? []
      : [[stripped(line.slice(0, at)).toLowerCase(), stripped(line.slice(at + 1))]];
  });
  return new Map(pairs as [string, string][]);
}

/** Python strips four separators that are control characters, and no byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters.
const padding = /^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu;

const stripped = (text: string) => text.replaceAll(padding, "");

/** The existing paths, both as given and as real paths, because links connect the two. */
async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = paths.map((path) =>
    realpath(path).then(
      (real) => [path, real],
      () => [],
    ),
  );
  return [...new Set((await Promise.all(found)).flat())];
}

async function sitePackages(root: string): Promise<string> {
  const inLib = await readdir(join(root, "lib")).catch(() => []);
  const [version, ...others] = inLib.filter((name) => name.startsWith("python3.")).sort();
  if (version !== undefined && others.length === 0)
    return join(root, "lib", version, "site-packages");
  const found = version === undefined ? "no" : "more than one";
  throw optionsInvalid(
    `python expects the interpreter in a virtual environment; ${quoted(root)} has ${found} lib/python3.X/site-packages.`,
  );
}

/** Folders besides `site-packages` from which some builds of Python import. */
async function otherPlaces(root: string, folder: string): Promise<readonly string[]> {
  const lib = join(root, "lib");
  const version = dirname(folder);
  const lib64 = await realpath(join(root, "lib64")).catch(() => undefined);
  const names = [
    ...(await readdir(lib))
      .filter((name) => name.startsWith("python") && name !== basename(version))
      .map((name) => `lib/${name}`),
    ...(await readdir(version))
      .filter((name) => name !== basename(folder))
      .map((name) => `lib/${basename(version)}/${name}`),
    ...(await readdir(root)).filter((name) => name === "local"),
    ...(lib64 === undefined || lib64 === (await realpath(lib)) ? [] : ["lib64"]),
  ];
  return names.map((name) => `${quoted(name)} in the virtual environment belongs to no wheel`);
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
  return { name: normalizedName(name), version, info, folder, files };
}

/** Finds the wheel that contains a module: `a.b` is `a/b.py` or `a/b/__init__.py`. */
export function wheelOf({ wheels }: Venv, module: string): Installed | undefined {
  const path = module.replaceAll(".", "/");
  return wheels.find(({ files }) =>
    files.some((file) => file === `${path}.py` || file === `${path}/__init__.py`),
  );
}

const cache = "__pycache__";

/**
 * Files that differ between installations: those of installers, and what Python compiled, such as
 * `guard.cpython-311.pyc`. Anything else in `__pycache__` can be imported as from any folder.
 */
const isOfInstaller = (path: string) =>
  /(^|\/)__pycache__\/[^/]+\.[^/]+\.pyc$/.test(path) ||
  /^[^/]+\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$/.test(path) ||
  // Scripts contain the path of their interpreter.
  path.startsWith("../");

/**
 * Hashes name, version and every file: those that the wheel lists, and all others in the folders of
 * its packages.
 *
 * @returns also the names in `site-packages` of what was hashed
 * @throws GlassineError `package_refused` for a file that cannot be read
 */
export async function hashWheel({ name, version, info, folder, files }: Installed) {
  const reading = async <Read>(path: string, read: (path: string) => Promise<Read>) =>
    await read(join(folder, path)).catch((error: unknown) => {
      throw refused(name, `its file ${quoted(path)} cannot be read (${systemCode(error)})`, error);
    });
  const listed = files.filter((path) => !isOfInstaller(path));
  const inFolders = listed.filter((path) => path.includes("/"));
  const folders = new Set([info, ...inFolders.map(firstPart)]);
  const there = await Promise.all(
    [...folders].map((each) => reading(each, (path) => filesBelow(path, each))),
  );
  const paths = [...new Set([...listed, ...there.flat().filter((path) => !isOfInstaller(path))])];
  const hash = createHash("sha256").update(`${name}==${version}\n`);
  for (const path of paths.sort()) {
    const content = await reading(path, (file) => readFile(file));
    hash.update(`${createHash("sha256").update(content).digest("hex")}  ${path}\n`);
  }
  const wheel: Wheel = { name, version, hash: `sha256:${hash.digest("hex")}` };
  return { wheel, names: [info, ...paths.map(firstPart)] };
}

const firstPart = (path: string) => path.split("/")[0] ?? "";

async function filesBelow(folder: string, shown: string): Promise<readonly string[]> {
  const found = await readdir(folder, { withFileTypes: true });
  const all = found.map(async (each) => {
    const inner = `${shown}/${each.name}`;
    return each.isDirectory() ? await filesBelow(join(folder, each.name), inner) : [inner];
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
  const { folder, elsewhere, wheels } = await readVenv(python);
  const hashed = await Promise.all(wheels.map(hashWheel));
  // Not what the wheels list: a line that is not hashed must not vouch for what is.
  const owned = new Set(hashed.flatMap(({ names }) => names));
  const found = await readdir(folder);
  // If it cannot be read, nobody knows what is in it.
  const cached = found.includes(cache)
    ? await filesBelow(join(folder, cache), cache).catch(() => [cache])
    : [];
  const unowned = [
    ...found.filter((name) => name !== cache && !owned.has(name)),
    ...cached.filter((path) => !isOfInstaller(path)),
  ];
  return {
    wheels: hashed.map(({ wheel }) => wheel).sort((a, b) => (a.name < b.name ? -1 : 1)),
    unowned: [
      ...unowned.sort().map((name) => `${quoted(name)} in site-packages belongs to no wheel`),
      ...elsewhere,
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
    const { wheel: found } = await hashWheel(installed);
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
