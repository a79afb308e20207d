/** What the keys of an entry may say. Parsing and writing hold an entry to the same rules. */

import equal from "fast-deep-equal";
import { quoteName } from "../../../core/hooks/index.ts";
import {
  isCapabilityName,
  isHookId,
  isHookName,
  isKindId,
  isPackageName,
  isVersion,
} from "../../packages/index.ts";
import { identityFault } from "../signing/identity.ts";
import type { LockEntry } from "./types.ts";

/** The fields of an entry that are texts. */
export type TextField = Exclude<keyof LockEntry, OptionalField>;

/** The fields that may be absent: they are named as their keys are. */
export type OptionalField =
  | "capabilities"
  | "hooks"
  | "signer"
  | "until"
  | "optional"
  | "dependencies";

interface TextKey {
  /** As the file has it. */
  readonly key: string;
  readonly field: TextField;
  /** What is wrong with a text that is not empty. */
  readonly fault: (text: string) => string | undefined;
}

const twoParts = /^.+:.+$/su;
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;
const lowerHex = /^[0-9a-f]*$/;
const digits: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha512", 128],
]);

/** In the order in which they are written. All of them are needed. */
export const textKeys: readonly TextKey[] = [
  {
    key: "id",
    field: "id",
    fault: (text) =>
      isHookId(text) || isKindId(text)
        ? undefined
        : `id must be a name such as pii-scan or acme.contrib.scan, got ${quoteName(text)}`,
  },
  {
    key: "package",
    field: "package",
    fault: (text) =>
      isPackageName(text)
        ? undefined
        : `package must be the name of an npm package, got ${quoteName(text)}`,
  },
  {
    key: "version",
    field: "version",
    fault: (text) =>
      isVersion(text)
        ? undefined
        : `version must be one exact version such as 1.2.0, got ${quoteName(text)}`,
  },
  { key: "entry_point", field: "entryPoint", fault: entryPointFault },
  { key: "distribution_hash", field: "hash", fault: hashFault },
];

interface OptionalKey {
  readonly key: OptionalField;
  /** What is wrong with a value, as the parser or a caller gives it. */
  readonly fault: (value: unknown) => string | undefined;
}

/** In the order in which they are written, behind the others. */
export const optionalKeys: readonly OptionalKey[] = [
  {
    key: "capabilities",
    fault: (value) =>
      namesFault(value, "capabilities", isCapabilityName, "not the name of a capability"),
  },
  {
    key: "hooks",
    fault: (value) => namesFault(value, "hooks", isHookName, "not the name of a hook"),
  },
  { key: "signer", fault: signerFault },
  { key: "until", fault: untilFault },
  { key: "optional", fault: optionalFault },
  {
    key: "dependencies",
    fault: (value) =>
      namesFault(value, "dependencies", isDependency, "not of the form NAME@VERSION sha256:DIGEST"),
  },
];

export const entryKeys: readonly string[] = [...textKeys, ...optionalKeys].map(({ key }) => key);

/** What is wrong with the value of a key, as the parser or a caller gives it. */
export function textFault({ key, fault }: TextKey, value: unknown): string | undefined {
  if (value === undefined) return `${key} is missing`;
  if (typeof value !== "string") return `${key} must be a string, got ${kindOf(value)}`;
  return value === "" ? `${key} must not be empty` : fault(value);
}

function namesFault(
  value: unknown,
  key: OptionalField,
  isName: (text: string) => boolean,
  wrong: string,
): string | undefined {
  if (!Array.isArray(value)) return `${key} must be an array of strings, got ${kindOf(value)}`;
  for (const each of value as readonly unknown[]) {
    if (typeof each !== "string")
      return `${key} must be an array of strings, got ${kindOf(each)} in it`;
    if (!isName(each)) return `${key} has ${quoteName(each)}, which is ${wrong}`;
  }
  return undefined;
}

/** `is-odd@3.0.1 sha256:…`: none of its characters begins a comment or ends a string. */
function isDependency(text: string): boolean {
  const { name, version, hash } = readDependency(text);
  return isPackageName(name) && isVersion(version) && /^sha256:[0-9a-f]{64}$/.test(hash);
}

/** The parts of a dependency. What is not there is empty. */
export function readDependency(text: string): {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
} {
  const space = text.indexOf(" ");
  const at = text.lastIndexOf("@", space);
  return space < 0 || at < 0
    ? { name: "", version: "", hash: "" }
    : { name: text.slice(0, at), version: text.slice(at + 1, space), hash: text.slice(space + 1) };
}

function signerFault(value: unknown): string | undefined {
  if (typeof value !== "string") return `signer must be a string, got ${kindOf(value)}`;
  const fault = value === "unsigned" ? undefined : identityFault(value);
  return fault === undefined ? undefined : `signer ${fault}, got ${quoteName(value)}`;
}

/** Sorted by code unit and without repeats: a grant is a set. */
function asGrant(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].sort());
}

/** By name, version and hash, without repeats. */
function sortedDependencies(texts: readonly string[]): readonly string[] {
  // None of the three has a space.
  const key = (text: string) => Object.values(readDependency(text)).join(" ");
  return Object.freeze([...new Set(texts)].sort((a, b) => (key(a) < key(b) ? -1 : 1)));
}

/**
 * An entry of values without a fault. What is `undefined` is not there, nor is an `optional` that is
 * false or a list of no dependencies.
 */
export function asEntry(values: LockEntry): LockEntry {
  const { id, package: name, version, entryPoint, hash } = values;
  const { capabilities, hooks, signer, until, optional, dependencies = [] } = values;
  return Object.freeze({
    ...{ id, package: name, version, entryPoint, hash },
    ...(capabilities === undefined ? {} : { capabilities: asGrant(capabilities) }),
    ...(hooks === undefined ? {} : { hooks: asGrant(hooks) }),
    ...(signer === undefined ? {} : { signer }),
    ...(until === undefined ? {} : { until }),
    ...(optional === true ? { optional } : {}),
    ...(dependencies.length === 0 ? {} : { dependencies: sortedDependencies(dependencies) }),
  });
}

function untilFault(value: unknown): string | undefined {
  if (typeof value !== "string") return `until must be a string, got ${kindOf(value)}`;
  return isDay(value)
    ? undefined
    : `until must be a day such as 2027-01-31, got ${quoteName(value)}`;
}

function optionalFault(value: unknown): string | undefined {
  return typeof value === "boolean"
    ? undefined
    : `optional must be true or false, got ${kindOf(value)}`;
}

/** Whether a text is a day of the calendar as ISO 8601 writes it. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function entryPointFault(text: string): string | undefined {
  if (!twoParts.test(text)) return `entry_point must be 'path:export', got ${quoteName(text)}`;
  return unprintable.test(text)
    ? `entry_point must be printable, got ${quoteName(text)}`
    : undefined;
}

function hashFault(text: string): string | undefined {
  const [algorithm = "", ...rest] = text.split(":");
  const digest = rest.join(":");
  const length = digits.get(algorithm);
  if (length === undefined)
    return `distribution_hash algorithm must be sha256 or sha512, got ${quoteName(algorithm)}`;
  if (digest === "") return "distribution_hash digest is empty";
  if (digest.length !== length)
    return `distribution_hash digest must be ${length} hex digits in lower case, got ${digest.length} characters`;
  return lowerHex.test(digest)
    ? undefined
    : `distribution_hash digest must be ${length} hex digits in lower case, got ${quoteName(digest)}`;
}

/** A value of TOML in words. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string ${quoteName(value)}`;
    case "bigint":
      return value < 1n ? "an integer below 1" : "an integer";
    case "number":
      return "a float";
    case "boolean":
      return "a boolean";
    default:
      if (Array.isArray(value)) return "an array";
      return value instanceof Date ? "a date" : "a table";
  }
}

/** Whether two entries say the same. A field that is `undefined` is not there. */
export function sameEntry(a: LockEntry, b: LockEntry | undefined): boolean {
  return b !== undefined && equal(known(a), known(b));
}

/** Whether two values of one key say the same: grants are sorted. */
export function sameValue(a: LockEntry[OptionalField], b: LockEntry[OptionalField]): boolean {
  return equal(a, b);
}

function known(entry: LockEntry): object {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
