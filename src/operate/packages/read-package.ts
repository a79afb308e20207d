/** What a package.json says of plugins. It is read as data; nothing of the package is run. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { isRecord } from "../../core/data/index.ts";
import { fileFault, parseEntryPoint } from "./entry-points.ts";
import { foldedName } from "./file-names.ts";
import {
  isCapabilityName,
  isHookId,
  isHookName,
  isKindId,
  isPackageName,
  isVersion,
} from "./names.ts";
import { bundledIn, claimsPlugin, keysOf, mayClaimPlugin } from "./package-json.ts";
import { readSmallFile } from "./small-file.ts";
import { parseStrictJson } from "./strict-json.ts";
import type { InstalledPackage, NamedKind, PackageEntry, Rejection } from "./types.ts";

interface Place {
  /** The real path of its directory. */
  readonly path: string;
  readonly foundAt: string;
  readonly isLinked: boolean;
  /** The name under which it was found: `@acme/guard`. */
  readonly installedAs: string;
}

export interface Asked {
  /** The host's name: the key, and the first word of the keyword. */
  readonly field: string;
  readonly kinds: readonly NamedKind[];
  /** The host's own commands, which no package may claim. */
  readonly commands: readonly string[];
}

/** A package with plugins, and what is wrong with those of them that cannot be loaded. */
export interface ReadPackage {
  readonly package: InstalledPackage;
  readonly rejected: readonly Rejection[];
}

const maxBytes = 1024 * 1024;
/**
 * Reads a package. `undefined` for one that is not a plugin of this host.
 */
export async function readPackage(place: Place, asked: Asked): Promise<ReadPackage | undefined> {
  const { field } = asked;
  const read = await readManifest(join(place.path, "package.json"), field);
  if (read === undefined) return undefined;
  if ("fault" in read) return broken(place, place.installedAs, read.fault);
  const { data, sha256 } = read;
  const name = typeof data.name === "string" ? data.name : place.installedAs;
  const keywords = Array.isArray(data.keywords) ? data.keywords : [];
  const hasKeyword = keywords.includes(`${field}-plugin`);
  const given = Object.hasOwn(data, field) ? data[field] : undefined;
  if (given === undefined && !hasKeyword) return undefined;
  if (!isPackageName(name))
    return broken(place, place.installedAs, "its name is not one that npm accepts");
  const { version } = data;
  if (typeof version !== "string" || !isVersion(version))
    return broken(place, name, "its version is not a version");
  const base = baseOf(place, { name, version, data, hasKeyword, manifestHash: sha256 });
  const taken = commandFault(data, asked.commands);
  if (taken !== undefined)
    return { package: base, rejected: [reject(name, "invalid_metadata", taken)] };
  if (given === undefined) {
    const reason = `it has the keyword ${field}-plugin and no field ${field}`;
    return { package: base, rejected: [reject(name, "entry_point_missing", reason)] };
  }
  const found = readField(given, name, asked.kinds);
  if ("fault" in found) {
    const reason = `package '${name}' has an invalid ${field} field: ${found.fault}`;
    return { package: base, rejected: [reject(name, "invalid_metadata", reason)] };
  }
  return withEntries({ ...base, ...found.asks }, found.entries);
}

async function withEntries(
  base: InstalledPackage,
  given: readonly GivenEntry[],
): Promise<ReadPackage> {
  const entries: PackageEntry[] = [];
  const rejected: Rejection[] = [];
  for (const { kind, id, text } of given) {
    const point = parseEntryPoint(text);
    const fault = typeof point === "string" ? point : await fileFault(base.path, point.file);
    if (typeof point === "string" || fault !== undefined) {
      rejected.push({
        ...reject(base.name, "invalid_entry_point", fault as string),
        id,
        entryPoint: text,
      });
      continue;
    }
    entries.push({ kind, id, ...point, entryPoint: `${point.file}:${point.exportName}` });
  }
  entries.sort((a, b) => (a.id < b.id ? -1 : 1));
  const [first] = rejected;
  const refusedEntry = first && { id: String(first.id), code: first.code };
  return { package: { ...base, entries, refusedEntry }, rejected };
}

function reject(name: string, code: Rejection["code"], reason: string): Rejection {
  return { id: undefined, package: name, entryPoint: undefined, code, reason };
}

function broken(place: Place, name: string, reason: string): ReadPackage {
  const nothing = { version: "0.0.0", data: {}, hasKeyword: false, manifestHash: undefined };
  const base = baseOf(place, { name, ...nothing });
  return { package: base, rejected: [reject(name, "invalid_metadata", reason)] };
}

interface Facts {
  readonly name: string;
  readonly version: string;
  readonly data: Record<string, unknown>;
  readonly hasKeyword: boolean;
  readonly manifestHash: string | undefined;
}

function baseOf({ path, foundAt, isLinked }: Place, { data, ...facts }: Facts): InstalledPackage {
  const dependencies = [...keysOf(data.dependencies), ...keysOf(data.optionalDependencies)].sort();
  return {
    ...facts,
    path,
    foundAt,
    isLinked,
    entries: [],
    capabilities: undefined,
    hooks: undefined,
    refusedEntry: undefined,
    dependencies: [...new Set(dependencies)],
    bundled: bundledIn(data),
  };
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((each) => typeof each === "string") ? value : undefined;
}

interface GivenEntry {
  readonly kind: string;
  readonly id: string;
  readonly text: string;
}

interface ReadField {
  readonly entries: readonly GivenEntry[];
  readonly asks: Pick<InstalledPackage, "capabilities" | "hooks">;
}

const fieldKeys = ["plugin", "plugins", "id", "capabilities", "hooks"];

function readField(
  given: unknown,
  name: string,
  kinds: readonly NamedKind[],
): ReadField | { readonly fault: string } {
  if (!isRecord(given)) return { fault: "it must be an object" };
  const known = [...fieldKeys, ...kinds.map((kind) => kind.field)];
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) return { fault: `it has the unknown key ${JSON.stringify(unknown)}` };
  const { plugin, plugins, id } = given;
  if (plugin !== undefined && plugins !== undefined)
    return { fault: "it has both plugin and plugins; give one of them" };
  if (id !== undefined && plugin === undefined) return { fault: "its id goes with plugin" };
  const one =
    plugin === undefined ? plugins : { [String(id ?? name.replace(/^@[^/]*\//, ""))]: plugin };
  if (plugin !== undefined && id !== undefined && typeof id !== "string")
    return { fault: "its id must be a string" };
  const hooks = readEntries({ name: "hooks", field: "plugins" }, one, isHookId);
  if ("fault" in hooks) return hooks;
  const entries = [...hooks.entries];
  for (const kind of kinds) {
    const others = readEntries(kind, given[kind.field], isKindId);
    if ("fault" in others) return others;
    entries.push(...others.entries);
  }
  if (entries.length === 0) return { fault: "it names no plugin" };
  const asks = { capabilities: textsOf(given.capabilities), hooks: textsOf(given.hooks) };
  for (const key of ["capabilities", "hooks"] as const) {
    if (given[key] !== undefined && asks[key] === undefined)
      return { fault: `its ${key} must be an array of names` };
  }
  // The lockfile accepts no other names.
  const strange = asks.capabilities?.find((each) => !isCapabilityName(each));
  if (strange !== undefined)
    return { fault: `${JSON.stringify(strange.slice(0, 64))} is not the name of a capability` };
  const unknownHook = asks.hooks?.find((each) => !isHookName(each));
  if (unknownHook !== undefined)
    return { fault: `${JSON.stringify(unknownHook.slice(0, 64))} is not the name of a hook` };
  return { entries, asks };
}

function readEntries(
  { name: kind, field }: NamedKind,
  given: unknown,
  isId: (text: string) => boolean,
): { readonly entries: readonly GivenEntry[] } | { readonly fault: string } {
  if (given === undefined) return { entries: [] };
  if (!isRecord(given)) return { fault: `its ${field} must be an object from id to path` };
  const entries: GivenEntry[] = [];
  for (const [id, text] of Object.entries(given)) {
    if (!isId(id))
      return {
        fault: `${JSON.stringify(id.slice(0, 64))} is not an id such as ${kind === "hooks" ? "pii-scan" : "acme.clean_up"}`,
      };
    if (typeof text !== "string") return { fault: `the entry point of '${id}' must be a string` };
    entries.push({ kind, id, text });
  }
  return { entries };
}

/**
 * The data of a package.json, or what is wrong with it. `undefined` where there is none, and where
 * one that cannot be read is not a plugin's: it does not concern this host.
 */
async function readManifest(
  path: string,
  field: string,
): Promise<
  | { readonly data: Record<string, unknown>; readonly sha256: string }
  | { readonly fault: string }
  | undefined
> {
  const file = await readSmallFile(path, { maxBytes, followLinks: false });
  if ("fault" in file) {
    // A folder without a package.json is not a package.
    if (file.why === "absent" || file.code === "ENOTDIR") return undefined;
    const fault = `its package.json ${file.fault}`;
    return (await mayClaimPlugin(path, field)) ? { fault } : undefined;
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
  } catch {
    return { fault: "its package.json is not UTF-8" };
  }
  try {
    const data = parseStrictJson(text);
    if (!isRecord(data)) return { fault: "its package.json is not an object" };
    return { data, sha256: createHash("sha256").update(file.bytes).digest("hex") };
  } catch (error) {
    const fault = `its package.json cannot be read: ${(error as Error).message}`;
    return claimsPlugin(text, field) ? { fault } : undefined;
  }
}

/**
 * Why a package's commands clash with those of the host, or `undefined` where they do not: of two
 * packages with one command installers let either have it.
 *
 * @param commands those of the host
 */
function commandFault(
  { name, bin, directories }: Readonly<Record<string, unknown>>,
  commands: readonly string[],
): string | undefined {
  const own = commands.map(foldedName);
  const taken = commandsIn(bin, name).find((each) => own.includes(foldedName(each)));
  if (taken !== undefined) return `its bin claims '${taken}', a command of the host`;
  if (commands.length === 0 || bin !== undefined || !isRecord(directories)) return undefined;
  if (directories.bin === undefined) return undefined;
  return "its commands are those of a folder, directories.bin: bin is to name them";
}

/** As npm makes names of them: the last part of each, and for one file the package's name. */
function commandsIn(bin: unknown, name: unknown): readonly string[] {
  const given = Array.isArray(bin) ? bin : isRecord(bin) ? Object.keys(bin) : [name];
  if (bin === undefined || bin === null) return [];
  return given.flatMap((each) =>
    typeof each === "string" ? [each.split(/[/\\:]/).at(-1) ?? ""] : [],
  );
}
