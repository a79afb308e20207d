/** The schema of an entry, used for both reading and writing. */
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { quoteName } from "../../../core/errors/index.ts";
import {
  type Isolation,
  isOpening,
  isolations,
  type Opening,
  openingNames,
} from "../../isolate/kinds.ts";
import {
  isCapabilityName,
  isHookId,
  isHookName,
  isKindId,
  isPackageName,
  isVersion,
} from "../../packages/index.ts";
import { identityFault } from "../signing/identity.ts";

/** A trusted plugin, exactly as it was when somebody trusted it. */
export interface LockEntry {
  readonly id: string;
  /** `cpex` for a guest, a CPEX plugin from PyPI; `undefined` for a plugin from an npm package. */
  readonly kind?: "cpex" | undefined;
  /** The name of its npm package, with the scope; for a guest, the normalized name of its wheel. */
  readonly package: string;
  /** Compared exactly; never a range. */
  readonly version: string;
  /** `path:export`; for a guest, `module:Class`. */
  readonly entryPoint: string;
  /** `sha256:` or `sha512:`, followed by the digits in lower case. */
  readonly hash: string;
  /** What was granted, sorted and without duplicates; `undefined` if the entry does not say. */
  readonly capabilities?: readonly string[] | undefined;
  /**
   * The hooks that its package listed, sorted, without duplicates; `undefined` if it had no list.
   * An empty list is kept: any hook that the package lists later is then drift.
   */
  readonly hooks?: readonly string[] | undefined;
  /** Who verifiably signed it, or `unsigned`; `undefined` if the entry does not say. */
  readonly signer?: string | undefined;
  /** The last day on which it is trusted, in UTC: `2027-01-31`; `undefined` for no end. */
  readonly until?: string | undefined;
  /** Whether a production host may start if the plugin is not installed. Default: it may not. */
  readonly optional?: boolean | undefined;
  /** Where its code runs: `worker`, `process` and the like; `undefined` for the host itself. */
  readonly isolate?: Isolation | undefined;
  /** What its code may do that its kind of isolation should prevent; `undefined` for nothing. */
  readonly accept?: readonly Opening[] | undefined;
  /**
   * Every package that it needs, directly or indirectly, sorted: `is-odd@3.0.1 sha256:…`.
   * `undefined` for none. Any other package is drift.
   */
  readonly dependencies?: readonly string[] | undefined;
}

/** A valid lockfile. */
export interface Lockfile {
  readonly path: string;
  /** The text of the file. Edits change this text; it is never regenerated from the entries. */
  readonly text: string;
  /** In the order of the file. */
  readonly entries: readonly LockEntry[];
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/** A schema for the string under a key. `faultOf` says what is wrong with a non-empty one. */
function text(key: string, faultOf: (value: string) => string | undefined) {
  const error = ({ input }: { readonly input?: unknown }) =>
    input === undefined ? `${key} is missing` : `${key} must be a string, got ${kindOf(input)}`;
  return z.string({ error }).superRefine((value, context) => {
    const fault = value === "" ? `${key} must not be empty` : faultOf(value);
    if (fault !== undefined) context.addIssue(fault);
  });
}

/** A schema for a string that passes a test. The error says what was expected and what came. */
function textThat(key: string, isGood: (value: string) => boolean, expected: string) {
  return text(key, (value) =>
    isGood(value) ? undefined : `${key} must be ${expected}, got ${quoteName(value)}`,
  );
}

function names(key: string, isName: (name: string) => boolean, wrong: string) {
  const expected = `${key} must be an array of strings`;
  const name = z.string(wrongKind(expected, " in it")).refine(isName, {
    error: ({ input }) => `${key} has ${quoteName(String(input))}, which is ${wrong}`,
  });
  return z.array(name, wrongKind(expected)).optional();
}

/** The error for a value of the wrong kind: what was expected and what came. */
export function wrongKind(expected: string, where = "") {
  return {
    error: ({ input }: { readonly input?: unknown }) => `${expected}, got ${kindOf(input)}${where}`,
  };
}

/** An entry as it is in the file. Keys are written in this order. */
const rowShape = {
  id: textThat(
    "id",
    (value) => isHookId(value) || isKindId(value),
    "a name such as pii-scan or acme.contrib.scan",
  ),
  kind: z.literal("cpex", wrongKind('kind must be "cpex" or absent')).optional(),
  package: textThat("package", isPackageName, "the name of an npm package"),
  version: textThat("version", isVersion, "one exact version such as 1.2.0"),
  entry_point: text("entry_point", entryPointFault),
  distribution_hash: text("distribution_hash", hashFault),
  capabilities: names("capabilities", isCapabilityName, "not the name of a capability"),
  hooks: names("hooks", isHookName, "not the name of a hook"),
  signer: text("signer", signerFault).optional(),
  until: textThat("until", isDay, "a day such as 2027-01-31").optional(),
  optional: z.boolean(wrongKind("optional must be a boolean")).optional(),
  isolate: z
    .enum(isolations, wrongKind(`isolate must be one of ${isolations.join(", ")}`))
    .optional(),
  accept: names("accept", isOpening, `not one of ${openingNames.join(", ")}`),
  dependencies: names("dependencies", isDependency, "not of the form NAME@VERSION sha256:DIGEST"),
};

export const rowSchema = z
  .strictObject(rowShape)
  .superRefine(({ kind, isolate, accept = [] }, context) => {
    const fault = (key: keyof Row, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (kind !== undefined && isolate !== undefined)
      fault("isolate", "isolate is for npm packages: a guest runs in a process of its own");
    if (kind === undefined && isolate === undefined && accept.length > 0)
      fault("accept", "accept requires isolate, which the entry does not have");
  });

export type Row = z.output<typeof rowSchema>;

export const rowKeys = Object.keys(rowShape) as readonly (keyof Row)[];

/** Sorts and deduplicates sets. Omits `optional = false`, and empty `accept` and `dependencies`. */
export function entryOf({ entry_point, distribution_hash, ...row }: Row): LockEntry {
  const { capabilities, hooks, optional, accept = [], dependencies = [] } = row;
  const entry: LockEntry = {
    ...row,
    entryPoint: entry_point,
    hash: distribution_hash,
    capabilities: capabilities && sorted(capabilities),
    hooks: hooks && sorted(hooks),
    optional: optional || undefined,
    accept: accept.length === 0 ? undefined : (sorted(accept) as readonly Opening[]),
    dependencies: dependencies.length === 0 ? undefined : sorted(dependencies, byParts),
  };
  const known = Object.entries(entry).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(known)) as LockEntry;
}

export function rowOf(entry: LockEntry): { readonly [Key in keyof Row]: unknown } {
  const { entryPoint, hash, ...same } = entry;
  return { ...same, entry_point: entryPoint, distribution_hash: hash };
}

function sorted(texts: readonly string[], keyOf = (text: string) => text): readonly string[] {
  return Object.freeze([...new Set(texts)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
}

/** Returns a sort key of name, version and hash, none of which contains a space. */
function byParts(text: string): string {
  return Object.values(readDependency(text)).join(" ");
}

/** True for `is-odd@3.0.1 sha256:…`. No such character can begin a comment or end a string. */
function isDependency(text: string): boolean {
  const { name, version, hash } = readDependency(text);
  return isPackageName(name) && isVersion(version) && /^sha256:[0-9a-f]{64}$/.test(hash);
}

/** Splits a dependency into its parts. A missing part is an empty string. */
export function readDependency(text: string): {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
} {
  const [, name = "", version = "", hash = ""] = /^([^ ]*)@([^ @]*) (.*)$/s.exec(text) ?? [];
  return { name, version, hash };
}

function signerFault(signer: string): string | undefined {
  const fault = signer === "unsigned" ? undefined : identityFault(signer);
  return fault && `signer ${fault}, got ${quoteName(signer)}`;
}

const day = z.iso.date();

/** Whether a string is an existing calendar day in ISO 8601 form. */
export function isDay(text: string): boolean {
  return day.safeParse(text).success;
}

function entryPointFault(point: string): string | undefined {
  if (!/^.+:.+$/su.test(point)) return `entry_point must be 'path:export', got ${quoteName(point)}`;
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(point)) return undefined;
  return `entry_point must be printable, got ${quoteName(point)}`;
}

function hashFault(hash: string): string | undefined {
  const [, algorithm = "", digest = ""] = /^([^:]*):?(.*)$/s.exec(hash) ?? [];
  const length = algorithm === "sha256" ? 64 : 128;
  if (algorithm !== "sha256" && algorithm !== "sha512")
    return `distribution_hash algorithm must be sha256 or sha512, got ${quoteName(algorithm)}`;
  if (digest === "") return "distribution_hash digest is empty";
  const expected = `distribution_hash digest must be ${length} hex digits in lower case, got`;
  if (digest.length !== length) return `${expected} ${digest.length} characters`;
  return /^[0-9a-f]*$/.test(digest) ? undefined : `${expected} ${quoteName(digest)}`;
}

/** Describes a TOML value in words. */
export function kindOf(value: unknown): string {
  if (typeof value === "string") return `the string ${quoteName(value)}`;
  if (typeof value === "bigint") return value < 1n ? "an integer below 1" : "an integer";
  if (typeof value === "number") return "a float";
  if (typeof value === "boolean") return "a boolean";
  if (Array.isArray(value)) return "an array";
  return value instanceof Date ? "a date" : "a table";
}

/** Whether two entries say the same, ignoring order and duplicates in their lists. */
export function sameEntry(a: LockEntry, b: LockEntry | undefined): boolean {
  return b !== undefined && isDeepStrictEqual(entryOf(rowOf(a) as Row), entryOf(rowOf(b) as Row));
}
