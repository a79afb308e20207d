/** Where commands look for plugins, and how they report progress. */
import type { Environment } from "../../core/plugins/index.ts";
import type { NamedHost } from "./command-host.ts";

export interface Progress {
  /** A word or two: `hashing`. */
  readonly what: string;
  readonly done: number;
  /** `undefined` where it is not known how much there is. */
  readonly total?: number | undefined;
  readonly name?: string | undefined;
}

/** What every command that looks at plugins needs. Paths are absolute. */
export interface CommandScope extends NamedHost {
  readonly env: Environment;
  readonly cwd: string;
  /** Where installed plugins are looked for. */
  readonly root: string;
  /** As `--plugins-lock` names it; `undefined` for the usual places. */
  readonly lockfile: string | undefined;
  /** A folder with plugins that are not installed. */
  readonly localPlugins: string | undefined;
  readonly progress: (step: Progress) => void;
}
