/** Turns a CPEX plugin, which is written in Python, into a plugin of this host. */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expectOptions, isRecord, readOption } from "../../../core/data/index.ts";
import { optionsInvalid, quoted } from "../../../core/errors/index.ts";
import {
  expectOpenings,
  expectPaths,
  type IsolatedPlugin,
  type IsolateOptions,
  isolatedBy,
  readLimits,
  readObserver,
  sharedNames,
} from "../isolate-plugin.ts";
import type { Opening } from "../kinds.ts";
import { withLastPrinted } from "../last-printed.ts";
import { poolOf } from "../pool.ts";
import { checkedStart } from "./checked-start.ts";
import {
  describeGuest,
  type GuestEntry,
  type PackageManifest,
  readPackageManifest,
  type Unsupported,
} from "./guest.ts";
import { pythonOf, readYaml } from "./python.ts";
import {
  expectWheels,
  hashWheel,
  type Installed,
  normalizedName,
  readVenv,
  type Wheel,
  type WheelLock,
  wheelOf,
} from "./wheels.ts";
import { workerArgs } from "./worker-lines.ts";
import { type CpexTurn, cpexLink, withoutOwnError } from "./worker-link.ts";

/** Where CPEX plugins run, and what they may use. */
export interface CpexHostOptions
  extends Pick<IsolateOptions, "closeTimeoutMs" | "spare" | "onEnd"> {
  /** The interpreter of a virtual environment with the package `cpex`: `VENV/bin/python`. */
  readonly python: string;
  /**
   * What the environment's wheels must be, by name. Every named wheel is checked before anything
   * runs, and the plugin's own must be among them. Default: whatever is installed.
   */
  readonly wheels?: Readonly<Record<string, WheelLock>> | undefined;
  /** Folders with plugin code that is not installed. */
  readonly pluginDirs?: readonly string[] | undefined;
  /** Whether it may open connections, such as to a Redis that keeps limits. Default false. */
  readonly network?: boolean | undefined;
  /** What the code may be able to do if the platform cannot prevent it. Default: nothing. */
  readonly accept?: readonly Opening[] | undefined;
  /** How much address space each of its processes may use, in MiB. Default 1 024. */
  readonly memoryMb?: number | undefined;
  /** How long it may take to start. Default 30 000. */
  readonly startTimeoutMs?: number | undefined;
  /** How many turns may be open at a time. They run one after the other. Default 64. */
  readonly maxTurns?: number | undefined;
  /** Receives what it logs and prints, in chunks as they arrive. Default: it is dropped. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Receives what a turn has besides its result. */
  readonly onTurn?: ((turn: CpexTurn) => void) | undefined;
}

export interface CpexOptions extends CpexHostOptions {
  /** The dotted path of its class, as `kind` in CPEX's configuration. */
  readonly kind: string;
  /** Its name on this host. Default: its wheel's name. */
  readonly name?: string | undefined;
  /** Default: those that its wheel names in `plugin-manifest.yaml`. */
  readonly hooks?: readonly string[] | undefined;
  /** What it may see and change. Default: nothing gated. */
  readonly capabilities?: readonly string[] | undefined;
  /** Its configuration, which overrides its wheel's defaults. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}

/** A running CPEX plugin. */
export interface CpexPlugin extends IsolatedPlugin {
  /** The wheel it comes from; `undefined` if its code is not installed. */
  readonly wheel: Wheel | undefined;
  /** What has no effect on this host. */
  readonly unsupported: readonly Unsupported[];
}

export const hostOptionNames = [
  ...sharedNames,
  "python",
  "wheels",
  "pluginDirs",
  "network",
  "onTurn",
];

const optionNames = [...hostOptionNames, "kind", "name", "hooks", "capabilities", "config"];

/**
 * Runs an unmodified plugin for CPEX or ContextForge in its own Python process. It sees what its
 * capabilities open, and its results are judged like those of any plugin.
 *
 * @throws GlassineError (as a rejection) `options_invalid`, `isolation_refused` if the platform
 *   cannot confine it, `package_refused` if a wheel is not what `wheels` says,
 *   `plugin_isolation_failed` if CPEX cannot create the plugin, `plugin_ended` if it ends or hangs
 *   while it starts, `manifest_invalid`
 * @see spec `cpex:start`, `cpex:wheels`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { cpexPlugin } from "glassine/isolate";
 *
 * async function managerFor(python: string) {
 *   const kind = "cpex_pii_filter.pii_filter.PIIFilterPlugin";
 *   const { plugin } = await cpexPlugin({ python, kind, config: { block_on_detection: true } });
 *   return await createPluginManager({ plugins: [plugin] });
 * }
 * ```
 */
export async function cpexPlugin(options: CpexOptions): Promise<CpexPlugin> {
  expectOptions(options, optionNames, "cpexPlugin");
  const { kind, name, hooks, capabilities = [], config = {} } = options;
  if (typeof kind !== "string" || !/^[\w]+(\.[\w]+)+$/.test(kind))
    throw optionsInvalid(
      "cpexPlugin expects kind: the dotted path of a class, such as package.module.Class.",
    );
  for (const [option, list] of Object.entries({ hooks: hooks ?? [], capabilities }))
    if (!Array.isArray(list) || list.some((each) => typeof each !== "string"))
      throw optionsInvalid(`${option} must be a list of names.`);
  if (!isRecord(config)) throw optionsInvalid("config must be an object.");
  const host = await openHost(options);
  const guest = await planGuest(host, {
    kind,
    name,
    title: name,
    hooks,
    capabilities,
    config,
    settings: {},
    unsupported: [],
  });
  return await guest.start();
}

/** The checked environment that plugins run in. */
export type CpexHost = Awaited<ReturnType<typeof openHost>>;

/** @throws GlassineError `package_refused` if the environment is not what was locked */
export type EnvironmentCheck = () => Promise<void>;

/**
 * @param given its `wheels` are checked here
 * @param check checks the environment again before each start but the first. If there is one, Python
 *   ignores bytecode that was compiled earlier, which wheels do not list.
 * @throws GlassineError `options_invalid`, `isolation_refused`, `package_refused`
 */
export async function openHost(given: CpexHostOptions, check = lockCheck(given)) {
  const options = readHostOptions(given);
  const venv = await readVenv(options.python);
  if (!venv.wheels.some(({ name }) => name === "cpex"))
    throw optionsInvalid(
      `The virtual environment of ${quoted(venv.python)} does not have the package cpex. Install it there: pip install cpex.`,
    );
  if (options.wheels !== undefined) await expectWheels(venv, options.wheels);
  const pluginDirs = await foldersOf(options.pluginDirs);
  const { accept, network, memoryMb } = options;
  const python = await pythonOf({
    venv,
    accept,
    network,
    memoryMb,
    readable: pluginDirs,
    sourcesOnly: check !== undefined,
  });
  return { options, venv, python, pluginDirs, check };
}

function lockCheck({ python, wheels }: CpexHostOptions): EnvironmentCheck | undefined {
  return wheels && (async () => await expectWheels(await readVenv(python), wheels));
}

function readHostOptions(options: CpexHostOptions) {
  const { python, accept = [], pluginDirs = [] } = options;
  if (typeof python !== "string")
    throw optionsInvalid("python expects the path of the interpreter in a virtual environment.");
  expectOpenings(accept);
  expectPaths("pluginDirs", pluginDirs);
  const isLock = (each: unknown) =>
    isRecord(each) && typeof each.version === "string" && typeof each.hash === "string";
  const { wheels = {} } = options;
  if (!isRecord(wheels) || !Object.values(wheels).every(isLock))
    throw optionsInvalid(
      "wheels must be an object with the version and hash of each wheel by name.",
    );
  return {
    ...options,
    accept,
    pluginDirs,
    network: readOption(options, "network", "boolean") ?? false,
    onOutput: readObserver("onOutput", options.onOutput) ?? (() => {}),
    onEnd: readObserver("onEnd", options.onEnd),
    onTurn: readObserver("onTurn", options.onTurn),
    ...readLimits(options, { memoryMb: 1_024, startTimeoutMs: 30_000 }),
  };
}

async function foldersOf(paths: readonly string[]): Promise<readonly string[]> {
  const folders = paths.map((path) => resolve(path));
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true)
      throw optionsInvalid(`pluginDirs names ${quoted(folder)}, which is not a folder.`);
  }
  return folders;
}

/** A CPEX plugin that can be started, and what is known about it before its code runs. */
export interface PlannedGuest {
  readonly kind: string;
  /** Its name on this host. */
  readonly name: string;
  readonly hooks: readonly string[];
  readonly capabilities: readonly string[];
  readonly wheel: Wheel | undefined;
  /** @throws GlassineError as `cpexPlugin` does */
  start(): Promise<CpexPlugin>;
}

/** @throws GlassineError `options_invalid`, `package_refused`, `plugin_isolation_failed` */
export async function planGuest(host: CpexHost, entry: GuestEntry): Promise<PlannedGuest> {
  const { options, venv, python, pluginDirs, check } = host;
  const { kind } = entry;
  const installed = wheelOf(venv, kind.slice(0, kind.lastIndexOf(".")));
  const wheel = installed && (await hashWheel(installed)).wheel;
  expectLocked(kind, wheel, options.wheels);
  const own = installed && (await manifestOf(host, installed, kind));
  const { guest, manifest, unsupported } = describeGuest(entry, { wheel, own, pluginDirs });
  return {
    kind,
    name: manifest.name,
    hooks: guest.hooks,
    capabilities: guest.capabilities,
    wheel,
    async start() {
      const { onTurn } = options;
      const load = { file: venv.python, exportName: kind };
      const facts = { isolate: "process", open: python.open } as const;
      const printing = { config: guest.config, onOutput: options.onOutput };
      const isolated = await withLastPrinted(printing, (onOutput) => {
        const run = python.run(workerArgs(guest.hooks), (text) => {
          const own = withoutOwnError(text);
          if (own !== "") onOutput(own);
        });
        const start = cpexLink({
          guest,
          manifest,
          onTurn,
          onOutput,
          start: checkedStart(run, check),
        });
        const pool = poolOf({ ...options, size: 1, start, load });
        return isolatedBy(pool, facts, entry.config);
      });
      return { ...isolated, wheel, unsupported };
    },
  };
}

/** Requires the plugin's own wheel in `wheels`, which would otherwise not protect it. */
function expectLocked(
  kind: string,
  wheel: Wheel | undefined,
  wheels: CpexHostOptions["wheels"],
): void {
  if (wheels === undefined) return;
  const names = Object.keys(wheels).map(normalizedName);
  if (wheel !== undefined && names.includes(wheel.name)) return;
  throw optionsInvalid(
    wheel === undefined
      ? `wheels cannot pin ${quoted(kind)}: no wheel of the environment contains it.`
      : `wheels does not name ${quoted(wheel.name)}, which ${quoted(kind)} comes from. Its hash is ${wheel.hash}.`,
  );
}

async function manifestOf(
  { python, options }: CpexHost,
  installed: Installed,
  kind: string,
): Promise<PackageManifest | undefined> {
  const path = `${kind.split(".")[0]}/plugin-manifest.yaml`;
  if (!installed.files.includes(path)) return undefined;
  const text = await readFile(join(installed.folder, path), "utf8");
  const what = `plugin-manifest.yaml of ${installed.name}`;
  const { startTimeoutMs: timeoutMs, onOutput } = options;
  const document = await readYaml(python, { text }, { what, timeoutMs, onOutput });
  return readPackageManifest(document);
}
