/** Reads and checks a configuration, at startup and for each reload. */
import { dirname, resolve } from "node:path";
import { isRecord } from "../../core/data/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { printable } from "../../operate/trust/index.ts";
import { configInvalid, problemsOf } from "./config-problems.ts";
import { ruleProblems, withRoom } from "./config-rules.ts";
import { findConfig, readConfigFile } from "./find-config.ts";
import { type Overrides, readGatewaySettings } from "./gateway-settings.ts";
import { configSchema, type GatewayConfig, type PluginEntry, programOf } from "./schema.ts";

/** Command-line settings, which override the file and the environment. */
export interface ConfigFlags extends Overrides {
  /** The only server, replacing those in the file. Without `file`, no file is looked for. */
  readonly server?: { readonly command: string; readonly args: readonly string[] } | undefined;
  /** The path of plugins.lock, relative to the current directory. */
  readonly lock?: string | undefined;
  /** Plugins to add after those in the file. Paths are relative to the current directory. */
  readonly plugins?: readonly PluginEntry[] | undefined;
}

export interface LoadOptions {
  /** The folder in which to look for a file. */
  readonly cwd: string;
  readonly env: Environment;
  readonly flags?: ConfigFlags;
  /** Whether the command may name a server itself. */
  readonly takesServer?: boolean;
  /** Whether HTTP is always used, so that `listen` gets its defaults if it is missing. */
  readonly isHttp?: boolean;
  /** Whether callers are served. Others need no `listen`, which a flag may replace. Default true. */
  readonly serves?: boolean;
}

export interface LoadedConfig {
  /** With all defaults, and absolute paths; those in a file are relative to its folder. */
  readonly config: GatewayConfig;
  /** `undefined` if the command line replaces the file. */
  readonly file: string | undefined;
  /** The file's folder, or else the current directory. */
  readonly folder: string;
  /** Absolute. `undefined` if no flag names it, so that it is looked for. */
  readonly lock: string | undefined;
}

/**
 * Finds, reads and checks the configuration. Flags override the environment, which overrides the
 * file.
 *
 * @throws GlassineError `config_missing`, `config_unreadable`, `config_invalid`, `setting_invalid`
 */
export async function loadConfig({
  cwd,
  env,
  flags = {},
  takesServer = false,
  isHttp = false,
  serves = true,
}: LoadOptions): Promise<LoadedConfig> {
  const settings = readGatewaySettings(env);
  const over = overOf(flags, settings);
  const isWhole = flags.server !== undefined && over.file === undefined;
  const file = isWhole ? undefined : await findConfig(cwd, over.file, takesServer);
  const folder = file === undefined ? cwd : dirname(file);
  const given = file === undefined ? {} : await readConfigFile(file);
  const server = flags.server && {
    ...flags.server,
    command: programOf(flags.server, cwd) ?? flags.server.command,
  };
  const whole = withOverrides(given, over, { server }, isHttp);
  const name = file === undefined ? "the command line" : printable(file);
  const config = checkConfig(whole, name, file, serves);
  const plugins = [
    ...config.plugins.map((each) => pluginFrom(folder, each)),
    ...(flags.plugins ?? []).map((each) => pluginFrom(cwd, each)),
  ];
  const lock = flags.lock === undefined ? undefined : resolve(cwd, flags.lock);
  return { config: { ...withPaths(config, folder), plugins }, file, folder, lock };
}

/** Takes each setting from the flags if set there, or else from the environment. */
function overOf(flags: Overrides, settings: Overrides): Overrides {
  return {
    file: flags.file ?? settings.file,
    port: flags.port ?? settings.port,
    host: flags.host ?? settings.host,
    mode: flags.mode ?? settings.mode,
  };
}

/** A value that should be an object but is not stays as it is, for the check to report. */
function withOverrides(
  given: unknown,
  over: Overrides,
  { server }: ConfigFlags,
  isHttp: boolean,
): unknown {
  if (!isRecord(given)) return given;
  const { port, host, mode } = over;
  const { listen } = given;
  // An invalid mode in the file is a mistake even if it is overridden.
  const isMode = configSchema.shape.mode.safeParse(given.mode).success;
  const isListening = port !== undefined || listen !== undefined || isHttp;
  const where = {
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
  };
  return {
    ...given,
    ...(isListening ? { listen: under(listen, where) } : {}),
    ...(mode === undefined || !isMode ? {} : { mode }),
    ...(server === undefined ? {} : { servers: { server } }),
  };
}

function under(given: unknown, over: object): unknown {
  return given === undefined || isRecord(given) ? { ...given, ...over } : given;
}

/**
 * Checks a configuration and fills in its defaults. `what` is its name in messages.
 *
 * @throws GlassineError `config_invalid`
 */
export function checkConfig(
  given: unknown,
  what: string,
  file?: string,
  serves = true,
): GatewayConfig {
  const { data, error } = configSchema.safeParse(given, { reportInput: false });
  const problems =
    data === undefined
      ? problemsOf(configSchema, given, error.issues)
      : ruleProblems(data, given, serves);
  if (data === undefined || problems.length > 0)
    throw configInvalid(problems, `${what} is not a valid configuration.`, file);
  return withRoom(data, given);
}

function withPaths(config: GatewayConfig, folder: string): GatewayConfig {
  const { servers, models, labels, audit, identity, definitionsFile } = config;
  const at = (path: string) => resolve(folder, path);
  const { store } = labels;
  const { jwt } = identity;
  return {
    ...config,
    servers: mapped(servers, (server) => {
      if ("url" in server) return { ...server, headers: valuesFrom(server.headers, at) };
      const { command, cwd } = server;
      const from =
        cwd === undefined ? { command: programOf(server, folder) ?? command } : { cwd: at(cwd) };
      return { ...server, ...from, env: valuesFrom(server.env, at) };
    }),
    models: mapped(models, (route) => ({ ...route, headers: valuesFrom(route.headers, at) })),
    definitionsFile: at(definitionsFile),
    ...(store !== "memory" && {
      labels: { ...labels, store: { ...store, redis: secretFrom(store.redis, at) } },
    }),
    ...(audit && { audit: { ...audit, file: at(audit.file) } }),
    ...(jwt !== undefined &&
      "file" in jwt.keys && {
        identity: { ...identity, jwt: { ...jwt, keys: { file: at(jwt.keys.file) } } },
      }),
  };
}

type Values = GatewayConfig["models"][string]["headers"];
type At = (path: string) => string;

function valuesFrom(values: Values, at: At): Values {
  return mapped(values, (value) => secretFrom(value, at));
}

function secretFrom<Value extends Values[string]>(value: Value, at: At): Value | { file: string } {
  return typeof value === "object" && "file" in value ? { file: at(value.file) } : value;
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function pluginFrom(folder: string, entry: PluginEntry): PluginEntry {
  if (typeof entry === "string") return resolve(folder, entry);
  if ("kind" in entry) {
    const { file, python, env = {} } = entry;
    const at = (path: string) => resolve(folder, path);
    return { ...entry, file: at(file), python: at(python), env: valuesFrom(env, at) };
  }
  if (!("path" in entry)) return entry;
  const { path, readable } = entry;
  return {
    ...entry,
    path: resolve(folder, path),
    ...(readable === undefined ? {} : { readable: readable.map((each) => resolve(folder, each)) }),
  };
}
