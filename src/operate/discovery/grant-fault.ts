/** A plugin asks for no more than its package says, and in production for no more than was granted. */
import type { Lockfile, PluginMode } from "../trust/index.ts";
import { type LoadFault, rejected } from "./load-fault.ts";
import type { StaticPlugin } from "./types.ts";

/** Where it says what a plugin may ask for. */
export interface Grants {
  readonly source: StaticPlugin;
  readonly lock: Lockfile | undefined;
  readonly mode: PluginMode;
}

/** What a plugin says itself, once it is loaded. */
export interface Asked {
  /** What says so: `manifest`. */
  readonly by: string;
  readonly capabilities: readonly string[];
  readonly hooks: readonly string[];
}

export function grantFault(asked: Asked, { source, lock, mode }: Grants): LoadFault | undefined {
  const { entry, package: found, isBuiltin } = source;
  const { id } = entry;
  for (const key of ["capabilities", "hooks"] as const) {
    const more = beyond(asked[key], found[key]);
    if (more.length === 0) continue;
    const reason = `its ${asked.by} has ${key} that its package.json does not list: ${more.join(", ")}`;
    return rejected(id, "manifest_invalid", reason);
  }
  const granted = lock?.entries.find((each) => each.id === id);
  if (mode !== "production" || granted === undefined || isBuiltin) return undefined;
  const capabilities = beyond(asked.capabilities, granted.capabilities);
  if (capabilities.length > 0) {
    const reason = `it asks for ${capabilities.join(", ")}, which was not granted when it was trusted`;
    return rejected(id, "capabilities_mismatch", reason);
  }
  const hooks = beyond(asked.hooks, granted.hooks);
  if (hooks.length === 0) return undefined;
  const reason = `it is on ${hooks.join(", ")}, which it did not name when it was trusted`;
  return rejected(id, "hooks_mismatch", reason);
}

/** `undefined` says nothing, so nothing is beyond it. */
function beyond(
  names: readonly string[],
  stated: readonly string[] | undefined,
): readonly string[] {
  return stated === undefined ? [] : names.filter((name) => !stated.includes(name));
}
