/** Loads an optional peer when it is needed, so that a host without a use for it needs none. */

import { GlassineError } from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";

/** An optional package that the host installs, and what is used of it. */
export interface Peer {
  readonly name: string;
  /** The argument for `npm install`. */
  readonly install: string;
  /** The functions and classes that it must have. */
  readonly exports: readonly string[];
  /** The setting or feature that needs it, if its name does not say so. */
  readonly neededBy?: string;
}

/**
 * Returns the module of a peer, with all of `exports`.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`: it is not installed, cannot be loaded,
 *   or lacks an export
 */
export async function loadPeer({ name, install, exports, neededBy }: Peer): Promise<object> {
  const what = `package ${name}${neededBy === undefined ? "" : `, which ${neededBy} needs,`}`;
  // Within a process Node remembers that a package was not there, and what it has loaded.
  const wayOut = `Run \`npm install ${install}\` where glassine is installed, and start again`;
  let module: Record<string, unknown>;
  try {
    module = await import(/* @vite-ignore */ name);
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && String(message).includes(name);
    const why = isMissing ? "is not installed" : `cannot be loaded: ${describeThrown(error).text}`;
    throw refused(`The ${what} ${why}. ${wayOut}.`);
  }
  const missing = exports.find((each) => typeof module[each] !== "function");
  if (missing === undefined) return module;
  throw refused(`The ${what} is of a version without ${missing}. ${wayOut}.`);
}

function refused(text: string): GlassineError {
  return new GlassineError("setting_invalid", text);
}
