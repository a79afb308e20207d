/** What a command is handed, and what it hands back. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Environment, HostSetting } from "../../core/plugins/index.ts";
import { type CatalogEntry, readCatalogFile } from "./catalog.ts";
import type { NamedHost } from "./command-host.ts";
import { refusal } from "./failure.ts";
import { importHost } from "./import-host.ts";
import { type GivenOptions, optionTable } from "./option-table.ts";
import { readMode } from "./plugin-mode.ts";
import type { Paint } from "./print/paint.ts";
import type { PluginMode } from "./reports.ts";
import type { CommandScope, CommandServices, Progress } from "./services.ts";
import { texts } from "./texts.ts";

/** Where a key can be read from. */
export type ByteSource = AsyncIterable<Uint8Array | string>;

export interface CommandContext {
  readonly services: CommandServices;
  readonly host: NamedHost;
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: ByteSource;
  /** Of standard output. */
  readonly paint: Paint;
  readonly progress: (step: Progress) => void;
  readonly operands: readonly string[];
  readonly options: GivenOptions;
}

/** What a command has to say when it is done. */
export interface Outcome {
  readonly exitCode: 0 | 1;
  /** For `--json`. */
  readonly document: unknown;
  /** For people, without line ends. */
  readonly lines: readonly string[];
  /** Each is told on standard error, in front of it `warning: `. */
  readonly warnings?: readonly string[];
  /** Further lines for standard error. */
  readonly notes?: readonly string[];
}

/** Runs one command. */
export type Handler = (context: CommandContext) => Promise<Outcome>;

/** An option, or else the setting in its place: its value, and what a message calls it. */
function optionOrSetting(
  { host: { prefix }, env }: Pick<CommandContext, "host" | "env">,
  { flag, given, setting }: { flag: string; given: string | undefined; setting: HostSetting },
): { readonly value: string; readonly from: string } | undefined {
  if (given !== undefined) return { value: given, from: flag };
  const variable = `${prefix}${setting}`;
  const value = env[variable];
  return value === undefined || value === "" ? undefined : { value, from: variable };
}

/**
 * Imports the host that `--host` or its setting names, which takes the place of the command's, with the names of
 * its profile.
 */
export async function withHost(context: CommandContext): Promise<CommandContext> {
  const { host: named, cwd, options } = context;
  const asked = {
    flag: optionTable.host.flag,
    given: options.host,
    setting: "PLUGIN_HOST",
  } as const;
  const chosen = optionOrSetting(context, asked);
  if (chosen === undefined) return context;
  const imported = await importHost(chosen, cwd);
  return { ...context, host: { ...named, ...imported } };
}

/** What services are told of where and under which names they work. */
export async function scopeOf(context: CommandContext): Promise<CommandScope> {
  const { cwd, env, host: named, options, progress } = context;
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path));
  const root = at(options.root) ?? cwd;
  const localPlugins = at(options.localPlugins);
  if (options.root !== undefined) await expectFolder(optionTable.root.flag, root);
  if (localPlugins !== undefined) await expectFolder(optionTable.localPlugins.flag, localPlugins);
  const { bin, hostName, prefix, host, discovery, services, audit } = named;
  const lockfile = at(options.pluginsLock);
  const ofHost = { bin, hostName, prefix, host, discovery, services, audit };
  return { ...ofHost, env, cwd, root, lockfile, localPlugins, progress };
}

/** The mode, in which local plugins have to be allowed. */
export function modeOf({ env, host, options }: CommandContext): PluginMode {
  const mode = readMode(options.pluginMode, env, host.prefix);
  if (mode === "production" && options.localPlugins !== undefined)
    throw refusal("options_invalid", texts.localInProduction);
  return mode;
}

/** Of `--catalog` or its setting, or what the host brings. */
export function catalogOf(context: CommandContext): Promise<readonly CatalogEntry[]> {
  const { cwd, host, options } = context;
  const { flag } = optionTable.catalog;
  const asked = { flag, given: options.catalog, setting: "PLUGIN_CATALOG" } as const;
  const chosen = optionOrSetting(context, asked);
  if (chosen === undefined) return Promise.resolve(host.catalog);
  return readCatalogFile(resolve(cwd, chosen.value));
}

/** A lockfile that was named has to be there for commands that only read it. */
export async function expectLockfile({ lockfile }: CommandScope): Promise<void> {
  if (lockfile === undefined || (await isThere(lockfile))) return;
  throw refusal("lockfile_missing", texts.lockNotFound(lockfile));
}

/** Whether a path leads somewhere; what cannot be looked at is for the reader to tell. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
}

async function expectFolder(option: string, path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) throw refusal("options_invalid", texts.noSuchFolder(option, path));
}
