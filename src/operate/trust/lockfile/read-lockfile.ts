/** Finds and reads plugins.lock. A file that cannot be read does not count as missing. */

import { lstat, realpath } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod";
import { closest, GlassineError, quoteName } from "../../../core/errors/index.ts";
import type { Environment } from "../../../core/plugins/index.ts";
import { readSmallFile, systemCode, textIn, upFrom } from "../../packages/index.ts";
import { expectPath } from "../expect-path.ts";
import { printable } from "../printable.ts";
import {
  entryOf,
  kindOf,
  type LockEntry,
  type Lockfile,
  rowKeys,
  rowSchema,
  wrongKind,
} from "./entry-rules.ts";
import {
  adviceOn,
  type Fault,
  fileInvalid,
  inConflict,
  invalidAt,
  lockfileInvalid,
  problemsAt,
} from "./refusals.ts";
import { type FieldPlace, type Places, partsOf, placesOf } from "./toml-places.ts";

/**
 * Reads the lockfile at a path, or returns `undefined` if there is none. Follows links, reads at
 * most 5 MiB, and never waits for a pipe.
 *
 * @throws GlassineError (as a rejection) `options_invalid` for a path that is not a string
 * @throws GlassineError (as a rejection) `lockfile_invalid`, also for a directory, a dangling link
 * and a file that is too large; `lockfile_newer`; `lockfile_failed` if the system refuses the read
 * (`data`: `path`, `systemCode`)
 * @see spec `lockfile:file`
 * @example
 * ```ts
 * import { readLockfile } from "glassine/node";
 *
 * const lock = await readLockfile("plugins.lock");
 * console.log(lock?.entries.map(({ id }) => id)); // undefined
 * ```
 */
export async function readLockfile(path: string): Promise<Lockfile | undefined> {
  expectPath(path, "readLockfile");
  const file = await readSmallFile(path, { maxBytes: maxLockfileBytes, followLinks: true });
  if ("bytes" in file) return parseLockfile(file.bytes, path);
  const { why, code, cause } = file;
  if (why === "directory") throw fileInvalid(path, "it is a directory; name the file in it");
  if (why === "irregular")
    throw fileInvalid(path, "it is not a regular file; put one in its place");
  if (why === "large") throw tooLarge(path);
  if (why === "refused" && code !== "ENOTDIR") {
    const text = `${printable(path)} cannot be read: ${code}.${adviceOn(code)}`;
    throw new GlassineError("lockfile_failed", text, { path, systemCode: code }, cause);
  }
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  // It was created after the first attempt to read it.
  if (!found.isSymbolicLink()) return readLockfile(path);
  throw fileInvalid(path, "it is a dangling link; repair or remove it", cause);
}

/** Whether a path exists. A dangling link or a path that cannot be examined counts as existing. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => !["ENOENT", "ENOTDIR"].includes(systemCode(error)),
  );
}

/** No lockfile that people maintain is larger. */
const maxLockfileBytes = 5 * 1024 * 1024;

export const newLockfile = "version = 1\n";

/** A valid lock has three levels; deep nesting would be an attack on the parser's stack. */
const maxDepth = 8;
const emptyFile =
  "it is empty, as after an interrupted write; restore it, or write `version = 1` and trust again";

/**
 * Parses the bytes of a plugins.lock. All of it must be valid: one error names every problem, with
 * lines and columns. `path` is for messages.
 *
 * An empty file is refused, because that is what an interrupted write leaves behind.
 *
 * @throws GlassineError `lockfile_invalid` (`data`: `path`, `lockProblems` with `line`, `column`,
 * `message`), `lockfile_newer` (`data`: `path`, `version`, `supported`)
 * @see spec `lockfile:schema`, `lockfile:strict`
 */
export function parseLockfile(bytes: Uint8Array, path: string): Lockfile {
  if (bytes.length > maxLockfileBytes) throw tooLarge(path);
  return readLockText(decoded(bytes, path), path).lock;
}

function tooLarge(path: string): GlassineError {
  return fileInvalid(
    path,
    "it is larger than 5 MiB; remove everything that is not a plugin's entry",
  );
}

/** A valid lockfile, and where its headers, keys and values are. */
export interface ReadLock {
  readonly lock: Lockfile;
  readonly places: Places;
}

export function readLockText(text: string, path: string): ReadLock {
  const start = { line: 1, column: 1 };
  if (text === "") throw invalidAt(path, start, emptyFile);
  if (text.startsWith("\ufeff"))
    throw invalidAt(path, start, "it begins with a byte order mark; save it without one");
  const data = parsed(text, path);
  const { version } = data;
  if (typeof version === "bigint" && version > 1n) throw newer(path, version);
  const places = placesOf(text);
  const { entries, faults } = readEntries(data, places);
  if (faults.length > 0) throw lockfileInvalid(path, problemsAt(text, faults));
  const warnings =
    version === undefined ? ["plugins.lock has no version; it is read as schema version 1"] : [];
  const lock = Object.freeze({
    path,
    text,
    entries: Object.freeze(entries),
    warnings: Object.freeze(warnings),
  });
  return { lock, places };
}

function parsed(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { integersAsBigInt: true, maxDepth });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const conflict = text.split("\n").findIndex((each) => each.startsWith("<<<<<<<"));
    if (conflict !== -1)
      throw invalidAt(path, { line: conflict + 1, column: 1 }, `it ${inConflict}`, error);
    // The lines after the first one quote the file.
    const [first = ""] = error.message.replace("Invalid TOML document: ", "").split("\n");
    const why = `it is not TOML: ${first}; fix it, or restore the file from version control`;
    throw invalidAt(path, { line: error.line, column: error.column }, why, error);
  }
}

function newer(path: string, version: bigint): GlassineError {
  const digits = String(version);
  const shown = digits.length > 20 ? `${digits.slice(0, 20)}…` : digits;
  return new GlassineError(
    "lockfile_newer",
    `plugins.lock schema version ${shown} is newer than supported version 1`,
    { path, version: shown, supported: 1 },
  );
}

function decoded(bytes: Uint8Array, path: string): string {
  const text = textIn(bytes);
  if (text !== undefined) return text;
  // An invalid byte differs after decoding and encoding, but half a character before it may not.
  const again = Buffer.from(Buffer.from(bytes).toString());
  const bad = bytes.findIndex((byte, at) => byte !== again[at]);
  const valid = bytes.subarray(0, bad === -1 ? undefined : bad);
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(valid, { stream: true });
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  throw invalidAt(path, { line, column }, "it is not valid UTF-8 from here on");
}

const tables = "plugins must be an array of tables";
const top = z.strictObject({
  version: z.literal(1n, wrongKind("version must be the integer 1")).optional(),
  plugins: z.array(z.unknown(), wrongKind(tables)).default([]),
});

/** Enough to repair a file; a hostile file could have millions of faults. */
const maxFaults = 100;

/** Returns the entries, in order, and what is wrong. If anything is, entries may be missing. */
function readEntries(
  data: Readonly<Record<string, unknown>>,
  places: Places,
): { readonly entries: readonly LockEntry[]; readonly faults: readonly Fault[] } {
  const read = top.safeParse(data);
  const topKeys = new Map([...keysIn(places.tables), ...keysIn(places.fields)]);
  const topPlace = { start: 0, keys: topKeys };
  const faults = [...faultsOf(read.error, Object.keys(top.shape), topPlace)];
  const { plugins } = data;
  const list: readonly unknown[] = Array.isArray(plugins) ? plugins : [];
  const entries: LockEntry[] = [];
  const seen = new Set<string>();
  const repeated = new Map<string, number>();
  const entryPlaces = placesOfEntries(places);
  for (const [at, table] of list.entries()) {
    if (faults.length > maxFaults) break;
    // Entries of an inline array all have the place of the whole array.
    const place = entryPlaces[at] ?? { start: topKeys.get("plugins") ?? 0, keys: new Map() };
    if (kindOf(table) !== "a table") {
      faults.push({ offset: place.start, message: `${tables}, got ${kindOf(table)} in it` });
      continue;
    }
    const row = rowSchema.safeParse(table);
    if (row.success) entries.push(entryOf(row.data));
    else faults.push(...faultsOf(row.error, rowKeys, place));
    const { id } = table as { readonly id?: unknown };
    if (typeof id !== "string" || row.error?.issues.some(({ path }) => path[0] === "id")) continue;
    if (seen.has(id) && !repeated.has(id)) repeated.set(id, place.keys.get("id") ?? place.start);
    seen.add(id);
  }
  const [first] = repeated.values();
  if (first !== undefined) {
    const ids = [...repeated.keys()].slice(0, maxFaults).join(", ");
    faults.push({ offset: first, message: `plugins.lock contains duplicate ids: ${ids}` });
  }
  return { entries, faults };
}

/** Where a table and each of its keys begin. Only messages use places. */
interface Place {
  readonly start: number;
  readonly keys: ReadonlyMap<string, number>;
}

/** A missing key is reported at its table, every other fault at its key. */
function faultsOf(
  error: z.ZodError | undefined,
  known: readonly string[],
  { start, keys }: Place,
): readonly Fault[] {
  const faults = (error?.issues ?? []).flatMap((issue) => {
    if (issue.code !== "unrecognized_keys")
      return [{ offset: keys.get(String(issue.path[0])) ?? start, message: issue.message }];
    return issue.keys
      .slice(0, maxFaults)
      .map((key) => ({ offset: keys.get(key) ?? start, message: unknownKey(key, known) }));
  });
  return faults.slice(0, 2 * maxFaults);
}

/** Returns where each key of a table first appears. */
function keysIn(places: readonly Pick<FieldPlace, "key" | "start">[]): Map<string, number> {
  return new Map(places.toReversed().map(({ key, start }) => [partsOf(key)[0] ?? "", start]));
}

function placesOfEntries({ tables: all }: Places): readonly Place[] {
  const found: { readonly start: number; readonly keys: Map<string, number> }[] = [];
  for (const { start, key, fields } of all) {
    const [name, child] = partsOf(key);
    if (name !== "plugins") continue;
    if (child === undefined) found.push({ start, keys: keysIn(fields) });
    else found.at(-1)?.keys.set(child, start);
  }
  return found;
}

export function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  const meant = near === undefined ? "" : `; did you mean ${quoteName(near)}?`;
  return `unknown key ${quoteName(key)}${meant}`;
}

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
