/**
 * Imports modules that an operator names by path: a configuration or a plugin. Node imports
 * TypeScript itself if it can strip types; otherwise `jiti` does, an optional peer.
 */
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { within } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { exportOf } from "../../core/plugins/index.ts";
import { lendHost, systemCode, unreadFault } from "../../operate/packages/index.ts";
import { describeText, lineHint, printable } from "../../operate/trust/index.ts";
import { atPlaces } from "./code-places.ts";

export interface CodeFile {
  readonly path: string;
  /** What messages call it: `the configuration`. */
  readonly what: string;
  /** The allowed file name endings, as messages list them. */
  readonly endings?: string | undefined;
  /** How long its code may take to load, and to make a plugin. Default 30 000, as for packages. */
  readonly timeoutMs?: number | undefined;
}

/** Each file's state when it was first imported, which its URL without a query stands for. */
const first = new Map<string, string>();

/**
 * Returns a file's default export. A file that was imported before is imported again if it has
 * changed since; the files that it imports are not.
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
  // Imports of `glassine` that do not resolve from there use this installation.
  lendHost(dirname(path));
  const url = pathToFileURL(path).href + (known === state ? "" : `?${state}`);
  const exported = exportOf(await finished(file, () => importAny(path, url)), "default");
  if (exported !== undefined) return exported;
  throw unreadable(path, what, "has no default export: write `export default …`");
}

/**
 * Runs `work` on a file's code and returns its result, unless it takes too long.
 *
 * @throws GlassineError `config_unreadable`, or the code of a GlassineError that the file throws;
 *   the message names the file
 */
export async function finished<Value>(
  { path, what, timeoutMs = 30_000 }: CodeFile,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const end = await within(timeoutMs, work);
  if (end.how === "returned") return end.value;
  if (end.value instanceof GlassineError) {
    // Thrown by this library inside the file: keep its code.
    const { code, message, data } = end.value;
    const text = `${what} ${printable(path)} cannot be loaded: ${printable(message)}`;
    throw new GlassineError(code, text, data, end.value);
  }
  if (end.how === "timeout")
    throw unreadable(path, what, `has not finished loading after ${timeoutMs} ms`);
  const where = atPlaces(end.value) || lineHint(end.value, path);
  throw unreadable(path, what, `cannot be loaded: ${describeText(end.value)}${where}`, end.value);
}

async function stateOf(path: string, what: string): Promise<string> {
  try {
    const stats = await stat(path);
    const { mtimeMs, size } = stats;
    if (stats.isDirectory()) throw unreadable(path, what, "is a folder: name the file in it");
    // Opening a named pipe waits for its writer, and no process can exit meanwhile.
    if (!stats.isFile()) throw unreadable(path, what, "is not a regular file");
    return `${mtimeMs}-${size}`;
  } catch (error) {
    if (error instanceof GlassineError) throw error;
    throw unreadable(path, what, unreadFault(systemCode(error)));
  }
}

type Module = Readonly<Record<string, unknown>>;

/** By Node's error code for TypeScript that it cannot run: what to do besides installing jiti. */
const withoutJiti: ReadonlyMap<unknown, string> = new Map([
  ["ERR_UNKNOWN_FILE_EXTENSION", "use Node 22.18 or newer, or write a .js file"],
  ["ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX", "or write it without such syntax"],
]);

async function importAny(path: string, url: string): Promise<Module> {
  try {
    return await import(url);
  } catch (error) {
    if (!/\.[cm]?ts$/.test(path)) throw error;
    const { code, message } = Object(error) as Partial<NodeJS.ErrnoException>;
    const remedy = withoutJiti.get(code);
    if (remedy === undefined) throw error;
    const fault = `Node ${process.version} cannot run it (${message})`;
    return await importByJiti(path, `${fault}: install jiti (npm install jiti), ${remedy}`);
  }
}

async function importByJiti(path: string, missing: string): Promise<Module> {
  const { createJiti } = await jitiFor(path, missing);
  // From this installation, as by `lendHost`: the file's own folder may not have one.
  const own = createRequire(import.meta.url);
  const { exports } = own("glassine/package.json") as { readonly exports: object };
  const names = Object.keys(exports).map((entry) => `glassine${entry.slice(1)}`);
  const alias = Object.fromEntries(names.map((name) => [name, own.resolve(name)]));
  // Without jiti's caches, since the file may have changed.
  return await createJiti(path, { fsCache: false, moduleCache: false, alias }).import<Module>(path);
}

/** Loads the jiti that the file's folder resolves, or else this installation's. */
async function jitiFor(path: string, missing: string): Promise<typeof import("jiti")> {
  for (const from of [path, import.meta.url]) {
    try {
      return await import(pathToFileURL(createRequire(from).resolve("jiti")).href);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new GlassineError("config_unreadable", missing);
}

function unreadable(path: string, what: string, fault: string, cause?: unknown): GlassineError {
  const text = `${what} ${printable(path)} ${printable(fault)}`;
  return new GlassineError("config_unreadable", text, {}, cause);
}
