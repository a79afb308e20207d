/** An installed package as the static stage knows it. Nothing of it was run. */
import type { RejectionCode } from "./rejection-codes.ts";

/** A kind of plugins other than those with hooks, as package.json has it. */
export interface NamedKind {
  readonly name: string;
  /** The key in the host's field with the entry points by id: `procedures`. */
  readonly field: string;
}

/** One plugin that a package says it has. */
export interface PackageEntry {
  /** `hooks` for one with handlers, or the name of a kind, such as `procedure`. */
  readonly kind: string;
  /** The plugin's name, known before anything is loaded. */
  readonly id: string;
  /** The file in the package, with `/` between its parts and no `./` in front. */
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
  /** By id. */
  readonly entries: readonly PackageEntry[];
  /** What it says that its plugins ask for; `undefined` where it does not say. */
  readonly capabilities: readonly string[] | undefined;
  readonly hooks: readonly string[] | undefined;
  /** An entry point that is not valid: the others are not loaded without it. */
  readonly refusedEntry: { readonly id: string; readonly code: RejectionCode } | undefined;
  readonly hasKeyword: boolean;
  /** The SHA-256 of its package.json, in hex; `undefined` of one that says nothing that can be read. */
  readonly manifestHash: string | undefined;
  /** Names of the packages that it brings along in its own `node_modules`. */
  readonly bundled: readonly string[];
}

/** What keeps a package, or one plugin of it, from being loaded. */
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
  /** Of each file, by its path in the package: the SHA-256 of its bytes, in hex. */
  readonly files: ReadonlyMap<string, string>;
  /** Of all files, in bytes. */
  readonly size: number;
}
