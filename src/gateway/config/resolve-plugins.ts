/** Turns the plugins that a configuration names into the manager that runs them. */
import { payloadLimits } from "../../core/data/index.ts";
import { GlassineError, isGlassineError, quoted } from "../../core/errors/index.ts";
import type { HandlerErrorSink } from "../../core/hooks/index.ts";
import { createPluginManager, type Manager } from "../../core/host/index.ts";
import {
  endIsolated,
  isolationOf,
  type MetricsSink,
  manifestCarriedBy,
  type Plugin,
} from "../../core/plugins/index.ts";
import {
  type Discovery,
  discoverPlugins,
  type IsolationSetting,
} from "../../operate/discovery/index.ts";
import { printable } from "../../operate/trust/index.ts";
import { type AuditSettings, auditOf } from "./audit-of.ts";
import { type KnownSecrets, knownSecrets } from "./known-secrets.ts";
import type { LoadedConfig } from "./load-config.ts";
import {
  type LoadOptions,
  logEnd,
  type NamedEntry,
  namedEntry,
  pluginOf,
  pluginsOf,
} from "./load-entry.ts";
import type { GatewayConfig } from "./schema.ts";
import { secretReader } from "./secrets.ts";

export interface ResolveOptions extends AuditSettings, LoadOptions {
  /** Receives what handlers throw, with the line for the log. */
  readonly onHandlerError?: HandlerErrorSink | undefined;
  /** Receives the manager's metrics. */
  readonly metrics?: MetricsSink | undefined;
}

/** A plugin of the manager, and where it comes from. */
export interface ResolvedPlugin {
  readonly plugin: Plugin;
  readonly from: NamedEntry["from"];
  /** The name, id or path in the configuration; for a guest, the path of the CPEX configuration. */
  readonly source: string;
  /** The capabilities that the operator grants; undefined means all that it declares. */
  readonly grant: readonly string[] | undefined;
  /** As written in the configuration. */
  readonly options: unknown;
}

export interface ResolvedPlugins {
  readonly manager: Manager;
  /** In the order of the configuration. */
  readonly plugins: readonly ResolvedPlugin[];
  readonly warnings: readonly string[];
  /** Ends the manager, and closes its audit trail. */
  close(): Promise<void>;
}

/**
 * Loads the plugins of a configuration and makes their manager.
 *
 * Packages pass the same checks as with any host. Production needs a lockfile even if no package is
 * named, and refuses plugins by path. Isolated plugins end with the manager, or here if making it
 * fails.
 *
 * @throws GlassineError `plugin_missing`, `plugin_path_refused`, `config_unreadable`,
 *   `lockfile_missing`, and what `discoverPlugins` and `createPluginManager` throw
 */
export async function resolvePlugins(
  { config, folder, file }: Pick<LoadedConfig, "config" | "folder"> & Partial<LoadedConfig>,
  given: ResolveOptions,
): Promise<ResolvedPlugins> {
  const { secrets = knownSecrets(secretReader(given.env)) } = given;
  const options = { ...given, secrets };
  secrets.readAll(config);
  const entries = config.plugins.map(namedEntry);
  expectNoPaths(config, entries);
  const discovered = await discoveredFor(config, entries, folder, options).catch(
    (error: unknown) => {
      throw withPlace(error, entries, file);
    },
  );
  const warnings = [...(discovered?.warnings ?? [])];
  const host = { mode: config.mode, root: folder, discovered, warnings };
  // Filled as plugins load, so that isolated ones can be ended if a later one fails.
  const found: Found[] = [];
  try {
    for (const [index, entry] of entries.entries()) {
      const plugins = await pluginsOf(entry, host, options).catch((error: unknown) => {
        throw placed(error, { entry, index }, file);
      });
      for (const plugin of plugins) {
        // The manager reports other duplicates: a package that takes a used name may be an attack.
        const isStock = (of: NamedEntry) => of.from === "stock";
        const twin = found.find(
          (other) => other.plugin.name === plugin.name && isStock(other.entry),
        );
        if (twin !== undefined && isStock(entry)) throw twice(plugin.name, twin.index, index);
        found.push({ plugin, entry, index });
        if (hasUncheckedOptions(plugin, entry))
          warnings.push(
            `${printable(placeOf({ entry, index }))} has options, but its plugin has no configSchema to check them; handlers get them unchecked as context.config.`,
          );
      }
    }
    const audit = await auditOf(config, options);
    const { logger, metrics, env, onHandlerError } = options;
    const { messageBytes } = config.limits;
    const manager = await createPluginManager({
      plugins: found.map(({ plugin, entry }) => itemOf(plugin, entry)),
      // What may pass, plugins can judge.
      ...(messageBytes > payloadLimits.units && { payloadLimits: { units: messageBytes } }),
      env,
      discovered,
      audit: { ...audit?.options, secrets: secrets.values() },
      strictDelegation: true,
      logger,
      metrics,
      onHandlerError,
    }).catch(async (error: unknown) => {
      await audit?.close();
      throw withEntries(error, found);
    });
    const unfollow = secrets.follow(manager.setSecrets);
    return {
      manager,
      plugins: found.map(({ plugin, entry: { from, source, settings } }) => {
        return { plugin, from, source, grant: settings.grant, options: settings.options };
      }),
      warnings,
      async close() {
        await manager.close();
        unfollow();
        await audit?.close();
      },
    };
  } catch (error) {
    await endIsolated(found.map(({ plugin }) => plugin));
    await discovered?.close();
    throw withoutSecrets(error, secrets);
  }
}

/** What a plugin threw may quote a secret, and commands print errors without the log. */
function withoutSecrets(error: unknown, { hide }: KnownSecrets): unknown {
  if (!isGlassineError(error)) return error;
  const { code, message, data, cause } = error;
  const { stack = "" } = cause instanceof Error ? cause : {};
  const text = hide(message);
  const shown = hide(stack);
  if (text === message && shown === stack) return error;
  return new GlassineError(code, text, { ...data }, Object.assign(new Error(), { stack: shown }));
}

/** An entry of the configuration, and its index. */
interface Place {
  readonly entry: NamedEntry;
  readonly index: number;
}

interface Found extends Place {
  readonly plugin: Plugin;
}

/** Stock plugins' options are checked by their entry; isolated plugins' options, where they run. */
function hasUncheckedOptions(plugin: Plugin, { from, settings }: NamedEntry): boolean {
  if (from === "stock" || settings.options === undefined) return false;
  const { configSchema } = manifestCarriedBy(plugin) as { readonly configSchema?: unknown };
  return configSchema === undefined && isolationOf(plugin) === undefined;
}

/** Codes of errors that do not say which entry they are about; with a path, none of them does. */
const placeless: ReadonlySet<string> = new Set([
  "config_unreadable",
  "options_invalid",
  "isolation_refused",
  "plugin_isolation_failed",
  "plugin_ended",
  "plugin_missing",
  "secret_missing",
]);

/** Adds an entry's place to an error, instead of the function name in a stock plugin's message. */
function placed(error: unknown, at: Place, file: string | undefined): unknown {
  if (!isGlassineError(error)) return error;
  if (at.entry.from !== "path" && !placeless.has(error.code)) return error;
  const place = placeOf(at);
  const where = file === undefined ? place : `${place} of ${printable(file)}`;
  const text = `${where}: ${error.message.replace(/^[A-Za-z]+: /, "")}${remedyFor(error, at.entry)}`;
  // What the plugin's own code threw has the stack that matters.
  return new GlassineError(error.code, text, { ...error.data }, error.cause ?? error);
}

/** Adds its place to the error about a package that is not installed. */
function withPlace(error: unknown, entries: readonly NamedEntry[], file: string | undefined) {
  const id = isGlassineError(error) && error.code === "plugin_missing" && error.data.plugin;
  const index = entries.findIndex(({ from, source }) => from === "package" && source === id);
  const entry = entries[index];
  return entry === undefined ? error : placed(error, { entry, index }, file);
}

const placeOf = ({ entry, index }: Place): string => `plugins[${index}] (${entry.source})`;

/** A plugin enabled by name on the command line cannot have options there. */
function remedyFor({ code }: GlassineError, { from, source, settings }: NamedEntry): string {
  if (code === "plugin_missing" && from === "package")
    return " `glassine plugins list` shows which plugins are installed.";
  if (code !== "options_invalid" || from !== "stock" || settings.options !== undefined) return "";
  const entry = `{ "use": ${quoted(source)}, "options": { … } }`;
  return ` Write its options into a configuration file: "plugins": [${entry}].`;
}

/** For plugins that share a name, adds which entries they are. */
function withEntries(error: unknown, found: readonly Found[]): unknown {
  if (!isGlassineError(error) || error.code !== "plugin_duplicate") return error;
  const places = found.filter(({ plugin }) => plugin.name === error.data.plugin).map(placeOf);
  if (places.length < 2) return error;
  const text = `${printable(places.join(" and "))}: ${error.message}. Rename one of them in its definePlugin, or remove an entry.`;
  return new GlassineError(error.code, text, { ...error.data }, error);
}

function twice(name: string, first: number, second: number): GlassineError {
  return new GlassineError(
    "plugin_duplicate",
    `plugins[${first}] and plugins[${second}] (--plugin and --use come last) both name the plugin ${quoted(name)}, and a gateway runs each plugin once: put all options into one entry, and remove the other`,
    { plugin: name },
  );
}

/** @throws GlassineError `plugin_path_refused` */
function expectNoPaths(
  { mode }: Pick<GatewayConfig, "mode">,
  entries: readonly NamedEntry[],
): void {
  const path = entries.find(({ from }) => from === "path");
  if (mode !== "production" || path === undefined) return;
  throw new GlassineError(
    "plugin_path_refused",
    `production does not load plugins by path: make ${printable(path.source)} a package, trust it with \`glassine plugins trust\`, and name it by its id, in a configuration as { "package": ID }`,
    { path: path.source },
  );
}

/** One plugin without a manager, and the `discovered` to pass to `createPluginManager` with it. */
export interface SinglePlugin {
  readonly plugin: Plugin;
  readonly discovered: Discovery | undefined;
}

/**
 * Loads one plugin by the same rules as `resolvePlugins`.
 *
 * @throws GlassineError as `resolvePlugins` does
 */
export async function loadPlugin(
  given: { readonly package: string; readonly options?: unknown } | { readonly path: string },
  {
    mode,
    root,
    ...options
  }: Pick<GatewayConfig, "mode"> &
    Pick<ResolveOptions, "env" | "lock" | "onPrinted"> & { readonly root: string },
): Promise<SinglePlugin> {
  const entry = namedEntry(given);
  expectNoPaths({ mode }, [entry]);
  const own = { ...options, stock: {} };
  const discovered = await discoveredFor({ mode }, [entry], root, own);
  const plugin = await pluginOf(entry, discovered, own);
  if (plugin !== undefined) return { plugin, discovered };
  // Throws with the reason for which the plugin was refused.
  await createPluginManager({ plugins: [], discovered });
  throw new GlassineError("plugin_missing", `there is no plugin ${quoted(entry.source)}`);
}

/** In development, skips discovery if no package is named. */
async function discoveredFor(
  { mode }: Pick<GatewayConfig, "mode">,
  entries: readonly NamedEntry[],
  root: string,
  options: ResolveOptions,
): Promise<Discovery | undefined> {
  const { env, lock, loadTimeoutMs, logger, onPrinted } = options;
  const only = entries.flatMap(({ from, source }) => (from === "package" ? [source] : []));
  if (mode === "dev" && only.length === 0) return undefined;
  return discoverPlugins({
    root,
    mode,
    env,
    only,
    isolate: isolationsOf(entries),
    onOutput: onPrinted,
    onEnd: (id, why) => logEnd(logger, id, why),
    lock,
    loadTimeoutMs,
  }).catch((error: unknown) => {
    if (!isGlassineError(error) || error.code !== "lockfile_missing") throw error;
    const isForGuests = entries.some(({ guests }) => guests !== undefined);
    const command = isForGuests ? "gateway trust" : "plugins lock";
    const text = `${error.message}. \`glassine ${command}\` writes it.`;
    throw new GlassineError(error.code, text, { ...error.data }, error);
  });
}

/** `config` is for packages that run isolated; the others get theirs from the manager. */
function isolationsOf(entries: readonly NamedEntry[]): Readonly<Record<string, IsolationSetting>> {
  const packages = entries.filter(({ from }) => from === "package");
  return Object.fromEntries(
    packages.map(({ source, settings: { isolate, accept, options: config } }) => [
      source,
      { isolate, accept, config },
    ]),
  );
}

type Item = Parameters<typeof createPluginManager>[0]["plugins"][number];

/** Conditions and grants are left for the manager to check: its errors name the plugin. */
function itemOf(plugin: Plugin, { from, settings }: NamedEntry): Item {
  const { options, isolate: _, accept: __, readable: ___, memoryMb: ____, ...given } = settings;
  const own = Object.entries(given).filter(([, value]) => value !== undefined);
  const config = from === "stock" || options === undefined ? {} : { config: options };
  return { plugin, ...Object.fromEntries(own), ...config };
}
