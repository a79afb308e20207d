/** What commands read from their options and settings before they run. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { HostSetting } from "../../core/plugins/index.ts";
import { isThere, type PluginMode, readPluginMode } from "../trust/index.ts";
import { type CatalogEntry, readCatalogFile } from "./catalog.ts";
import type { CommandContext } from "./command.ts";
import type { CommandScope } from "./command-host.ts";
import { refusal } from "./failure.ts";
import { importHost } from "./import-host.ts";
import { say } from "./print/printable.ts";
import { texts } from "./texts.ts";

/**
 * Returns the value of an option, or else of its setting, and the name that messages use for it. An
 * empty setting counts as unset; an empty option does not.
 */
function optionOrSetting(
  { host: { prefix }, env }: Pick<CommandContext, "host" | "env">,
  flag: string,
  given: string | undefined,
  setting: HostSetting,
): { readonly value: string; readonly from: string } | undefined {
  if (given !== undefined) return { value: given, from: flag };
  const variable = `${prefix}${setting}`;
  const value = env[variable];
  return value === undefined || value === "" ? undefined : { value, from: variable };
}

/** Imports the host that `--host` or its setting names, and uses it in place of the command's. */
export async function withHost(context: CommandContext): Promise<CommandContext> {
  const { host: named, cwd, options } = context;
  const chosen = optionOrSetting(context, "--host", options.host, "PLUGIN_HOST");
  if (chosen === undefined) return context;
  const imported = await importHost(chosen, cwd);
  return { ...context, host: { ...named, ...imported } };
}

/** Returns the host's names and the paths that services work with. */
export async function scopeOf(context: CommandContext): Promise<CommandScope> {
  const { cwd, env, host: named, options, progress } = context;
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path));
  const root = at(options.root) ?? cwd;
  const localPlugins = at(options.localPlugins);
  if (options.root !== undefined) await expectFolder("--root", root);
  if (localPlugins !== undefined) await expectFolder("--local-plugins", localPlugins);
  return { ...named, env, cwd, root, lockfile: at(options.pluginsLock), localPlugins, progress };
}

/** Reads what every command that looks at plugins needs. */
export async function lookupFor(context: CommandContext) {
  const { options } = context;
  const mode = modeOf(context);
  if (mode === "production" && options.localPlugins !== undefined)
    throw refusal("options_invalid", "local plugins are not allowed in production mode");
  const catalog = await catalogOf(context);
  const scope = await scopeOf(context);
  return { catalog, scope: { ...scope, mode, load: options.noLoad !== true } };
}

/** Returns the catalog of `--catalog` or its setting, or else the host's. */
export async function catalogOf(context: CommandContext): Promise<readonly CatalogEntry[]> {
  const { cwd, host, options } = context;
  const chosen = optionOrSetting(context, "--catalog", options.catalog, "PLUGIN_CATALOG");
  if (chosen === undefined) return host.catalog;
  const setting = options.catalog === undefined ? ` of ${chosen.from}` : "";
  return readCatalogFile(resolve(cwd, chosen.value), setting);
}

/** Fails if `--plugins-lock` names a missing file. For commands that never create one. */
export async function expectLockfile({ lockfile }: Pick<CommandScope, "lockfile">): Promise<void> {
  // The code that reads the file reports all other faults.
  if (lockfile === undefined || (await isThere(lockfile))) return;
  throw refusal("lockfile_missing", texts.lockNotFound(lockfile));
}

async function expectFolder(option: string, path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() !== true)
    throw refusal("options_invalid", say`${option}: there is no folder ${path}`);
}

function modeOf(context: CommandContext): PluginMode {
  const { pluginMode } = context.options;
  const chosen = optionOrSetting(context, "--plugin-mode", pluginMode, "PLUGIN_MODE");
  if (chosen === undefined) return "dev";
  try {
    return readPluginMode(chosen.value);
  } catch (error) {
    const from = pluginMode === undefined ? [`It is the value of ${chosen.from}.`] : [];
    throw refusal("setting_invalid", (error as Error).message, from);
  }
}
