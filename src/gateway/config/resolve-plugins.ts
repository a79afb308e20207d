/** From the plugins that a configuration names to the manager that runs them. */
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import type * as z from "zod";
import { GlassineError, suggestion } from "../../core/errors/index.ts";
import { createPluginManager, type Manager } from "../../core/host/index.ts";
import {
  type Environment,
  type Logger,
  type MetricsSink,
  manifestCarriedBy,
  type Plugin,
} from "../../core/plugins/index.ts";
import { type AuditEvent, fileAuditSink } from "../../node/index.ts";
import { type Discovery, discoverPlugins } from "../../operate/discovery/index.ts";
import { printable } from "../../operate/trust/index.ts";
import { finished, importDefault } from "./import-file.ts";
import type { LoadedConfig } from "./load-config.ts";
import type { GatewayConfig, PluginEntry } from "./schema.ts";
import { secretReader, secretsIn } from "./secrets.ts";

/** A plugin that is enabled by its name, as the table of stock plugins has them. */
interface StockPlugin {
  /** Reads its options. */
  readonly options: z.core.$ZodType;
  /** @throws GlassineError `options_invalid` */
  make(options: unknown, services?: never): Plugin | Promise<Plugin>;
}

export type StockPlugins = Readonly<Record<string, StockPlugin>>;

export interface ResolveOptions {
  readonly env: Environment;
  readonly stock: StockPlugins;
  /** The path of plugins.lock. Default: where every host looks for it. */
  readonly lock?: string | undefined;
  /** The log of the manager. */
  readonly logger?: Logger | undefined;
  /** Gets what the manager counts and measures. */
  readonly metrics?: MetricsSink | undefined;
  /** What stock plugins get from their host. */
  readonly services?: object | undefined;
  /** Of the configuration: it is in every record. Default 1. */
  readonly generation?: number | undefined;
  /** How long the code of a plugin may take to load. Default 30 000. */
  readonly loadTimeoutMs?: number | undefined;
  /** Whether records are written. Default true. */
  readonly records?: boolean | undefined;
}

/** One plugin of the manager, and where it is from. */
export interface ResolvedPlugin {
  readonly plugin: Plugin;
  readonly from: "stock" | "package" | "path";
  /** The name, id or path in the configuration. */
  readonly source: string;
  /** What the operator lets it use; undefined for all that it declares. */
  readonly grant: readonly string[] | undefined;
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
 * Packages pass the same gates as with every host. Production needs a lockfile, also where no package
 * is named, and takes no plugin by its path.
 *
 * @throws GlassineError `plugin_missing`, `plugin_path_refused`, `config_unreadable`,
 *   `lockfile_missing`, and what `discoverPlugins` and `createPluginManager` throw
 */
export async function resolvePlugins(
  { config, folder }: Pick<LoadedConfig, "config" | "folder">,
  options: ResolveOptions,
): Promise<ResolvedPlugins> {
  const entries = config.plugins.map(namedEntry);
  expectNoPaths(config, entries);
  const discovered = await discoveredFor(config, entries, folder, options);
  const found: { readonly plugin: Plugin; readonly entry: NamedEntry }[] = [];
  for (const entry of entries) {
    const plugin = await pluginOf(entry, discovered, options);
    if (plugin !== undefined) found.push({ plugin, entry });
  }
  const audit = await auditOf(config, options);
  const { logger, metrics, env } = options;
  const manager = await createPluginManager({
    plugins: found.map(({ plugin, entry }) => itemOf(plugin, entry)),
    env,
    ...(discovered === undefined ? {} : { discovered }),
    ...(audit === undefined ? {} : { audit: audit.options }),
    ...(logger === undefined ? {} : { logger }),
    ...(metrics === undefined ? {} : { metrics }),
  }).catch(async (error: unknown) => {
    await audit?.close();
    throw error;
  });
  return {
    manager,
    plugins: found.map(({ plugin, entry: { from, source, settings } }) => {
      return { plugin, from, source, grant: settings.grant };
    }),
    warnings: discovered?.warnings ?? [],
    async close() {
      await manager.close();
      await audit?.close();
    },
  };
}

type Settings = Omit<Extract<PluginEntry, { readonly use: string }>, "use">;

interface NamedEntry {
  readonly from: ResolvedPlugin["from"];
  readonly source: string;
  readonly settings: Settings;
}

function namedEntry(entry: PluginEntry): NamedEntry {
  if (typeof entry === "string") return { from: "path", source: entry, settings: {} };
  if ("use" in entry) {
    const { use, ...settings } = entry;
    return { from: "stock", source: use, settings };
  }
  if ("package" in entry) {
    const { package: id, ...settings } = entry;
    return { from: "package", source: id, settings };
  }
  const { path, ...settings } = entry;
  return { from: "path", source: path, settings };
}

/** @throws GlassineError `plugin_path_refused` */
function expectNoPaths({ mode }: GatewayConfig, entries: readonly NamedEntry[]): void {
  const path = entries.find(({ from }) => from === "path");
  if (mode !== "production" || path === undefined) return;
  throw new GlassineError(
    "plugin_path_refused",
    `production takes no plugin by its path, and the configuration names ${printable(path.source)}: make it a package, trust it with \`glassine plugins trust\`, and name it by its id`,
    { path: path.source },
  );
}

/** Development without packages looks at none. */
async function discoveredFor(
  { mode }: GatewayConfig,
  entries: readonly NamedEntry[],
  root: string,
  { env, lock, loadTimeoutMs }: ResolveOptions,
): Promise<Discovery | undefined> {
  const only = entries.flatMap(({ from, source }) => (from === "package" ? [source] : []));
  if (mode === "dev" && only.length === 0) return undefined;
  return discoverPlugins({
    ...{ root, mode, env, only },
    ...(lock === undefined ? {} : { lock }),
    ...(loadTimeoutMs === undefined ? {} : { loadTimeoutMs }),
  });
}

/** `undefined` for one that was refused: the manager, which records that, is then not made. */
async function pluginOf(
  { from, source, settings }: NamedEntry,
  discovered: Discovery | undefined,
  options: ResolveOptions,
): Promise<Plugin | undefined> {
  const { stock, services } = options;
  if (from === "path") return pluginAt(source, options);
  if (from === "stock") return stockPlugin(stock, source, settings.options, services);
  const plugin = discovered?.plugins.find(({ name }) => name === source);
  const other = discovered?.others.find(({ id }) => id === source);
  if (other === undefined) return plugin;
  throw new GlassineError(
    "plugin_missing",
    `'${printable(source)}' is a ${printable(other.kind)}, and the gateway runs plugins with hooks only`,
    { plugin: source },
  );
}

async function stockPlugin(
  stock: StockPlugins,
  name: string,
  options: unknown,
  services: object | undefined,
): Promise<Plugin> {
  const entry = Object.hasOwn(stock, name) ? stock[name] : undefined;
  if (entry !== undefined)
    // Each stock plugin takes of the services what it needs.
    return await entry.make(options ?? {}, services as never);
  throw new GlassineError(
    "plugin_missing",
    `there is no stock plugin '${printable(name)}'.${suggestion(name, Object.keys(stock))}`,
    { plugin: name },
  );
}

/** A plugin, or a function that returns one, as packages have it. */
async function pluginAt(path: string, { loadTimeoutMs }: ResolveOptions): Promise<Plugin> {
  const file = { path, what: "the plugin", timeoutMs: loadTimeoutMs };
  const exported = await importDefault(file);
  const make = typeof exported === "function" ? exported : () => exported;
  const made: unknown = await finished(file, () => make() as unknown);
  // Whatever carries a manifest, the manager reads and checks.
  if (manifestCarriedBy(made) !== undefined) return made as Plugin;
  throw new GlassineError(
    "config_unreadable",
    `the plugin ${printable(path)} has a default export that is not a plugin: write \`export default definePlugin(…)\``,
  );
}

type Item = Parameters<typeof createPluginManager>[0]["plugins"][number];

/** The manager checks conditions and grants, and names the plugin in what it says of them. */
function itemOf(plugin: Plugin, { from, settings }: NamedEntry): Item {
  const { options, ...given } = settings;
  const own = Object.entries(given).filter(([, value]) => value !== undefined);
  const config = from === "stock" || options === undefined ? {} : { config: options };
  return { plugin, ...Object.fromEntries(own), ...config };
}

async function auditOf({ audit, ...config }: GatewayConfig, options: ResolveOptions) {
  if (audit === undefined || options.records === false) return undefined;
  await access(dirname(audit.file)).catch(() => {
    throw new GlassineError(
      "config_unreadable",
      `audit.file: the folder ${printable(dirname(audit.file))} is not there: make it`,
    );
  });
  const file = fileAuditSink(audit.file, { fsync: audit.strict });
  const { generation = 1 } = options;
  const sink = (event: AuditEvent) =>
    file({ ...event, metadata: { ...event.metadata, generation } });
  const secrets = knownSecrets({ ...config, audit }, options.env);
  return { options: { sink, strict: audit.strict, secrets }, close: () => file.close() };
}

/** Those that can be read now. One that cannot stops what needs it, and nothing before. */
function knownSecrets(config: GatewayConfig, env: Environment): readonly string[] {
  const read = secretReader(env);
  return secretsIn(config).flatMap(({ secret }) => {
    try {
      return [read(secret)];
    } catch {
      return [];
    }
  });
}
