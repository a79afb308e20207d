/** What services report, with the field names of `--json`. */
import type { PluginKind, SignatureCause } from "../packages/index.ts";
import type { Drift, PluginMode } from "../trust/index.ts";
import type {
  configKey,
  driftRow,
  health,
  journalProblem,
  lock,
  locked,
  Report,
  trustEvent,
} from "./documents.ts";
import type { NamesChange, SignerChange } from "./plain-words.ts";

/** JSON, as it may stand in a report. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The lockfile that is in effect. */
export type LockFacts = Report<typeof lock>;

/** Why a file or a setting cannot be read. */
interface ReadFault {
  readonly code: string;
  readonly message: string;
}

/** One key of a configuration. */
export interface ConfigKey extends Report<typeof configKey> {
  /** As the schema has it; `undefined` where it has none, and for what is secret. */
  readonly default?: Json | undefined;
}

/** A plugin, as far as it is known. What is only known after loading is null before. */
export interface PluginFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: PluginKind;
  /** Of the package. */
  readonly version: string;
  readonly package: string;
  readonly entry_point: string;
  readonly distribution_hash: string | null;
  readonly builtin: boolean;
  /** Null where its package does not say, and it was not loaded. */
  readonly capabilities: readonly string[] | null;
  readonly hooks: readonly string[] | null;
  readonly depends_on: readonly string[];
  readonly discovery_source: { readonly [key: string]: Json };
  readonly signed_by: string | null;
  readonly trust_decision: string | null;
  readonly health: Report<typeof health> | null;
  /** The versions of the host that it runs on. */
  readonly requires: string | null;
  readonly config: readonly ConfigKey[] | null;
  /** Whether the lockfile has an entry of its id. */
  readonly locked: boolean;
  /** What it was granted when it was trusted; null where the entry does not say. */
  readonly granted_capabilities: readonly string[] | null;
  /** The last day on which it is trusted; null for no end, and where it is not trusted. */
  readonly trusted_until: string | null;
  readonly missing_keyword: boolean;
  /** Those it declares and the host supplies nothing for. */
  readonly unsupplied_capabilities: readonly string[];
  /** What its package named when it was trusted; null where the entry does not say. */
  readonly granted_hooks: readonly string[] | null;
  /** Who had signed it when it was trusted; null where the entry does not say. */
  readonly trusted_signer: string | null;
  /** Who verifiably signed its package, or `unsigned`; null where that is not known. */
  readonly signer: string | null;
  /** Every package that it needs, theirs included. */
  readonly dependencies: LockedFacts["dependencies"];
  /** The names of those that no signature covers. */
  readonly lock_only_dependencies: readonly string[];
  /** The names of those that the host provides. */
  readonly provided_by_host: readonly string[];
}

/** A package or plugin that is not loaded. */
export interface RejectedPlugin {
  readonly id: string | null;
  readonly package: string;
  readonly entry_point: string | null;
  readonly code: string;
  readonly reason: string;
  /** Of an invalid signature, where the key is at fault and not the files. */
  readonly cause?: SignatureCause | undefined;
  /** What is known of it without running it; null where not even that is. */
  readonly facts: PluginFacts | null;
}

/** One difference between lockfile and installation. */
export interface DriftRow extends Report<typeof driftRow> {
  readonly kind: Drift["kind"];
  /** Of the entry of its id; absent where there is none. */
  readonly package?: string | undefined;
}

export interface DiscoveryReport {
  readonly mode: PluginMode;
  readonly lock: LockFacts | null;
  readonly lock_fault: ReadFault | null;
  /** Of the signing policy: those that are as good as not set. */
  readonly setting_faults: readonly ReadFault[];
  /** In the order in which they registered. */
  readonly loaded: readonly PluginFacts[];
  readonly rejected: readonly RejectedPlugin[];
  /** In the order of the lockfile, then what it has no entry of, by id. */
  readonly drift: readonly DriftRow[];
  /** Folders of packages that cannot be read. */
  readonly unreadable: readonly string[];
  readonly warnings: readonly string[];
}

/** What is wrong with the journal. */
export interface JournalProblem extends Report<typeof journalProblem> {
  /** One sentence. */
  readonly detail?: string | undefined;
}

export interface LockState {
  readonly lock: LockFacts | null;
  readonly fault: ReadFault | null;
  /** Why the journal, or what a change left, cannot be read. */
  readonly journal_fault: ReadFault | null;
  /** The first of them. */
  readonly journal: readonly JournalProblem[];
  /** How many there are. */
  readonly journal_count: number;
  /** Whether a change was begun and not ended. */
  readonly pending: boolean;
  readonly warnings: readonly string[];
}

/** What the lockfile says of a plugin. */
export type LockedFacts = Report<typeof locked>;

/** A plugin that is trusted now. */
export interface TrustedPlugin extends LockedFacts {
  readonly id: string;
  readonly previous: LockedFacts | null;
}

/** What a change was written to. */
interface Written {
  /** As it is now. */
  readonly lock: LockFacts;
  /** The path. */
  readonly journal: string;
  readonly warnings: readonly string[];
}

export interface TrustChange extends TrustedPlugin, Written {}

export interface UntrustChange extends Written {
  readonly id: string;
  readonly previous: LockedFacts;
}

/** A change, or why there is none. */
export type Change<Done, Refusal> = { readonly change: Done } | { readonly refusal: Refusal };

/** Why a plugin is not trusted. */
export type TrustRefusal =
  | { readonly kind: "not_found"; readonly available: readonly string[] }
  | { readonly kind: "unhashable"; readonly package: string; readonly detail: string }
  /** It is local or linked. */
  | { readonly kind: "not_installed" }
  | {
      readonly kind: "rejected";
      readonly code: string;
      readonly detail: string;
      /** What to do about it. */
      readonly response?: string | undefined;
    };

export interface UntrustRefusal {
  readonly kind: "not_locked";
  readonly lock: string;
  readonly locked: readonly string[];
}

/** What `lock` did. */
export interface LockChange {
  /** As it is now. */
  readonly lock: LockFacts;
  /** The path; null where nothing was recorded. */
  readonly journal: string | null;
  readonly created: boolean;
  /** By id. */
  readonly trusted: readonly TrustedPlugin[];
  readonly removed: readonly { readonly id: string }[];
  readonly skipped: readonly {
    readonly id: string;
    readonly code: string;
    readonly reason: string;
  }[];
  readonly warnings: readonly string[];
}

export type TrustEvent = Report<typeof trustEvent>;

export interface JournalReport {
  readonly lock: LockFacts | null;
  /** The path. */
  readonly journal: string;
  /** The last of them. */
  readonly changes: readonly TrustEvent[];
  /** How many there are. */
  readonly change_count: number;
  /** The first of what is wrong with the journal in itself. */
  readonly problems: readonly JournalProblem[];
  readonly problem_count: number;
  readonly warnings: readonly string[];
}

/** Capabilities and hooks that came or went since a plugin was trusted, and another signer. */
export interface PermissionChange extends NamesChange {
  readonly id: string;
  readonly hooks: NamesChange;
  /** Null where it is the same, or not known. */
  readonly signer: SignerChange | null;
}

export interface VerifyReport {
  readonly lock: LockFacts;
  readonly drift: readonly DriftRow[];
  /** Installed plugins whose package is a link: production loads none. */
  readonly linked: readonly { readonly id: string; readonly path: string }[];
  /** Ids that several packages claim, with the paths of these: production loads none. */
  readonly duplicates: readonly { readonly id: string; readonly paths: readonly string[] }[];
  readonly unhashable: readonly {
    readonly id: string;
    readonly code: string;
    readonly reason: string;
  }[];
  /** The first of them. */
  readonly journal: readonly JournalProblem[];
  /** How many there are. */
  readonly journal_count: number;
  readonly pending: boolean;
  /** Folders of packages that cannot be read: what is in them was not compared. */
  readonly unreadable: readonly string[];
  readonly permissions: readonly PermissionChange[];
  readonly warnings: readonly string[];
}

/** What `sign` wrote. */
export interface SignedReport {
  readonly package: string;
  readonly version: string;
  readonly distribution_hash: string;
  readonly identity: string;
  readonly key_id: string;
  /** 32 bytes in base64. */
  readonly public_key: string;
  /** The path of the file that has the evidence: itself, or the tarball with it. */
  readonly evidence: string;
  readonly warnings: readonly string[];
}
