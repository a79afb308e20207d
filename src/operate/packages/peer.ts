/** Loads an optional peer when it is needed: a host that has no use for it installs none. */

import { GlassineError } from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";

/** An optional package that the host installs, and what is used of it. */
export interface Peer {
  readonly name: string;
  /** As it goes behind `npm install`. */
  readonly install: string;
  /** Functions and classes. */
  readonly exports: readonly string[];
}

/**
 * The module of a peer, with all of `exports`.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`: it is not installed, cannot be loaded, or
 *   is another than is known here
 */
export async function loadPeer({ name, install, exports }: Peer): Promise<object> {
  const wayOut = `Run \`npm install ${install}\``;
  let module: Record<string, unknown>;
  try {
    module = await import(/* @vite-ignore */ name);
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && String(message).includes(name);
    const why = isMissing ? "is not installed" : `cannot be loaded: ${describeThrown(error).text}`;
    throw refused(`The package ${name} ${why}. ${wayOut}.`);
  }
  const missing = exports.find((each) => typeof module[each] !== "function");
  if (missing === undefined) return module;
  throw refused(`The package ${name} is of a version without ${missing}. ${wayOut}.`);
}

function refused(text: string): GlassineError {
  return new GlassineError("setting_invalid", text);
}
