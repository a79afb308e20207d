/** Options of a discovery, and how they are read. */
import { resolve } from "node:path";
import { expectOptions, longestTimerMs, readWhole } from "../../core/data/index.ts";
import { GlassineError, optionsInvalid } from "../../core/errors/index.ts";
import { standardHost, surfaceOf, tablesOf } from "../../core/host/index.ts";
import {
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

/** What `discoverPlugins` takes. */
export interface DiscoverOptions {
  /** The host that the plugins are for, made by `defineHost`. Default: the standard one. */
  readonly host?: object | undefined;
  /** Its `node_modules` and those above it are searched. Default: the current directory. */
  readonly root?: string | undefined;
  /** Over the variable `PLUGIN_MODE`: `dev` or `production`. */
  readonly mode?: string | undefined;
  /**
   * The path of plugins.lock. Default: `plugins.lock` in the root, or in the nearest folder above
   * that has one; where there is none, `BIN/plugins.lock` in `$XDG_CONFIG_HOME`, or else in `~/.config`.
   */
  readonly lock?: string | undefined;
  /**
   * The name of the host's command, which its operators use: both look into the same folder of the
   * user's. Default: the host's name.
   */
  readonly bin?: string | undefined;
  /** Variables of the environment. Default: the process's. */
  readonly env?: { readonly [name: string]: string | undefined } | undefined;
  /** What checks signatures. Default: Ed25519, by the keys of `PLUGIN_PUBLISHER_KEYS`. */
  readonly verifiers?: readonly SignatureVerifier[] | undefined;
  /** Directories of packages that are part of the host: trusted, also without a lock entry. */
  readonly builtins?: readonly string[] | undefined;
  /** What only ids of the host's own packages may begin with: `acme.`. */
  readonly reserved?: readonly string[] | undefined;
  /** Folders of packages that are not installed. Refused in production. */
  readonly local?: readonly string[] | undefined;
  /**
   * What becomes of a host some of whose packages are refused. Default `fail`: its manager is not
   * made. With `skip` it is made without them, and without what depends on them.
   */
  readonly onRejected?: "fail" | "skip" | undefined;
  /**
   * The ids of the plugins that are wanted: nothing of the others runs, and what is wrong with them
   * stops nothing. Default: all that are installed.
   */
  readonly only?: readonly string[] | undefined;
  /**
   * Where the code of plugins runs, by id, over what plugins.lock says: as strict as that, or
   * stricter. Default: as plugins.lock says, in every mode.
   */
  readonly isolate?: { readonly [id: string]: IsolationSetting } | undefined;
  /** Gets what isolated plugins print, in pieces as they come. Default: nobody does. */
  readonly onOutput?: ((id: string, text: string) => void) | undefined;
  /** Hears why the code of an isolated plugin ended, unless it was closed. It must not throw. */
  readonly onEnd?: ((id: string, why: string) => void) | undefined;
  /** Kinds of plugins other than those with hooks. Default: procedures. */
  readonly kinds?: readonly Kind[] | undefined;
  /** How long a module may take to load, and its factory to answer. Default 30 000. */
  readonly loadTimeoutMs?: number | undefined;
}

export interface CommandOptions {
  /** Where `./plugins.lock` is looked for. Default: the root. */
  readonly cwd?: string;
  /**
   * Whether a lockfile, a setting or a file of keys that cannot be read ends it. Default `throw`.
   * With `report` it goes on as if it were not there: what is not set asks for the most.
   */
  readonly faults?: "throw" | "report";
  /** Whether packages are looked at though the settings switch discovery off. Default false. */
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

/** @throws GlassineError `options_invalid`, `setting_invalid`, `lockfile_invalid`, `lockfile_newer`, `lockfile_failed` */
export async function readDiscoverOptions(given: DiscoverOptions, command: CommandOptions = {}) {
  expectOptions(given, names, "discoverPlugins");
  const { env = process.env, root = process.cwd(), onRejected = "fail", isolate = {} } = given;
  const { loadTimeoutMs = 30_000 } = given;
  const surface = surfaceOf(given.host ?? standardHost);
  if (surface === undefined) throw optionsInvalid("host must be what defineHost made.");
  if (onRejected !== "fail" && onRejected !== "skip")
    throw optionsInvalid('onRejected must be "fail" or "skip".');
  const { envPrefix } = surface.profile;
  const { faults = "throw" } = command;
  // What the option says goes over the variable, whatever that says.
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
    ...(given.lock === undefined ? {} : { explicit: given.lock }),
    cwd: command.cwd ?? root,
    env,
    bin,
  });
  const { lock, lockFault } = await readLock(place.path, faults);
  return {
    surface,
    /** Whether its plugins are those of the standard host, by whatever name. */
    hasStandardPlugins: hasStandardTables(given.host ?? standardHost),
    root: resolve(root),
    bin,
    mode,
    settings,
    faults,
    looksAlways: command.looksAlways ?? false,
    /** Settings that mean nothing, where a command goes on all the same. */
    settingFaults,
    lock,
    /** Why the lockfile cannot be read, where a command goes on all the same. */
    lockFault,
    /** Where a lockfile is, or would be made. */
    lockPath: place.path,
    candidates: place.candidates,
    verifiers: given.verifiers,
    builtins: textsOf("builtins", given.builtins),
    reserved: textsOf("reserved", given.reserved),
    local,
    skipsRefused: onRejected === "skip",
    only: given.only === undefined ? undefined : textsOf("only", given.only),
    /** Those whose code is not to run in the host, by id. */
    isolated: readIsolations(isolate, lock?.entries),
    /** What the host says of that itself. */
    isolationSettings: isolate,
    onOutput: given.onOutput ?? (() => {}),
    onEnd: given.onEnd ?? (() => {}),
    kinds: readKinds(given.kinds),
    loadTimeoutMs: readWhole("loadTimeoutMs", loadTimeoutMs, longestTimerMs),
    warnings: lock?.warnings ?? [],
  };
}

/** A host may have no slot, hook or service of its own, and still have its own names. */
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
    return {
      settings: readTrustSettings(Object.fromEntries(rest), prefix),
      settingFaults: [error],
    };
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

function readKinds(given: readonly Kind[] = [procedureKind]): readonly Kind[] {
  const fields = given.flatMap(({ name, field }) => [name, field]);
  if (new Set(fields).size === fields.length) return given;
  throw optionsInvalid("kinds must have names and fields that differ.");
}

/** A name of a folder, as `createCommand` takes it. */
function readBin(bin: unknown): string {
  if (typeof bin === "string" && /^[a-z][a-z0-9-]{0,63}$/.test(bin)) return bin;
  throw optionsInvalid('bin must be the name of a command such as "glassine".');
}
