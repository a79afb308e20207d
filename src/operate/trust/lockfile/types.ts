/** What plugins.lock says, as data. */

/** A plugin that is trusted, exactly as it was when somebody trusted it. */
export interface LockEntry {
  readonly id: string;
  /** The name of its npm package, with the scope. */
  readonly package: string;
  /** Compared exactly: no range. */
  readonly version: string;
  /** `path:export` */
  readonly entryPoint: string;
  /** `sha256:` or `sha512:`, and the digits in lower case. */
  readonly hash: string;
  /** What was granted, sorted and without repeats; `undefined` where nobody wrote it down. */
  readonly capabilities?: readonly string[] | undefined;
  /** The hooks that its package named, sorted and without repeats; `undefined` where it did not say. */
  readonly hooks?: readonly string[] | undefined;
  /** Who verifiably signed it, or `unsigned`; `undefined` where nobody looked. */
  readonly signer?: string | undefined;
  /** The last day on which it is trusted, in UTC: `2027-01-31`; `undefined` for no end. */
  readonly until?: string | undefined;
  /** Whether a production host starts where the plugin is not installed. Default: it does not. */
  readonly optional?: boolean | undefined;
  /**
   * Every package that it needs, theirs included, sorted: `is-odd@3.0.1 sha256:…`. `undefined` for
   * none: what it needs beside them is drift.
   */
  readonly dependencies?: readonly string[] | undefined;
}

/** A lockfile that is valid. */
export interface Lockfile {
  readonly path: string;
  /** The text of the file. Edits are made to it, and it is never written anew from the entries. */
  readonly text: string;
  /** In the order of the file. */
  readonly entries: readonly LockEntry[];
  /** A sentence each. */
  readonly warnings: readonly string[];
}
