/** What the keys of an entry may say. Parsing and writing hold an entry to the same rules. */
import {
  isCapabilityName,
  isHookId,
  isKindId,
  isPackageName,
  isVersion,
} from "../../packages/index.ts";
import { single } from "../single-quotes.ts";
import type { LockEntry } from "./types.ts";

/** The fields of an entry that are texts. */
export type TextField = Exclude<keyof LockEntry, OptionalField>;

/** The fields that may be absent: they are named as their keys are. */
export type OptionalField = "capabilities" | "until" | "optional";

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
        : `id must be a name such as pii-scan or acme.contrib.scan, got ${single(text)}`,
  },
  {
    key: "package",
    field: "package",
    fault: (text) =>
      isPackageName(text)
        ? undefined
        : `package must be the name of an npm package, got ${single(text)}`,
  },
  {
    key: "version",
    field: "version",
    fault: (text) =>
      isVersion(text)
        ? undefined
        : `version must be one exact version such as 1.2.0, got ${single(text)}`,
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
  { key: "capabilities", fault: grantFault },
  { key: "until", fault: untilFault },
  { key: "optional", fault: optionalFault },
];

export const entryKeys: readonly string[] = [...textKeys, ...optionalKeys].map(({ key }) => key);

/** What is wrong with the value of a key, as the parser or a caller gives it. */
export function textFault({ key, fault }: TextKey, value: unknown): string | undefined {
  if (value === undefined) return `${key} is missing`;
  if (typeof value !== "string") return `${key} must be a string, got ${kindOf(value)}`;
  return value === "" ? `${key} must not be empty` : fault(value);
}

function grantFault(value: unknown): string | undefined {
  if (!Array.isArray(value))
    return `capabilities must be an array of strings, got ${kindOf(value)}`;
  for (const each of value as readonly unknown[]) {
    if (typeof each !== "string")
      return `capabilities must be an array of strings, got ${kindOf(each)} in it`;
    if (!isCapabilityName(each))
      return `capabilities has ${single(each)}, which is no name of a capability`;
  }
  return undefined;
}

/** Sorted by code unit and without repeats: a grant is a set. */
function asGrant(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].sort());
}

/** An entry of values without a fault. What is `undefined` is not there, nor is an `optional` that is false. */
export function asEntry(values: LockEntry): LockEntry {
  const { id, package: name, version, entryPoint, hash, capabilities, until, optional } = values;
  return Object.freeze({
    ...{ id, package: name, version, entryPoint, hash },
    ...(capabilities === undefined ? {} : { capabilities: asGrant(capabilities) }),
    ...(until === undefined ? {} : { until }),
    ...(optional === true ? { optional } : {}),
  });
}

function untilFault(value: unknown): string | undefined {
  if (typeof value !== "string") return `until must be a string, got ${kindOf(value)}`;
  return isDay(value) ? undefined : `until must be a day such as 2027-01-31, got ${single(value)}`;
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
  if (!twoParts.test(text)) return `entry_point must be 'path:export', got ${single(text)}`;
  return unprintable.test(text) ? `entry_point must be printable, got ${single(text)}` : undefined;
}

function hashFault(text: string): string | undefined {
  const [algorithm = "", ...rest] = text.split(":");
  const digest = rest.join(":");
  const length = digits.get(algorithm);
  if (length === undefined)
    return `distribution_hash algorithm must be sha256 or sha512, got ${single(algorithm)}`;
  if (digest === "") return "distribution_hash digest is empty";
  if (digest.length !== length)
    return `distribution_hash digest must be ${length} hex digits in lower case, got ${digest.length} characters`;
  return lowerHex.test(digest)
    ? undefined
    : `distribution_hash digest must be ${length} hex digits in lower case, got ${single(digest)}`;
}

/** A value of TOML in words. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the text ${single(value)}`;
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
