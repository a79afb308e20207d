/** What discovery finds: plugins that may be loaded, and why others may not. */
import type { GlassineError } from "../../core/errors/index.ts";
import type { Plugin } from "../../core/plugins/index.ts";
import type {
  InstalledPackage,
  PackageClosure,
  PackageEntry,
  PackageHash,
  Rejection,
} from "../packages/index.ts";
import type {
  Drift,
  Evidence,
  Lockfile,
  PluginMode,
  TrustAccepted,
  TrustSettings,
} from "../trust/index.ts";
import type { CheckedProcedure } from "./procedures.ts";

/** A rejection, with the error message of a host that does not start because of it. */
export interface Refused extends Rejection {
  readonly message: string;
  /** The plugin itself, if known: another one may have the same names. */
  readonly source?: StaticPlugin | undefined;
}

/** What is known of a package without running it. */
export interface SurveyedPackage {
  readonly package: InstalledPackage;
  /** Part of the host itself: trusted without a lock entry. */
  readonly isBuiltin: boolean;
  /** From an operator's folder, and not installed. */
  readonly isLocal: boolean;
  /** `undefined` if the package cannot be hashed, and for local ones. */
  readonly hash: PackageHash | undefined;
  /** What the package needs. `undefined` if not hashable, and for local and built-in packages. */
  readonly closure: PackageClosure | undefined;
  /** `undefined` for local and built-in packages, and for those without a hash. */
  readonly evidence: Evidence | undefined;
  /** What is wrong with the whole package. */
  readonly packageFault: Pick<Rejection, "code" | "reason"> | undefined;
}

/** One entry point of a package, of any kind. */
export interface Candidate extends SurveyedPackage {
  readonly entry: PackageEntry;
  /**
   * Who verifiably signed it, trusted or not, or `unsigned`; `undefined` for built-in and local
   * plugins, and if the signature is invalid or was not checked.
   */
  readonly signer: string | undefined;
}

export interface StaticPlugin extends Candidate {
  /** `undefined` for built-in and local plugins, and for those that are refused. */
  readonly trust: Omit<TrustAccepted, "accepted"> | undefined;
}

/** Called before each package or plugin that takes time, with how many are done. */
export type OnStep = (step: {
  readonly done: number;
  readonly total: number;
  readonly name: string;
}) => void;

export interface StaticReport {
  readonly mode: PluginMode;
  readonly settings: Omit<TrustSettings, "mode">;
  readonly lock: Lockfile | undefined;
  /** The paths at which a lockfile was looked for. */
  readonly candidates: readonly string[];
  /** Every plugin that was found, by id, then by package. */
  readonly found: readonly StaticPlugin[];
  /** Those that pass every gate. */
  readonly accepted: readonly StaticPlugin[];
  readonly refused: readonly Refused[];
  readonly drift: readonly Drift[];
  /** The ids of entries that were not compared, because their plugins are another host's. */
  readonly ofOthers: readonly string[];
  /** Folders that cannot be read: a plugin that was not found may be in one. */
  readonly unreadable: readonly string[];
  /** Faults of the operator's settings and files, if a command goes on despite them. */
  readonly faults: readonly GlassineError[];
  /** Why no signature was checked; `undefined` if each was, and has to be valid. */
  readonly signaturesUnchecked: string | undefined;
  readonly warnings: readonly string[];
}

export interface LoadedPlugin {
  readonly source: StaticPlugin;
  readonly loaded:
    | { readonly kind: "hooks"; readonly plugin: Plugin }
    /** Another kind: what its check returned, and the same under `procedure` if it is one. */
    | { readonly kind: "other"; readonly plugin: object; readonly procedure?: CheckedProcedure };
}
