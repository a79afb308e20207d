/** Reads plugins.lock from disk. A file that cannot be read does not count as missing. */

import { lstat } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import { GlassineError } from "../../../core/errors/index.ts";
import { readSmallFile, systemCode, textIn } from "../../packages/index.ts";
import { expectPath } from "../expect-path.ts";
import { printable } from "../printable.ts";
import type { Lockfile } from "./entry-rules.ts";
import { readEntries } from "./read-entries.ts";
import {
  adviceOn,
  fileInvalid,
  inConflict,
  invalidAt,
  lockfileInvalid,
  problemsAt,
} from "./refusals.ts";
import { type Places, placesOf } from "./toml-places.ts";

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
