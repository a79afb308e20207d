/**
 * What is known about plugins and lockfiles, with the field names of `--json`: a key means the same
 * in all documents. Each command has a schema for its own, and prints only what that schema names.
 */
import * as z from "zod";
import type { StreamMode } from "../../core/hooks/index.ts";
import type { Drift, PluginMode } from "../trust/index.ts";

/** The data that fits a schema, as services report it. */
export type Report<Schema extends z.ZodType> = DeepReadonly<z.input<Schema>>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export const text = z.string();
export const textList = z.array(text);
export const textOrNull = text.nullable();
export const count = z.int().min(0);
export const warnings = textList.describe("A sentence each.");

export const mode = z.enum(["dev", "production"]);

export const lock = z
  .object({
    path: text,
    schema_version: z.int(),
    entries: count.describe("How many there are."),
  })
  .describe("The lockfile in effect.");

const driftRow = z.object({
  id: text,
  kind: text,
  expected: textOrNull,
  actual: textOrNull,
  blocking: z.boolean().describe("Whether production refuses the plugin for it."),
});
export const drift = z.array(driftRow);

/** A plugin that is refused, or a package. */
export const rejectedRow = z.object({
  id: textOrNull,
  package: text,
  entry_point: textOrNull,
  code: text,
  reason: text,
});

const health = z.object({
  status: text,
  message: text,
  checked_at: textOrNull,
  error_summary: textOrNull,
});

const isolation = z
  .object({
    isolate: text,
    says: text.describe("What this kind of isolation promises about the code."),
    accept: textList.describe("What the code may be able to do if the machine cannot prevent it."),
    open: textList.nullable().describe("Which of these it can do here. Null if it was not loaded."),
  })
  .nullable()
  .describe("Where its code runs. Null for the host itself.");

/** A plugin in a list. Optional keys are present only where they apply. */
export const plugin = {
  id: textOrNull,
  name: text,
  kind: text.describe("`hooks`, `procedure`, or another kind of the host's."),
  version: text,
  package: textOrNull,
  entry_point: textOrNull,
  distribution_hash: textOrNull,
  builtin: z.boolean(),
  capabilities: textList.nullable(),
  hooks: textList.nullable().optional().describe("Null if they are known only after loading."),
  hook_count: count.nullable().optional(),
  depends_on: textList.optional(),
  discovery_source: z.record(z.string(), z.unknown()),
  lock_only_dependencies: textList
    .optional()
    .describe("Dependencies that no signature covers: trusted by the lock only."),
  isolation,
  signed_by: textOrNull.optional(),
  trust_decision: textOrNull.optional(),
  enabled: z.boolean().optional(),
  enable_env_var: text.optional(),
  health: health.optional(),
};

/** Lines count from 1; `line` is null if the problem is not about one. */
const journalProblem = z.object({ line: z.int().nullable(), id: textOrNull, problem: text });
export const journal_problems = z.array(journalProblem).describe("The first hundred.");

/** A change of trust as the journal records it. `line` is its line number. */
export const trustEvent = z.object({
  line: z.int(),
  at: text.describe("The time in the line: ISO 8601."),
  action: z.enum(["trust", "revoke"]),
  id: text,
  version: textOrNull.describe("Null if trust was withdrawn."),
  distribution_hash: textOrNull,
  until: textOrNull,
  isolate: textOrNull.describe(
    "Where its code runs from then on; `host` if it was isolated before. Null if it runs in the host, as before.",
  ),
  reason: text,
  actor: textOrNull.describe("Null if the line was written by hand."),
});

/** One key of a configuration. There is no field for its value. */
export const configKey = z.object({
  key: text,
  type: text,
  required: z.boolean(),
  default: z.unknown().optional().describe("The default in the plugin's schema: any JSON."),
  secret: z.boolean(),
});

export const change = z.object({ added: textList, removed: textList });

export const signer_change = z
  .object({ was: text, now: text })
  .nullable()
  .describe("Null if the signer is the same, or not known.");

export const dependencies = z
  .array(z.object({ name: text, version: text, hash: text }))
  .describe("What Node would load for the plugin besides its own package.");

const lockedShape = {
  package: text,
  version: text,
  entry_point: text,
  distribution_hash: text,
  until: textOrNull.describe("The last day of the trust, in UTC."),
  isolate: textOrNull.describe("Where its code runs. Null for the host itself."),
  accept: textList,
  capabilities: textList.nullable(),
  hooks: textList.nullable(),
  signer: textOrNull,
  dependencies,
};

export const locked = z.object(lockedShape);

export const trusted = {
  id: text,
  ...lockedShape,
  previous: locked.nullable(),
  permission_change: change,
  hook_change: change,
  signer_change,
};

/** The states of a plugin and how bad each is. A note is worth knowing but not a problem. */
export const doctorStates = {
  "enabled-not-installed": "error",
  "installed-disabled": "warning",
  "installed-enabled": "fine",
  "not-installed": "fine",
  /** It is installed but not loaded. */
  rejected: "error",
  /** It differs from plugins.lock: production refuses it, or does not start without it. */
  drifted: "warning",
  /** It runs in production without a valid signature of a trusted publisher. */
  "unsigned-in-production": "warning",
  "missing-keyword": "note",
  /** It declares a capability for which the host supplies nothing. */
  "unsupplied-capability": "warning",
  /** It needs packages that no signature covers: only plugins.lock pins them. */
  "dependencies-not-covered": "note",
  /** Its code does not run in the host. */
  isolated: "note",
  degraded: "warning",
  unhealthy: "error",
} as const satisfies Record<string, "fine" | "note" | "warning" | "error">;

export const diagnosis = z.object({
  slug: textOrNull,
  package: text,
  env_var: textOrNull,
  installed: z.boolean(),
  enabled: z.boolean(),
  status: z.enum(Object.keys(doctorStates) as [keyof typeof doctorStates]),
  recommendation: text,
  reason: textOrNull,
  id: textOrNull,
});

/** A problem that is not about a plugin. */
export const finding = z.object({
  about: z.enum(["setting", "folder", "mode", "lock", "journal", "pending"]),
  severity: z.enum(["warning", "error"]),
  message: text,
  recommendation: text,
});

export const entry = { slug: text, package: text, env_var: textOrNull };

export const publisher = z
  .object({ identity: text, key_id: text, public_key: text })
  .describe("The entry for an operator's file of keys.");

export const errorDocument = z
  .object({ error: z.object({ code: text, message: text }) })
  .describe("What every command prints with `--json` where it refuses.");

export type LockFacts = Report<typeof lock>;

export type LockedFacts = Report<typeof locked>;

export type ConfigKey = Report<typeof configKey>;

type PluginRow = Report<z.ZodObject<typeof plugin>>;
type Known<T> = { readonly [Key in keyof T]-?: Exclude<T[Key], undefined> };

/** A plugin, as far as it is known. What only loading reveals is null before. */
export interface PluginFacts
  extends Known<
    Omit<PluginRow, "discovery_source" | "enabled" | "enable_env_var" | "health" | "hook_count">
  > {
  readonly id: string;
  readonly package: string;
  readonly entry_point: string;
  readonly discovery_source: { readonly [key: string]: string };
  readonly health: Report<typeof health> | null;
  /** By hook that can be streamed: what it needs to see before text is forwarded. */
  readonly streams: { readonly [hook: string]: StreamMode } | null;
  /** The host versions that it runs on. */
  readonly requires: string | null;
  readonly config: readonly ConfigKey[] | null;
  /** The lockfile's entry for its id; null if there is none. */
  readonly trusted: LockedFacts | null;
  readonly missing_keyword: boolean;
  /** What package.json asks for but the loaded code does not declare; plugins.lock grants it. */
  readonly undeclared_capabilities: readonly string[];
  readonly undeclared_hooks: readonly string[];
  /** Capabilities that it declares and for which the host supplies nothing. */
  readonly unsupplied_capabilities: readonly string[];
  /** Who verifiably signed its package, or `unsigned`; null if not known. */
  readonly signer: string | null;
  /** Every package that it needs, directly or not. */
  readonly dependencies: LockedFacts["dependencies"];
  /** The names of those that the host provides. */
  readonly provided_by_host: readonly string[];
}

export type RejectedRow = Report<typeof rejectedRow>;

export interface RejectedPlugin extends RejectedRow {
  /** What is known without running it; null if nothing is. */
  readonly facts: PluginFacts | null;
}

export interface DriftRow extends Report<typeof driftRow> {
  readonly kind: Drift["kind"];
  /** The package in the lockfile entry for its id; absent if there is no entry. */
  readonly package?: string | undefined;
  /** Whether no package names the plugin. */
  readonly isLost?: boolean;
}

export interface ReadFault {
  readonly code: string;
  readonly message: string;
}

export interface DiscoveryReport {
  readonly mode: PluginMode;
  readonly lock: LockFacts | null;
  readonly lock_fault: ReadFault | null;
  /** Faults of the signing policy's settings, which count as not set. */
  readonly setting_faults: readonly ReadFault[];
  /** The setting that switched discovery off; null if installed packages were looked at. */
  readonly discovery_off: string | null;
  /** In registration order. */
  readonly loaded: readonly PluginFacts[];
  readonly rejected: readonly RejectedPlugin[];
  /** In lockfile order, then plugins without an entry, by id. */
  readonly drift: readonly DriftRow[];
  /** Folders of packages that cannot be read. */
  readonly unreadable: readonly string[];
  readonly warnings: readonly string[];
}

/** A plugin that is installed, loaded or not. */
export interface InstalledPlugin extends Pick<RejectedPlugin, "id" | "package" | "facts"> {
  readonly rejected: RejectedPlugin | null;
}

/** Loaded plugins first. */
export function installedIn({ loaded, rejected }: DiscoveryReport): readonly InstalledPlugin[] {
  return [
    ...loaded.map((facts) => ({ id: facts.id, package: facts.package, facts, rejected: null })),
    ...rejected.map((each) => ({ ...each, rejected: each })),
  ];
}

/** Whether no plugin is installed. False if not everything was looked at. */
export function isNoneInstalled(report: DiscoveryReport): boolean {
  const { discovery_off: off, unreadable } = report;
  return installedIn(report).length === 0 && off === null && unreadable.length === 0;
}

export interface JournalProblem extends Report<typeof journalProblem> {
  /** One sentence. */
  readonly detail?: string | undefined;
}

/** The first problems of a journal, and how many there are. */
export interface JournalProblems {
  readonly journal_problems: readonly JournalProblem[];
  readonly journal_problem_count: number;
}

export interface TrustedPlugin extends LockedFacts {
  readonly id: string;
  readonly previous: LockedFacts | null;
}
