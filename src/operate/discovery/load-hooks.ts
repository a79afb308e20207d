/** Makes the plugin of a hook package: calls its factory, and compares its manifest with the package. */
import { within } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import {
  definePluginFor,
  manifestCarriedBy,
  type Plugin,
  type Surface,
} from "../../core/plugins/index.ts";
import type { Lockfile, PluginMode } from "../trust/index.ts";
import { describeText, type LoadFault, late, rejected } from "./load-fault.ts";
import type { LoadedPlugin, StaticPlugin } from "./types.ts";

interface HooksInput extends Grants {
  readonly exported: unknown;
  readonly surface: Surface;
  readonly loadTimeoutMs: number;
}

export async function loadHooks(
  input: HooksInput,
): Promise<{ readonly loaded: LoadedPlugin["loaded"] } | LoadFault> {
  const { source, exported, surface, loadTimeoutMs } = input;
  const { id } = source.entry;
  if (typeof exported !== "function") {
    const isPlugin = manifestCarriedBy(exported) !== undefined;
    const advice = isPlugin ? ": write `export default () => definePlugin(…)`" : "";
    const reason = `it loaded ${typeOf(exported)}; expected a function that returns what definePlugin made${advice}`;
    const message = `plugin entry point '${id}' loaded ${typeOf(exported)}; expected a function that returns what definePlugin made`;
    return { code: "factory_failed", reason, message };
  }
  const made = await within<unknown>(loadTimeoutMs, () => exported());
  if (made.how === "timeout") return late(id);
  if (made.how === "threw") {
    const reason = describeText(made.value);
    const message = `plugin entry point '${id}' failed while creating its plugin: ${reason}`;
    return { code: "factory_failed", reason, message };
  }
  const manifest = manifestCarriedBy(made.value);
  if (manifest === undefined) {
    const type = typeOf(made.value);
    const reason = `it returned ${type}; expected what definePlugin made`;
    const message = `plugin entry point '${id}' returned ${type}; expected what definePlugin made`;
    return { code: "factory_failed", reason, message };
  }
  const plugin = defined(surface, manifest);
  if ("fault" in plugin) return rejected(id, "manifest_invalid", plugin.fault);
  return mismatchOf(plugin, input) ?? { loaded: { kind: "hooks", plugin } };
}

/** Read and checked anew: another copy of this library, and another host, may have made it. */
function defined(surface: Surface, manifest: unknown): Plugin | { readonly fault: string } {
  try {
    return definePluginFor(surface, manifest);
  } catch (error) {
    if (isGlassineError(error)) return { fault: error.message };
    throw error;
  }
}

/** Where the manifest says something else than the package, or than what was granted. */
function mismatchOf(plugin: Plugin, input: HooksInput): LoadFault | undefined {
  const { entry, package: found } = input.source;
  const { id } = entry;
  if (plugin.name !== id) {
    const message = `plugin entry point '${id}' declares name '${plugin.name}'; they must match`;
    return { code: "id_mismatch", reason: `it declares the name '${plugin.name}'`, message };
  }
  if (plugin.version !== found.version) {
    const reason = `manifest version '${plugin.version}' differs from package version '${found.version}'`;
    return { code: "version_conflict", reason, message: `plugin '${id}' ${reason}` };
  }
  return grantFault({ by: "manifest", ...plugin }, input);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

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
