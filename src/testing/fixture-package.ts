/** Writes packages for tests of code that reads installed packages. */
import { expectOptions, isRecord, quotedOrKind } from "../core/data/index.ts";
import { optionsInvalid, quoted } from "../core/errors/index.ts";
import { readPlain } from "../core/schema/index.ts";

/** A package to write. */
export interface FixturePackage {
  /** A name that npm accepts, with or without a scope: `@acme/guard`. */
  readonly name: string;
  readonly version: string;
  /** Text or bytes by path in the package, with `/` between its parts: `dist/index.js`. */
  readonly files: { readonly [path: string]: string | Uint8Array };
  /** The field `glassine` of its package.json: JSON data. */
  readonly glassine?: { readonly [key: string]: unknown };
  /** The directory whose `node_modules` it goes into. Default: a new temporary one. */
  readonly root?: string;
  /**
   * Signs the package after its files are written. It gets the package's directory, and is awaited.
   * With a key made for the test and `glassine/node`:
   * `(path) => signPackage({ path, key, identity })`.
   */
  readonly sign?: (path: string) => unknown;
}

/** A package that was written. */
export interface InstalledFixture {
  /** The directory that contains `node_modules`. */
  readonly root: string;
  /** The directory of the package. */
  readonly path: string;
  /** Removes the package, and `root` if that was made for it. A second call does nothing. */
  remove(): Promise<void>;
}

// What this needs from Node. Node's types are not available where the sources are compiled.
interface FileSystem {
  mkdir(path: string, options?: { readonly recursive: true }): Promise<unknown>;
  mkdtemp(prefix: string): Promise<string>;
  rm(path: string, options: { readonly recursive: true; readonly force: true }): Promise<void>;
  rmdir(path: string): Promise<void>;
  writeFile(
    path: string,
    data: string | Uint8Array,
    options: { readonly flag: "wx" },
  ): Promise<void>;
}
interface Paths {
  join(...parts: string[]): string;
  resolve(path: string): string;
}
interface OperatingSystem {
  tmpdir(): string;
}
interface WithBuiltins {
  process?: { getBuiltinModule?: (id: string) => unknown };
}

/**
 * Writes a package as npm would install it: `node_modules/NAME` with a package.json that has the
 * keyword `glassine-plugin` and the field `glassine`, and its files. Nothing is run.
 *
 * The package.json is generated, with `"type": "module"`. If a file cannot be written or `sign`
 * fails, everything that was written is removed again. Needs Node (20.16 or later) or a runtime
 * that has its built-in modules.
 *
 * @throws GlassineError (as a rejection) `options_invalid`: a name that npm does not accept, a path
 *   that is absolute or leaves the package, a package that already exists, no Node
 * @throws (as a rejection) the system's error, such as `EACCES` or `ENOSPC`, or what `sign` throws
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { installFixturePackage } from "glassine/testing";
 *
 * const fixture = await installFixturePackage({
 *   name: "@acme/guard",
 *   version: "1.0.0",
 *   files: { "dist/index.js": "export default {};" },
 *   glassine: { plugins: { guard: "./dist/index.js" } },
 * });
 * console.log(await readFile(`${fixture.path}/dist/index.js`, "utf8")); // export default {};
 * await fixture.remove();
 * ```
 */
export async function installFixturePackage(fixture: FixturePackage): Promise<InstalledFixture> {
  const { name, version, files, manifest, root: given, sign } = readFixture(fixture);
  const fs = builtin<FileSystem>("node:fs/promises");
  const paths = builtin<Paths>("node:path");
  const root =
    given === undefined
      ? await fs.mkdtemp(paths.join(builtin<OperatingSystem>("node:os").tmpdir(), "glassine-"))
      : paths.resolve(given);
  const path = paths.join(root, "node_modules", ...name.split("/"));
  const parents = paths.join(path, "..");

  const remove = async (): Promise<void> => {
    await fs.rm(given === undefined ? root : path, { recursive: true, force: true });
    if (given === undefined || !name.includes("/")) return;
    // Removes the folder of the scope too, if it is empty.
    await fs.rmdir(parents).catch(() => undefined);
  };

  await fs.mkdir(parents, { recursive: true });
  // Not looked up before, because another call may be writing the same package.
  await fs.mkdir(path).catch((error: unknown) => {
    throw isExisting(error) ? optionsInvalid(`The package ${quoted(name)} already exists.`) : error;
  });
  try {
    const packageJson = {
      name,
      version,
      type: "module",
      keywords: ["glassine-plugin"],
      ...manifest,
    };
    const all = [...files, ["package.json", `${JSON.stringify(packageJson, null, 2)}\n`] as const];
    for (const [file, data] of all) {
      const parts = file.split("/");
      await fs.mkdir(paths.join(path, ...parts.slice(0, -1)), { recursive: true });
      await fs.writeFile(paths.join(path, ...parts), data, { flag: "wx" });
    }
    await sign?.(path);
  } catch (error) {
    await remove();
    throw error;
  }
  return Object.freeze({ root, path, remove });
}

const part = "[a-z0-9~-][a-z0-9._~-]*";
const namePattern = new RegExp(`^(?:@${part}/)?${part}$`);

function readFixture(fixture: unknown) {
  const fields = ["name", "version", "files", "glassine", "root", "sign"];
  expectOptions(fixture, fields, "installFixturePackage");
  const { name, version, files, glassine, root, sign } = fixture as Record<string, unknown>;
  const isName = typeof name === "string" && name.length <= 214 && namePattern.test(name);
  if (!isName || name === "node_modules")
    throw optionsInvalid(
      `A package name is one that npm takes, such as "guard" or "@acme/guard"; got ${quotedOrKind(name)}.`,
    );
  if (typeof version !== "string" || version === "")
    throw optionsInvalid(
      `The version of a package is a string such as "1.0.0"; got ${quotedOrKind(version)}.`,
    );
  if (root !== undefined && (typeof root !== "string" || root === ""))
    throw optionsInvalid(
      `The root of a package is the path of a directory; got ${quotedOrKind(root)}.`,
    );
  if (sign !== undefined && typeof sign !== "function")
    throw optionsInvalid(
      `sign is a function that is given the path of the package; got ${quotedOrKind(sign)}.`,
    );
  return {
    name,
    version,
    files: readFiles(files),
    manifest: glassine === undefined ? {} : { glassine: readField(glassine) },
    root,
    sign: sign as FixturePackage["sign"],
  };
}

function readFiles(files: unknown): readonly (readonly [string, string | Uint8Array])[] {
  if (typeof files !== "object" || files === null || Array.isArray(files))
    throw optionsInvalid(
      `The files of a package are texts or bytes by path; got ${quotedOrKind(files)}.`,
    );
  const read = Object.entries(files);
  const paths = new Set(read.map(([path]) => path));
  for (const [path, data] of read) {
    const fault = pathFault(path);
    if (fault !== undefined) throw optionsInvalid(`The file ${quoted(path)} ${fault}.`);
    const above = path.split("/").map((_, at, parts) => parts.slice(0, at).join("/"));
    const taken = above.find((each) => paths.has(each));
    if (taken !== undefined)
      throw optionsInvalid(
        `The file ${quoted(path)} lies in ${quoted(taken)}, which is a file itself.`,
      );
    if (typeof data !== "string" && !(data instanceof Uint8Array))
      throw optionsInvalid(
        `The file ${quoted(path)} is a string or bytes; got ${quotedOrKind(data)}.`,
      );
  }
  return read;
}

function pathFault(path: string): string | undefined {
  if (/^(?:[/\\]|[A-Za-z]:)/.test(path))
    return "has an absolute path; say where it is in the package";
  if (path.includes("\\")) return "has a backslash in its path; put / between its parts";
  if (path.includes("\0")) return "has a NUL in its path";
  const parts = path.split("/");
  if (parts.includes("..")) return "leaves the package";
  if (parts.some((each) => each === "" || each === ".")) return "has an empty part in its path";
  if (path.toLowerCase() === "package.json")
    return "is made from name, version and glassine; leave it out";
  return undefined;
}

function readField(glassine: unknown): unknown {
  if (!isRecord(glassine))
    throw optionsInvalid(`The field glassine is an object; got ${quotedOrKind(glassine)}.`);
  const read = readPlain(glassine);
  if (read === undefined)
    throw optionsInvalid(
      "The field glassine is JSON data; something in it is not, or is too large.",
    );
  return read;
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

/** Loads a module by name at the call, so that the rest of `glassine/testing` runs without Node. */
function builtin<Module>(id: string): Module {
  const module = (globalThis as WithBuiltins).process?.getBuiltinModule?.(id);
  if (module === undefined)
    throw optionsInvalid(
      `installFixturePackage writes files with ${id}, which this runtime does not have.`,
    );
  return module as Module;
}
