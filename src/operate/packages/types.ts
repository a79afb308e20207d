/** An installed package as the static stage knows it. None of its code was run. */
import type { RejectionCode } from "./rejection-codes.ts";

/** A kind of plugins without hooks, as in package.json. */
export interface NamedKind {
  readonly name: string;
  /** The key for entry points by id in the host's field: `procedures`. */
  readonly field: string;
}

/** One plugin that a package says it has. */
export interface PackageEntry {
  /** `hooks` for one with handlers, or the name of a kind, such as `procedure`. */
  readonly kind: string;
  /** The plugin's name, known before anything is loaded. */
  readonly id: string;
  /** The file in the package, with `/` between its parts and without a leading `./`. */
  readonly file: string;
  readonly exportName: string;
  /** `file:export`, as the lockfile has it. */
  readonly entryPoint: string;
}

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** The real path of its directory. */
  readonly path: string;
  /** Where it was found, under a `node_modules`. */
  readonly foundAt: string;
  /** Whether its real path lies outside every `node_modules` of the root. */
  readonly isLinked: boolean;
  /** Sorted by id. */
  readonly entries: readonly PackageEntry[];
  /** What it says that its plugins ask for; `undefined` if it does not say. */
  readonly capabilities: readonly string[] | undefined;
  readonly hooks: readonly string[] | undefined;
  /** An invalid entry point, because of which the others are not loaded either. */
  readonly refusedEntry: { readonly id: string; readonly code: RejectionCode } | undefined;
  readonly hasKeyword: boolean;
  /** The SHA-256 of its package.json, in hex; `undefined` if it is unreadable or invalid. */
  readonly manifestHash: string | undefined;
  /** Names of the packages that it bundles in its own `node_modules`. */
  readonly bundled: readonly string[];
}

/** Why a package, or one plugin of it, is not loaded. */
export interface Rejection {
  readonly id: string | undefined;
  readonly package: string;
  readonly entryPoint: string | undefined;
  readonly code: RejectionCode;
  /** One sentence or phrase, on one line. */
  readonly reason: string;
}

/** The hash of a package: `glassine-package-hash-v1`. */
export interface PackageHash {
  /** `sha256:` and 64 digits. */
  readonly hash: string;
  /** By path in the package: the SHA-256 of each file's bytes, in hex. */
  readonly files: ReadonlyMap<string, string>;
  /** The size of all files, in bytes. */
  readonly size: number;
}
