/** The options of discovery, and how they are read. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  expectOptions,
  hasFunctions,
  isRecord,
  longestTimerMs,
  readWhole,
  typeName,
} from "../../core/data/index.ts";
import { GlassineError, optionsInvalid, quoted } from "../../core/errors/index.ts";
import { standardHost, surfaceOf, tablesOf } from "../../core/host/index.ts";
import { expectNode } from "../packages/index.ts";
import {
  expectPath,
  type Lockfile,
  locateLockfile,
  readLockfile,
  readPluginMode,
  readTrustSettings,
  type SignatureVerifier,
  type TrustSettings,
} from "../trust/index.ts";
import { type IsolationSetting, readIsolations } from "./isolation-settings.ts";
import { type Kind, procedureKind } from "./procedures.ts";

/** The options of `discoverPlugins`. */
export interface DiscoverOptions {
  /** The host that the plugins are for, made by `defineHost`. Default: the standard one. */
  readonly host?: object | undefined;
  /** Its `node_modules` and those above it are searched. Default: the current directory. */
  readonly root?: string | undefined;
  /** `dev` or `production`. Overrides the variable `PLUGIN_MODE`. */
  readonly mode?: string | undefined;
  /**
   * The path of plugins.lock. Default: `plugins.lock` in the root, or in the nearest folder above
   * that has one, or else `BIN/plugins.lock` in `$XDG_CONFIG_HOME` or `~/.config`. In dev mode, a
   * path without a file is only warned about.
   */
  readonly lock?: string | undefined;
  /**
   * The name of the host's command, so that both look in the same folder of the user. Default: the
   * host's name.
   */
  readonly bin?: string | undefined;
  /** Variables of the environment. Default: the process's. */
  readonly env?: { readonly [name: string]: string | undefined } | undefined;
  /** The signature verifiers. Default: those that the `PLUGIN_…` variables configure. */
  readonly verifiers?: readonly SignatureVerifier[] | undefined;
  /** Directories of packages that are part of the host: trusted even without a lock entry. */
  readonly builtins?: readonly string[] | undefined;
  /** Prefixes that only ids of the host's own packages may have, such as `acme.`. */
  readonly reserved?: readonly string[] | undefined;
  /** Folders of packages that are not installed. Refused in production. */
  readonly local?: readonly string[] | undefined;
  /**
   * What happens if packages are refused. Default `fail`: the manager is not created. With `skip`
   * it is created without them and without what depends on them.
   */
  readonly onRejected?: "fail" | "skip" | undefined;
  /**
   * The ids of the wanted plugins. No code of the others runs, and their faults are ignored.
   * Default: all that are installed.
   */
  readonly only?: readonly string[] | undefined;
  /**
   * Where the code of plugins runs, by id. Overrides plugins.lock, and must be at least as strict.
   * Default: as plugins.lock says, in every mode.
   */
  readonly isolate?: { readonly [id: string]: IsolationSetting } | undefined;
  /** Receives what isolated plugins print, in chunks as they arrive. Default: it is dropped. */
  readonly onOutput?: ((id: string, text: string) => void) | undefined;
  /** Called with the reason when an isolated plugin ends without being closed. */
  readonly onEnd?: ((id: string, why: string) => void) | undefined;
  /** Kinds of plugins other than those with hooks. Default: procedures. */
  readonly kinds?: readonly Kind[] | undefined;
  /** How long a module may take to load, and its factory to return. Default 30 000. */
  readonly loadTimeoutMs?: number | undefined;
}

export interface CommandOptions {
  /** The folder in which the search for plugins.lock begins. Default: the root. */
  readonly cwd?: string;
  /**
   * What happens if a lockfile, a setting or a key file cannot be read. Default `throw`. With
   * `report` it counts as absent; without settings, signatures are required and nobody is trusted.
   */
  readonly faults?: "throw" | "report";
  /** Whether to look at packages even if the settings switch discovery off. Default false. */
  readonly looksAlways?: boolean;
}

/** Options as discovery uses them. */
export type ReadDiscoverOptions = Awaited<ReturnType<typeof readDiscoverOptions>>;

const names = [
  "host",
  "root",
  "mode",
  "lock",
  "bin",
  "env",
  "verifiers",
  "builtins",
  "reserved",
  "local",
  "onRejected",
  "only",
  "isolate",
  "onOutput",
  "onEnd",
  "kinds",
  "loadTimeoutMs",
];

/**
 * @throws GlassineError `options_invalid`, `setting_invalid`, `lockfile_invalid`, `lockfile_newer`,
 *   `lockfile_failed`
 */
export async function readDiscoverOptions(given: DiscoverOptions, command: CommandOptions = {}) {
  expectNode();
  expectOptions(given, names, "discoverPlugins");
  const { env = process.env, root = process.cwd(), onRejected = "fail", isolate = {} } = given;
  const { loadTimeoutMs = 30_000 } = given;
  expectPath(root, "discoverPlugins: root");
  await expectFolder("root", root);
  for (const path of textsOf("builtins", given.builtins)) await expectFolder("builtins", path);
  if (given.lock !== undefined) expectPath(given.lock, "discoverPlugins: lock");
  if (!isRecord(env))
    throw optionsInvalid(`env must be an object of variables, got ${typeName(env)}.`);
  expectMade("verifiers", given.verifiers, "verify");
  expectMade("kinds", given.kinds, "check");
  if (!isRecord(isolate))
    throw optionsInvalid(`isolate must be an object of settings by id, got ${typeName(isolate)}.`);
  for (const [name, value] of Object.entries({ onOutput: given.onOutput, onEnd: given.onEnd }))
    if (value !== undefined && typeof value !== "function")
      throw optionsInvalid(`${name} must be a function, got ${typeName(value)}.`);
  const surface = surfaceOf(given.host ?? standardHost);
  if (surface === undefined) throw optionsInvalid("host must be what defineHost made.");
  if (onRejected !== "fail" && onRejected !== "skip")
    throw optionsInvalid('onRejected must be "fail" or "skip".');
  const { envPrefix } = surface.profile;
  const { faults = "throw" } = command;
  // The option overrides the variable, even an invalid one.
  const variables =
    given.mode === undefined ? env : { ...env, [`${envPrefix}PLUGIN_MODE`]: undefined };
  const { settings: all, settingFaults } = readSettings(variables, envPrefix, faults);
  const { mode: own, ...settings } = all;
  const mode = given.mode === undefined ? own : readPluginMode(given.mode);
  const local = textsOf("local", given.local);
  if (mode === "production" && local.length > 0)
    throw new GlassineError("setting_invalid", "local plugins are not allowed in production mode");
  const bin = readBin(given.bin ?? surface.profile.hostName);
  const place = await locateLockfile({
    explicit: given.lock,
    cwd: command.cwd ?? root,
    env,
    bin,
  });
  const { lock, lockFault } = await readLock(place.path, faults);
  return {
    surface,
    /** Whether it takes plugins of the standard host, whatever its name. */
    hasStandardPlugins: hasStandardTables(given.host ?? standardHost),
    root: resolve(root),
    bin,
    mode,
    settings,
    faults,
    looksAlways: command.looksAlways ?? false,
    /** Faults of invalid settings, if a command goes on despite them. */
    settingFaults,
    lock,
    /** Why the lockfile cannot be read, if a command goes on despite that. */
    lockFault,
    /** Where the lockfile is, or would be created. */
    lockPath: place.path,
    candidates: place.candidates,
    verifiers: given.verifiers,
    builtins: textsOf("builtins", given.builtins),
    reserved: textsOf("reserved", given.reserved),
    local,
    skipsRefused: onRejected === "skip",
    only: given.only === undefined ? undefined : textsOf("only", given.only),
    /** Plugins whose code must not run in the host, by id. */
    isolated: readIsolations(isolate, lock?.entries),
    /** The host's own settings for that. */
    isolationSettings: isolate,
    onOutput: given.onOutput ?? (() => {}),
    onEnd: given.onEnd ?? (() => {}),
    kinds: readKinds(given.kinds),
    loadTimeoutMs: readWhole("loadTimeoutMs", loadTimeoutMs, longestTimerMs),
    warnings: lock?.warnings ?? [],
  };
}

/** Whether a host has the standard slots, hooks and services, even under its own name. */
function hasStandardTables(host: object): boolean {
  const namesIn = ({ slots, hooks, services }: NonNullable<ReturnType<typeof tablesOf>>) =>
    JSON.stringify([slots, hooks, services].map((table) => Object.keys(table).sort()));
  const own = tablesOf(host);
  const standard = tablesOf(standardHost);
  return own !== undefined && standard !== undefined && namesIn(own) === namesIn(standard);
}

function readSettings(
  env: NonNullable<DiscoverOptions["env"]>,
  prefix: string,
  faults: "throw" | "report",
): { readonly settings: TrustSettings; readonly settingFaults: readonly GlassineError[] } {
  try {
    return { settings: readTrustSettings(env, prefix), settingFaults: [] };
  } catch (error) {
    if (faults === "throw" || !(error instanceof GlassineError)) throw error;
    const { settingProblems = [] } = error.data as {
      readonly settingProblems?: readonly { readonly variable: string }[];
    };
    const wrong = new Set(settingProblems.map(({ variable }) => variable));
    const rest = Object.entries(env).filter(([name]) => !wrong.has(name));
    // One that needs another, such as an issuer, is a fault only now, and not one of its own.
    const { settings } = readSettings(Object.fromEntries(rest), prefix, faults);
    return { settings, settingFaults: [error] };
  }
}

async function readLock(
  path: string,
  faults: "throw" | "report",
): Promise<{ readonly lock?: Lockfile | undefined; readonly lockFault?: GlassineError }> {
  try {
    return { lock: await readLockfile(path) };
  } catch (error) {
    if (faults === "throw" || !(error instanceof GlassineError)) throw error;
    return { lockFault: error };
  }
}

function textsOf(name: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === "string" && each !== ""))
    return value;
  throw optionsInvalid(`${name} must be an array of non-empty strings.`);
}

/** Without it, a host would start without its plugins and say nothing. */
async function expectFolder(option: string, path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() === true) return;
  const hint = path.startsWith("file:") ? " Pass fileURLToPath(url)." : "";
  throw optionsInvalid(`discoverPlugins: ${option}: there is no folder ${quoted(path)}.${hint}`);
}

/** Refuses a list of anything but objects with that method, such as `defineKind` returns. */
function expectMade(name: string, list: unknown, method: string): void {
  if (
    list === undefined ||
    (Array.isArray(list) && list.every((each) => hasFunctions(each, [method])))
  )
    return;
  throw optionsInvalid(`${name} must be an array of objects with a method "${method}".`);
}

function readKinds(given: readonly Kind[] = [procedureKind]): readonly Kind[] {
  const fields = given.flatMap(({ name, field }) => [name, field]);
  if (new Set(fields).size === fields.length) return given;
  throw optionsInvalid("kinds must have names and fields that differ.");
}

/** Reads a name that becomes a folder's, with the rules of `createCommand`. */
function readBin(bin: unknown): string {
  if (typeof bin === "string" && /^[a-z][a-z0-9-]{0,63}$/.test(bin)) return bin;
  throw optionsInvalid('bin must be the name of a command such as "glassine".');
}
