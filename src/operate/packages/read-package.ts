/** Reads what a package.json says about plugins, as data. Runs no code of the package. */

import * as z from "zod/mini";
import { isRecord } from "../../core/data/index.ts";
import { formatPath, quoted } from "../../core/errors/index.ts";
import { readEntryPoint } from "./entry-points.ts";
import { foldedName } from "./file-names.ts";
import {
  defaultId,
  isCapabilityName,
  isHookId,
  isHookName,
  isKindId,
  isPackageName,
  isVersion,
} from "./names.ts";
import {
  bundledIn,
  claimsPlugin,
  mayClaimPlugin,
  type PackageJson,
  readPackageJson,
  saysKeyword,
} from "./package-json.ts";
import { parseStrictJson, StrictJsonError } from "./strict-json.ts";
import type { InstalledPackage, NamedKind, PackageEntry, Rejection } from "./types.ts";

export interface Place {
  /** The real path of its directory. */
  readonly path: string;
  readonly foundAt: string;
  readonly isLinked: boolean;
  /** The name under which it was found: `@acme/guard`. */
  readonly installedAs: string;
}

export interface PackageFilter {
  /** The host's name: the key, and the first word of the keyword. */
  readonly field: string;
  /** The kinds of plugins other than those with hooks. */
  readonly kinds: readonly NamedKind[];
  /** The host's own commands, which no other package may claim. */
  readonly commands: readonly string[];
}

/** A package with plugins, and what is wrong with those that cannot be loaded. */
export interface ReadPackage {
  readonly package: InstalledPackage;
  readonly rejected: readonly Rejection[];
}

/** Reads a package. `undefined` for one that is not a plugin of this host. */
export async function readPackage(
  { path, foundAt, isLinked, installedAs }: Place,
  { field, kinds, commands }: PackageFilter,
): Promise<ReadPackage | undefined> {
  const unread: InstalledPackage = {
    name: installedAs,
    version: "0.0.0",
    path,
    foundAt,
    isLinked,
    entries: [],
    capabilities: undefined,
    hooks: undefined,
    refusedEntry: undefined,
    hasKeyword: false,
    manifestHash: undefined,
    bundled: [],
  };
  const read = await readManifest(path, field);
  if (read === undefined) return undefined;
  if ("fault" in read) return refuse(unread, "invalid_metadata", `its package.json ${read.fault}`);
  const { data, sha256 } = read;
  const hasField = Object.hasOwn(data, field);
  const hasKeyword = saysKeyword(data, field);
  const { name = installedAs, version } = data;
  if (typeof name !== "string" || !isPackageName(name))
    return refuse(unread, "invalid_metadata", "its name is not one that npm accepts");
  if (typeof version !== "string" || !isVersion(version))
    return refuse({ ...unread, name }, "invalid_metadata", "its version is not a version");
  const bundled = bundledIn(data);
  const found = { ...unread, name, version, hasKeyword, manifestHash: sha256, bundled };
  const taken = commandFault(data, commands);
  if (taken !== undefined) return refuse(found, "invalid_metadata", taken);
  if (!hasField) {
    const reason = `it has the keyword ${field}-plugin and no field ${field}`;
    return refuse(found, "entry_point_missing", reason);
  }
  const given = readField(data[field], name, kinds);
  if (given.fault !== undefined) {
    const reason = `package '${name}' has an invalid ${field} field: ${given.fault}`;
    return refuse(found, "invalid_metadata", reason);
  }
  const { capabilities, hooks } = given;
  const entries: PackageEntry[] = [];
  const rejected: Rejection[] = [];
  for (const { kind, id, text } of given.entries) {
    const point = await readEntryPoint(path, text);
    if (typeof point === "string")
      rejected.push({ ...reject(name, "invalid_entry_point", point), id, entryPoint: text });
    else entries.push({ kind, id, ...point, entryPoint: `${point.file}:${point.exportName}` });
  }
  entries.sort((a, b) => (a.id < b.id ? -1 : 1));
  const [first] = rejected;
  const refusedEntry = first && { id: String(first.id), code: first.code };
  return { package: { ...found, capabilities, hooks, entries, refusedEntry }, rejected };
}

function reject(name: string, code: Rejection["code"], reason: string): Rejection {
  return { id: undefined, package: name, entryPoint: undefined, code, reason };
}

function refuse(found: InstalledPackage, code: Rejection["code"], reason: string): ReadPackage {
  return { package: found, rejected: [reject(found.name, code, reason)] };
}

const named = (is: (text: string) => boolean, what: string) =>
  z.string(what).check(z.refine(is, what));
const path = z.string("expected a path");
const pathsById = (isId: (text: string) => boolean, example: string) =>
  z.optional(
    z.record(z.string().check(z.refine(isId)), path, `expected paths by ids such as ${example}`),
  );
const namesOf = (is: (text: string) => boolean, what: string) =>
  z.optional(z.array(named(is, `expected the name of a ${what}`), "expected a list of names"));

const fieldSchema = (kinds: readonly NamedKind[]) =>
  z.strictObject(
    {
      plugin: z.optional(path),
      id: z.optional(z.string("expected an id")),
      plugins: pathsById(isHookId, "pii-scan"),
      // The lockfile accepts no other names.
      capabilities: namesOf(isCapabilityName, "capability"),
      hooks: namesOf(isHookName, "hook"),
      ...Object.fromEntries(
        kinds.map(({ field }) => [field, pathsById(isKindId, "acme.clean_up")]),
      ),
    },
    "expected an object",
  );

type Paths = Readonly<Record<string, string>> | undefined;

/** Each plugin is compared with all others, and its file is looked up. */
const maxEntries = 100;

function readField(given: unknown, packageName: string, kinds: readonly NamedKind[]) {
  const read = fieldSchema(kinds).safeParse(given);
  if (!read.success) return { fault: faultOf(read.error.issues[0] as z.core.$ZodIssue) };
  const { plugin, id, plugins, capabilities, hooks, ...rest } = read.data;
  const ofKinds: Readonly<Record<string, Paths>> = rest;
  if (plugin !== undefined && plugins !== undefined)
    return { fault: "it has both plugin and plugins; give one of them" };
  if (id !== undefined && plugin === undefined)
    return { fault: "id can be given only together with plugin" };
  const own = id ?? defaultId(packageName);
  if (plugin !== undefined && !isHookId(own))
    return { fault: `${quoted(own)} is not an id such as pii-scan` };
  const entriesOf = (kind: string, paths: Paths = {}) =>
    Object.entries(paths).map(([id, text]) => ({ kind, id, text }));
  const entries = [
    ...entriesOf("hooks", plugin === undefined ? plugins : { [own]: plugin }),
    ...kinds.flatMap(({ name, field }) => entriesOf(name, ofKinds[field])),
  ];
  if (entries.length === 0) return { fault: "it names no plugin" };
  if (entries.length > maxEntries) return { fault: `it names more than ${maxEntries} plugins` };
  return { entries, capabilities, hooks };
}

/** The first thing that is wrong with the field. */
function faultOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `unknown key ${quoted(issue.keys[0] as string)}`;
  const place = issue.path.length === 0 ? "" : `${formatPath(issue.path as string[])}: `;
  return place + issue.message;
}

/**
 * The data of a plugin's package.json, or what is wrong with it. `undefined` if there is none, or
 * if it is not a plugin's and so does not concern this host.
 */
async function readManifest(
  folder: string,
  field: string,
): Promise<(PackageJson & { readonly data: object }) | { readonly fault: string } | undefined> {
  const file = await readPackageJson(folder);
  if ("fault" in file) {
    // A folder without a package.json is not a package.
    if (file.why === "absent" || file.code === "ENOTDIR") return undefined;
    return (await mayClaimPlugin(folder, field)) ? file : undefined;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
    // Most packages are not plugins. Only those that claim to be are read strictly.
    if (file.data !== undefined && !claimsPlugin(file, field)) return undefined;
    const data = parseStrictJson(text);
    return isRecord(data) ? { ...file, data } : { fault: "is not an object" };
  } catch (error) {
    if (!(error instanceof StrictJsonError)) return { fault: "is not UTF-8" };
    return claimsPlugin(file, field) ? { fault: `cannot be read: ${error.message}` } : undefined;
  }
}

/**
 * Why a package's commands clash with those of the host, or `undefined` if they do not. If two
 * packages have the same command, installers may give it to either of them.
 *
 * @param commands the host's
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
  return "its commands come from a folder (directories.bin): name them in bin instead";
}

/** Names as npm makes them: the last part of each, and the package's name for a single file. */
function commandsIn(bin: unknown, name: unknown): readonly string[] {
  const given = Array.isArray(bin) ? bin : isRecord(bin) ? Object.keys(bin) : [name];
  if (bin === undefined || bin === null) return [];
  return given.flatMap((each) =>
    typeof each === "string" ? [each.split(/[/\\:]/).at(-1) ?? ""] : [],
  );
}
