/**
 * Imports modules that an operator names by path: a configuration, or a plugin. TypeScript is
 * imported by Node where it can strip types, and else by `jiti`, an optional peer.
 */
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { within } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import { lendHost } from "../../operate/packages/index.ts";
import { printable } from "../../operate/trust/index.ts";
import { atPlaces } from "./code-places.ts";

export interface CodeFile {
  readonly path: string;
  /** What messages call it: `the configuration`. */
  readonly what: string;
  /** What its name may end with, in words. */
  readonly endings?: string | undefined;
  /** How long its code may take to load, and to make a plugin. Default 30 000, as with packages. */
  readonly timeoutMs?: number | undefined;
}

/** Of each file, the state in which it was imported first, which is what its bare URL stands for. */
const first = new Map<string, string>();

/**
 * The default export of a file. A file that was imported before is imported again if it has changed
 * since; files that it imports itself are not.
 *
 * @throws GlassineError `config_unreadable`
 */
export async function importDefault(file: CodeFile): Promise<unknown> {
  const { path, what } = file;
  if (/\.(?:ya?ml|toml|json5?|jsonc)$/i.test(path))
    throw unreadable(
      path,
      what,
      `is not a module: it can be ${file.endings ?? ".ts, .js or .mjs"}`,
    );
  const state = await stateOf(path, what);
  const known = first.get(path) ?? state;
  first.set(path, known);
  // What it imports of `glassine` and does not find is this installation's.
  lendHost(dirname(path));
  const url = pathToFileURL(path).href + (known === state ? "" : `?${state}`);
  const module = await finished(file, () => importAny(path, url));
  if (Object.hasOwn(module, "default")) return module.default;
  throw unreadable(path, what, "has no default export: write `export default …`");
}

/**
 * What `work` on the code of a file resolves to, in time.
 *
 * @throws GlassineError `config_unreadable`, or the code of a GlassineError that the file throws;
 *   with its name
 */
export async function finished<Value>(
  { path, what, timeoutMs = 30_000 }: CodeFile,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const end = await within(timeoutMs, work);
  if (end.how === "returned") return end.value;
  if (end.value instanceof GlassineError) {
    // What a library of ours refused there, by the same code.
    const { code, message, data } = end.value;
    const text = `${what} ${printable(path)} cannot be loaded: ${printable(message)}`;
    throw new GlassineError(code, text, data, end.value);
  }
  if (end.how === "timeout")
    throw unreadable(path, what, `has not finished loading after ${timeoutMs} ms`);
  const { text } = describeThrown(end.value);
  throw unreadable(path, what, `cannot be loaded: ${text}${atPlaces(end.value)}`, end.value);
}

async function stateOf(path: string, what: string): Promise<string> {
  try {
    const stats = await stat(path);
    const { mtimeMs, size } = stats;
    if (stats.isDirectory()) throw unreadable(path, what, "is a folder: name the file in it");
    return `${mtimeMs}-${size}`;
  } catch (error) {
    if (error instanceof GlassineError) throw error;
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw unreadable(path, what, code === "ENOENT" ? "is not there" : `cannot be read: ${code}`);
  }
}

type Module = Readonly<Record<string, unknown>>;

/** What Node says of TypeScript that it does not run. */
const needsJiti: ReadonlySet<unknown> = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
]);

async function importAny(path: string, url: string): Promise<Module> {
  try {
    return await import(url);
  } catch (error) {
    if (!/\.[cm]?ts$/.test(path) || !needsJiti.has((error as NodeJS.ErrnoException).code))
      throw error;
    return await importByJiti(path);
  }
}

async function importByJiti(path: string): Promise<Module> {
  const { createJiti } = await jitiFor(path);
  // That of this installation: the file may be in a folder that has none.
  const alias = {
    "glassine/gateway": createRequire(import.meta.url).resolve("glassine/gateway"),
  };
  // Without its caches: a file may have changed since the last time.
  return await createJiti(path, { fsCache: false, moduleCache: false, alias }).import<Module>(path);
}

/** That of the file's own folder, or else of this installation. */
async function jitiFor(path: string): Promise<typeof import("jiti")> {
  for (const from of [path, import.meta.url]) {
    try {
      return await import(pathToFileURL(createRequire(from).resolve("jiti")).href);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new GlassineError(
    "config_unreadable",
    `this Node (${process.version}) runs no .ts file: install jiti (npm install jiti), use Node 22.18 or newer, or write a .js file`,
  );
}

function unreadable(path: string, what: string, fault: string, cause?: unknown): GlassineError {
  const text = `${what} ${printable(path)} ${printable(fault)}`;
  return new GlassineError("config_unreadable", text, {}, cause);
}
