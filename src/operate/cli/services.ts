/**
 * What commands need of the rooms below: discovery, the lockfile, signatures. Reports are plain
 * data with the names that `--json` prints.
 *
 * What a service refuses it throws as `GlassineError`; what an operator has to choose again it
 * answers as a `refusal`, and the command finds the words.
 */
import type { Environment } from "../../core/plugins/index.ts";
import type { MadeKey, MakeKeyOptions, PluginMode } from "../trust/index.ts";
import type { NamedHost } from "./command-host.ts";
import type {
  Change,
  DiscoveryReport,
  JournalReport,
  LockChange,
  LockState,
  SignedReport,
  TrustChange,
  TrustRefusal,
  UntrustChange,
  UntrustRefusal,
  VerifyReport,
} from "./reports.ts";

/** How far a piece of long work has come. */
export interface Progress {
  /** A word or two: `hashing`. */
  readonly what: string;
  readonly done: number;
  /** `undefined` where it is not known how much there is. */
  readonly total?: number | undefined;
  /** What it is at. */
  readonly name?: string | undefined;
}

/** What holds for every command that looks at plugins. Paths are absolute. */
export interface CommandScope
  extends Pick<
    NamedHost,
    "bin" | "hostName" | "prefix" | "host" | "discovery" | "services" | "audit"
  > {
  readonly env: Environment;
  readonly cwd: string;
  /** Where installed plugins are looked for. */
  readonly root: string;
  /** As `--plugins-lock` names it; `undefined` for the usual places. */
  readonly lockfile: string | undefined;
  /** A folder with plugins that are not installed. */
  readonly localPlugins: string | undefined;
  /** Called as often as one likes. */
  readonly progress: (step: Progress) => void;
}

export interface DiscoverRequest extends CommandScope {
  readonly mode: PluginMode;
  /** False: nothing of a package is run. */
  readonly load: boolean;
  /**
   * What becomes of a lockfile, a setting or a file of keys that cannot be read: `throw`, or
   * `report` it in `lock_fault` and `setting_faults` and go on as if there were none.
   */
  readonly faults: "throw" | "report";
}

export interface TrustRequest extends CommandScope {
  readonly id: string;
  /** As it was given: the service checks it before all else. */
  readonly reason: string | undefined;
  /** The last day of the trust; `undefined` for no end. */
  readonly until: string | undefined;
  /** Also loads the plugin, and refuses what does not pass. */
  readonly check: boolean;
  /** Whether a production host may start where it is not installed. */
  readonly optional: boolean;
}

export interface UntrustRequest extends CommandScope {
  readonly id: string;
  readonly reason: string | undefined;
}

export interface LockRequest extends CommandScope {
  /** `create` if there is none, trust `all`, `prune` what is gone, `check` that it can be read. */
  readonly action: "create" | "all" | "prune" | "check";
  readonly reason: string | undefined;
}

export interface JournalRequest extends CommandScope {
  /** Of one plugin alone. */
  readonly id: string | undefined;
}

export interface SignRequest {
  /** The folder of the package, or its tarball. */
  readonly path: string;
  /** The private key as PEM text. */
  readonly key: string;
  readonly identity: string;
  readonly keyId: string | undefined;
}

/** What runs behind the commands. */
export interface CommandServices {
  /** Finds plugins, holds them to policy and lock, and loads them unless told otherwise. */
  discover(request: DiscoverRequest): Promise<DiscoveryReport>;
  /** What is to be said of lockfile and journal. A fault of the lockfile is in the answer. */
  lockState(request: CommandScope): Promise<LockState>;
  trust(request: TrustRequest): Promise<Change<TrustChange, TrustRefusal>>;
  untrust(request: UntrustRequest): Promise<Change<UntrustChange, UntrustRefusal>>;
  lock(request: LockRequest): Promise<LockChange>;
  /** Compares lock, installation and journal. Runs nothing. */
  verify(request: CommandScope): Promise<VerifyReport>;
  /** Reads the journal, and checks its chain. */
  journal(request: JournalRequest): Promise<JournalReport>;
  sign(request: SignRequest): Promise<SignedReport>;
  /** Makes a key in a new file. */
  makeKey(request: MakeKeyOptions): Promise<MadeKey>;
}
