/** What is known about plugins and lockfiles, with the field names of `--json`. */
import type { StreamMode } from "../../core/hooks/index.ts";
import type { Drift, PluginMode } from "../trust/index.ts";
import type {
  configKey,
  driftRow,
  health,
  isolation,
  journalProblem,
  lock,
  locked,
  Report,
  rejectedRow,
} from "./documents.ts";

export type LockFacts = Report<typeof lock>;

export type LockedFacts = Report<typeof locked>;

export type ConfigKey = Report<typeof configKey>;

/** A plugin, as far as it is known. What only loading reveals is null before. */
export interface PluginFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** The package's version. */
  readonly version: string;
  readonly package: string;
  readonly entry_point: string;
  readonly distribution_hash: string | null;
  readonly builtin: boolean;
  readonly capabilities: readonly string[] | null;
  readonly hooks: readonly string[] | null;
  /** By hook that can be streamed: what it needs to see before text is forwarded. */
  readonly streams: { readonly [hook: string]: StreamMode } | null;
  readonly depends_on: readonly string[];
  readonly discovery_source: { readonly [key: string]: string };
  readonly signed_by: string | null;
  readonly trust_decision: string | null;
  readonly health: Report<typeof health> | null;
  /** The host versions that it runs on. */
  readonly requires: string | null;
  readonly config: readonly ConfigKey[] | null;
  readonly isolation: Report<typeof isolation>;
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
  /** The names of those that no signature covers. */
  readonly lock_only_dependencies: readonly string[];
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
