/** Unpacks tarballs made by `npm pack` safely, and packs them again with one more file. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { type GlassineError, quoted } from "../../../core/errors/index.ts";
import { packageLimits, packageRefused, readSmallFile, textIn } from "../../packages/index.ts";

const block = 512;
const maxBytes = packageLimits.mebibytes * 1024 * 1024;

interface Entry {
  /** Its path in the tarball: `package/index.js`. */
  readonly name: string;
  readonly bytes: Buffer;
  /** Where its headers begin and its blocks end. */
  readonly from: number;
  readonly to: number;
}

export interface Tarball {
  /** The one folder that contains everything: `package`. */
  readonly folder: string;
  readonly entries: readonly Entry[];
  /** The tar archive, decompressed. */
  readonly archive: Buffer;
}

/**
 * Reads a tarball. It may contain one folder with regular files and folders, each name once, and
 * nothing else: no link, no device, no path that leads out of the folder.
 *
 * @throws GlassineError (as a rejection) `package_refused`
 * @throws (as a rejection) the system's error if the file cannot be read
 */
export async function readTarball(path: string): Promise<Tarball> {
  const file = await readSmallFile(path, { maxBytes, followLinks: true });
  if ("fault" in file)
    throw file.why === "large" ? tooLarge() : (file.cause ?? refused(file.fault));
  const archive = await unzipped(file.bytes);
  const entries = entriesOf(archive);
  const folders = new Set(entries.map(({ name }) => name.split("/", 1)[0]));
  const [folder = ""] = folders;
  if (folders.size !== 1) throw refused("does not have all its files in one folder");
  return { folder, entries, archive };
}

async function unzipped(packed: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw refused("is not a gzip file");
  }
}

/** Writes the files of a tarball into an empty folder. */
export async function unpackTarball({ entries }: Tarball, into: string): Promise<void> {
  for (const { name, bytes } of entries) {
    const path = join(into, ...name.split("/"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: "wx" });
  }
}

/** Returns the tarball with a file added to its folder, replacing one of that name. */
export function withFile(tarball: Tarball, name: string, bytes: Uint8Array): Promise<Buffer> {
  const { archive, entries, folder } = tarball;
  const path = `${folder}/${name}`;
  const kept = entries.filter((each) => each.name !== path);
  const parts = kept.map(({ from, to }) => archive.subarray(from, to));
  const padding = Buffer.alloc((block - (bytes.length % block)) % block);
  const file = [headerOf(path, bytes.length), bytes, padding];
  return promisify(gzip)(Buffer.concat([...parts, ...file, Buffer.alloc(2 * block)]));
}

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(block);
  if (Buffer.byteLength(name) > 100) throw refused("has a folder whose name is too long");
  header.write(name, 0);
  header.write("000644 \0", 100);
  header.write("000000 \0", 108);
  header.write("000000 \0", 116);
  header.write(`${size.toString(8).padStart(11, "0")} `, 124);
  // npm gives every file this time, so that packing the same files again yields the same bytes.
  header.write(`${(499_162_500).toString(8).padStart(11, "0")} `, 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = checksumOf(header);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** Returns every file, with the headers that belong to it. */
function entriesOf(archive: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  const names = new Set<string>();
  let from = 0;
  let extended: Extended = {};
  for (let at = 0; at + block <= archive.length; ) {
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) break;
    const { type, size, name } = readHeader(header);
    const start = at + block;
    const end = start + size;
    at = start + Math.ceil(size / block) * block;
    if (at > archive.length) throw refused("is truncated");
    if (type === "x") {
      extended = readExtended(archive.subarray(start, end));
      continue;
    }
    if (extended.size !== undefined && extended.size !== `${size}`)
      throw refused("has an extended header that contradicts its file");
    const path = expectSafe(extended.path ?? name);
    extended = {};
    if (type !== "5" && type !== "0" && type !== "\0") {
      throw refused(`has ${quoted(path, 200)}, which is neither a file nor a folder`);
    }
    if (type !== "5") {
      const key = path.normalize("NFC").toLowerCase();
      if (names.has(key)) throw refused(`has ${quoted(path, 200)} twice`);
      if (names.size >= packageLimits.files) throw tooLarge();
      names.add(key);
      entries.push({ name: path, bytes: archive.subarray(start, end), from, to: at });
    }
    from = at;
  }
  if (entries.length === 0) throw refused("has no file");
  return entries;
}

function readHeader(header: Buffer) {
  const text = (from: number, length: number) => {
    const field = header.subarray(from, from + length);
    const end = field.indexOf(0);
    return utf8(end === -1 ? field : field.subarray(0, end));
  };
  const octal = (from: number, length: number) => {
    const digits = text(from, length).trim();
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  };
  const size = octal(124, 12);
  if (!Number.isSafeInteger(size) || octal(148, 8) !== checksumOf(header))
    throw refused("is not a tar file, or is damaged");
  const isUstar = text(257, 5) === "ustar";
  const prefix = isUstar ? text(345, 155) : "";
  const name = text(0, 100);
  const type = String.fromCharCode(header[156] ?? 0);
  return { type, size, name: prefix === "" ? name : `${prefix}/${name}` };
}

/** Returns the sum of all bytes, counting those of the checksum field as spaces. */
function checksumOf(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0);
  return sum;
}

/** What an extended header says about the file that follows it. */
interface Extended {
  readonly path?: string;
  readonly size?: string;
}

/** Reads an extended header: records of `LENGTH KEY=VALUE` and a line feed. */
function readExtended(records: Buffer): Extended {
  const extended: { path?: string; size?: string } = {};
  for (let at = 0; at < records.length; ) {
    const digits = /^(\d{1,9}) /.exec(records.toString("latin1", at, at + 10))?.[1] ?? "";
    const record = records.subarray(at + digits.length + 1, at + Number(digits));
    const isWhole = Number(digits) > digits.length + 2 && record.at(-1) === 0x0a;
    if (!isWhole || at + Number(digits) > records.length)
      throw refused("has an extended header that cannot be read");
    const [, key, value] = /^([^=]*)=(.*)\n$/s.exec(utf8(record)) ?? [];
    if (value !== undefined && (key === "path" || key === "size")) extended[key] = value;
    if (key === "linkpath" || key?.startsWith("GNU.sparse"))
      throw refused("has an extended header that npm does not write");
    at += Number(digits);
  }
  return extended;
}

function utf8(bytes: Uint8Array): string {
  const text = textIn(bytes);
  if (text === undefined) throw refused("has a name that is not UTF-8");
  return text;
}

/** Returns a path without its trailing slash. Throws unless it is a plain path inside a folder. */
function expectSafe(path: string): string {
  const plain = path.replace(/\/$/, "");
  const parts = plain.split("/");
  const isSafe = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isSafe && !/[\\:\p{Cc}]/u.test(plain) && parts.length <= packageLimits.depth) return plain;
  throw refused(`has the path ${quoted(path, 200)}, which is not allowed`);
}

function tooLarge(): GlassineError {
  const text = `The tarball holds more than ${packageLimits.mebibytes} MiB or ${packageLimits.files} files.`;
  return packageRefused("package_too_large", "", text);
}

function refused(what: string): GlassineError {
  const text = `The tarball ${what}. Sign a tarball made by \`npm pack\`.`;
  return packageRefused("invalid_metadata", "", text);
}
