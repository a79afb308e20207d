/** Loads the plugin that one entry of a configuration names: by name, package, file or CPEX file. */
import { basename, extname } from "node:path";
import type * as z from "zod";
import { GlassineError, quoted, suggestion } from "../../core/errors/index.ts";
import {
  type Environment,
  type Logger,
  manifestCarriedBy,
  type Plugin,
} from "../../core/plugins/index.ts";
import type { Discovery } from "../../operate/discovery/index.ts";
import { type IsolateOptions, isolatePlugin } from "../../operate/isolate/index.ts";
import { isThere, printable } from "../../operate/trust/index.ts";
import { finished, importDefault } from "./import-file.ts";
import type { KnownSecrets } from "./known-secrets.ts";
import { resolveGuests } from "./resolve-guests.ts";
import type { GatewayConfig, GuestsEntry, PluginEntry, SinglePluginEntry } from "./schema.ts";

/** A plugin that is enabled by name: an entry in the table of stock plugins. */
interface StockPlugin {
  /** Reads its options. */
  readonly options: z.core.$ZodType;
  /** @throws GlassineError `options_invalid` */
  make(options: unknown, services?: never): Plugin | Promise<Plugin>;
}

export type StockPlugins = Readonly<Record<string, StockPlugin>>;

export interface LoadOptions {
  readonly stock: StockPlugins;
  readonly env: Environment;
  /** The path of plugins.lock. Default: where all hosts look for it. */
  readonly lock?: string | undefined;
  /** Secrets that no record or log line may contain. Default: for a configuration, its own. */
  readonly secrets?: KnownSecrets | undefined;
  /** The manager's log. */
  readonly logger?: Logger | undefined;
  /** Receives what isolated plugins print. `plugin` is what the configuration names it by. */
  readonly onPrinted?: ((plugin: string, text: string) => void) | undefined;
  /** What stock plugins get from their host. */
  readonly services?: object | undefined;
  /** How long a plugin's code may take to load, in milliseconds. Default 30 000. */
  readonly loadTimeoutMs?: number | undefined;
}

type Settings = Omit<Extract<SinglePluginEntry, { readonly use: string }>, "use"> &
  Pick<Extract<SinglePluginEntry, { readonly path: string }>, "readable" | "memoryMb">;

/** An entry of the configuration, with where its plugin comes from. */
export interface NamedEntry {
  readonly from: "stock" | "package" | "path" | "cpex";
  readonly source: string;
  readonly settings: Settings;
  /** For guests: the entry that they come from. */
  readonly guests?: GuestsEntry;
}

export function namedEntry(entry: PluginEntry): NamedEntry {
  if (typeof entry === "string") return { from: "path", source: entry, settings: {} };
  if ("use" in entry) {
    const { use, ...settings } = entry;
    return { from: "stock", source: use, settings };
  }
  if ("package" in entry) {
    const { package: id, ...settings } = entry;
    return { from: "package", source: id, settings };
  }
  if ("kind" in entry) {
    const { file, timeoutMs } = entry;
    return { from: "cpex", source: file, settings: { timeoutMs }, guests: entry };
  }
  const { path, ...settings } = entry;
  return { from: "path", source: path, settings };
}

interface PluginHost extends Pick<GatewayConfig, "mode"> {
  readonly root: string;
  readonly discovered: Discovery | undefined;
  /** Warnings about the plugins are added here. */
  readonly warnings: string[];
}

/** Returns an entry's plugins: any number for guests, otherwise one or none. */
export async function pluginsOf(
  entry: NamedEntry,
  { mode, root, discovered, warnings }: PluginHost,
  options: LoadOptions,
): Promise<readonly Plugin[]> {
  const { guests, source } = entry;
  if (guests === undefined) {
    const plugin = await pluginOf(entry, discovered, options);
    return plugin === undefined ? [] : [plugin];
  }
  const { env, lock, logger, loadTimeoutMs, onPrinted } = options;
  const onOutput = (text: string) => onPrinted?.(source, text);
  const onEnd = (why: string) => logEnd(logger, source, why);
  const host = { mode, root, env, lock, loadTimeoutMs, logger, onOutput, onEnd };
  const found = await resolveGuests(guests, host);
  warnings.push(...found.warnings);
  return found.plugins;
}

/** Returns `undefined` for a refused plugin. Making the manager then fails, and records why. */
export async function pluginOf(
  { from, source, settings }: NamedEntry,
  discovered: Discovery | undefined,
  options: LoadOptions,
): Promise<Plugin | undefined> {
  const { stock, services } = options;
  if (from === "path") {
    await expectFile(source, options.stock);
    return await (settings.isolate === undefined
      ? pluginAt(source, settings.options !== undefined, options)
      : isolatedAt(source, { ...settings, isolate: settings.isolate }, options));
  }
  if (from === "stock") return stockPlugin(stock, source, settings.options, services);
  const plugin = discovered?.plugins.find(({ name }) => name === source);
  const other = discovered?.others.find(({ id }) => id === source);
  if (other === undefined) return plugin;
  throw new GlassineError(
    "plugin_missing",
    `'${printable(source)}' is a ${printable(other.kind)}, and only plugins with hooks can run here.`,
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
    // Each stock plugin picks the services that it needs.
    return await entry.make(options ?? {}, services as never);
  const names = Object.keys(stock);
  throw new GlassineError(
    "plugin_missing",
    `there is no stock plugin '${printable(name)}'.${suggestion(name, names) || ` Stock plugins: ${names.join(", ")}. An installed plugin is named with "package".`}`,
    { plugin: name },
  );
}

/** @throws GlassineError `plugin_missing` */
async function expectFile(path: string, stock: StockPlugins): Promise<void> {
  const name = basename(path);
  const isStock = Object.hasOwn(stock, name);
  if ((!isStock && extname(name) !== "") || (await isThere(path))) return;
  const [kind, key] = isStock ? ["stock", "use"] : ["installed", "package"];
  throw new GlassineError(
    "plugin_missing",
    `the plugin ${printable(path)} does not exist. Did you mean the ${kind} plugin, { "${key}": ${quoted(name)} }?`,
    { plugin: name },
  );
}

/** Loads a file's plugin in isolation: nothing of it is imported into this process. */
async function isolatedAt(
  path: string,
  {
    isolate,
    accept,
    readable,
    memoryMb,
    options: config,
  }: Settings & Pick<IsolateOptions, "isolate">,
  load: LoadOptions,
): Promise<Plugin> {
  const { loadTimeoutMs = 30_000, logger, onPrinted } = load;
  const { plugin } = await isolatePlugin(path, {
    isolate,
    accept,
    readable,
    memoryMb,
    config,
    startTimeoutMs: loadTimeoutMs,
    onOutput: (text) => onPrinted?.(path, text),
    onEnd: (why) => logEnd(logger, path, why),
  });
  return plugin;
}

export function logEnd(logger: Logger | undefined, source: string, why: string): void {
  logger?.warn?.(
    `the code of the plugin ${printable(source)} ${printable(why)}: it will be restarted at the next call`,
  );
}

/** Loads a file that exports a plugin, or a function that returns one, as packages do. */
async function pluginAt(
  path: string,
  hasOptions: boolean,
  { loadTimeoutMs }: LoadOptions,
): Promise<Plugin> {
  const file = { path, what: "the plugin", timeoutMs: loadTimeoutMs };
  const exported = await importDefault(file);
  if (typeof exported === "function" && exported.length > 0 && hasOptions)
    throw new GlassineError(
      "config_unreadable",
      `the plugin ${printable(path)} exports a function with a parameter, but it is called without arguments: handlers find the configured options in context.config`,
    );
  const make = typeof exported === "function" ? exported : () => exported;
  const made: unknown = await finished(file, () => make() as unknown);
  // A manifest is enough here: the manager reads and checks the rest.
  if (manifestCarriedBy(made) !== undefined) return made as Plugin;
  throw new GlassineError(
    "config_unreadable",
    `the plugin ${printable(path)} has a default export that is not a plugin: write \`export default definePlugin(…)\``,
  );
}
