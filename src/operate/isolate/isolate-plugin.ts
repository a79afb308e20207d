/** Turns a plugin's file into a plugin of the host whose code runs elsewhere. */
import { existsSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  expectOptions,
  kindOf,
  longestTimerMs,
  readOption,
  readWhole,
} from "../../core/data/index.ts";
import { GlassineError, optionsInvalid, quoted } from "../../core/errors/index.ts";
import { callSafely, type PluginContext } from "../../core/hooks/index.ts";
import { decodeResult, definePlugin, encodeTask } from "../../core/host/index.ts";
import {
  endIsolated,
  health,
  markIsolated,
  type Plugin,
  readData,
} from "../../core/plugins/index.ts";
import { decodeError } from "../../core/remote/index.ts";
import {
  expectNode,
  isWithin,
  packageFolder,
  readNeeds,
  systemCode,
  upFrom,
} from "../packages/index.ts";
import {
  expectForProcess,
  type Isolation,
  isIsolation,
  isOpening,
  isolations,
  type Opening,
  openings,
} from "./kinds.ts";
import { withLastPrinted } from "./last-printed.ts";
import { type Pool, poolOf } from "./pool.ts";
import { processLink } from "./process-link.ts";
import { pluginEnded, type Ready, type Reply } from "./protocol.ts";
import { maxOtherUnits, sizeFault } from "./result-size.ts";
import { permitted, platformOf, sandboxed } from "./sandbox.ts";
import type { Counts, StartLink } from "./supervisor.ts";
import { quickJsLink, workerLink } from "./worker-link.ts";

export interface IsolateOptions {
  /** Where its code runs: `worker`, `process` or `quickjs`. */
  readonly isolate: Isolation;
  /** Which export of the file is the plugin, or a function that returns it. Default `default`. */
  readonly exportName?: string | undefined;
  /** The input of its `configSchema`. If it is invalid, the plugin does not start. */
  readonly config?: unknown;
  /** For `process`: what the code may be able to do if the platform cannot prevent it. Default: nothing. */
  readonly accept?: readonly Opening[] | undefined;
  /** For `process`: folders that it may read besides that of the file. */
  readonly readable?: readonly string[] | undefined;
  /** The package that the file belongs to, and the hash that it must have; `null` for any. */
  readonly package?: { readonly folder: string; readonly hash: string | null } | undefined;
  /** The limit of its heap, in MiB. Default 64. */
  readonly memoryMb?: number | undefined;
  /** How long it may take to start. Default 10 000. */
  readonly startTimeoutMs?: number | undefined;
  /** How long open turns may take to end when it is closed. Default 5 000. */
  readonly closeTimeoutMs?: number | undefined;
  /** How many turns may be open at a time in each instance. Default 64. */
  readonly maxTurns?: number | undefined;
  /** How many instances of it run. Requests are spread over them. Default 1. */
  readonly size?: number | undefined;
  /** Whether another instance waits to take its place when it ends. Default false. */
  readonly spare?: boolean | undefined;
  /** Receives what it prints, in chunks as they arrive. Default: it is dropped. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /**
   * Called with the reason when its code ends, such as `did not answer in time`, but not when it is
   * closed.
   */
  readonly onEnd?: ((why: string) => void) | undefined;
}

/** A plugin whose code runs elsewhere. */
export interface IsolatedPlugin {
  /**
   * For one manager, which ends the plugin's code when it is closed. If the manager cannot be
   * created, the plugin can be passed to another, or must be closed.
   */
  readonly plugin: Plugin;
  readonly isolate: Isolation;
  /** What its code can do although it should not, as accepted by the operator. */
  readonly open: readonly Opening[];
  counts(): Counts;
  /** Ends its code. Open turns have `closeTimeoutMs` to end; later ones fail. */
  close(): Promise<void>;
}

/** The options that plugins of this library and guests have in common. */
export const sharedNames = [
  "accept",
  "memoryMb",
  "startTimeoutMs",
  "closeTimeoutMs",
  "maxTurns",
  "spare",
  "onOutput",
  "onEnd",
];
const names = [...sharedNames, "isolate", "exportName", "config", "readable", "package", "size"];

/**
 * Runs a file's plugin in its own thread or process. Its results are judged by its capabilities,
 * exactly as for a plugin in the host. If its code dies, hangs or answers with garbage, the turn
 * fails, its own `onError` applies, and the code is started again.
 *
 * @throws GlassineError (as a rejection) `options_invalid`, `isolation_refused` if the platform
 *   lacks what the kind promises, `plugin_isolation_failed` if the plugin cannot be loaded,
 *   `plugin_ended` if it ends or hangs while it starts, with its last output,
 *   `manifest_invalid`, `setting_invalid` under anything but Node.js
 * @see spec `isolation:start`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { isolatePlugin } from "glassine/isolate";
 *
 * async function managerFor(file: string) {
 *   const { plugin, close } = await isolatePlugin(file, { isolate: "process" });
 *   return await createPluginManager({ plugins: [plugin] }).catch(async (error) => {
 *     await close();
 *     throw error;
 *   });
 * }
 * ```
 */
export async function isolatePlugin(
  file: string | URL,
  options: IsolateOptions,
): Promise<IsolatedPlugin> {
  expectNode();
  const given = readOptions(options);
  const path = await pathOf(file);
  const of = given.package && { ...given.package, folder: await folderAt(given.package.folder) };
  // Its hash would say nothing about the file.
  if (of !== undefined && !isWithin(of.folder, path))
    throw optionsInvalid(`package names ${quoted(of.folder)}, which does not contain ${path}.`);
  return await withLastPrinted(given, async (onOutput) => {
    const read = { ...given, package: of, onOutput };
    const { start, open } = await launcher(path, read);
    const { exportName = "default", config, isolate, memoryMb } = read;
    const load = { file: path, exportName, package: of, config, memoryMb };
    return await isolatedBy(poolOf({ ...read, start, load }), { isolate, open }, config);
  });
}

/**
 * Starts a pool, and creates the plugin from the manifest that its far side reports. `config` is
 * what its code was started with.
 */
export async function isolatedBy(
  pool: Pool,
  facts: Pick<IsolatedPlugin, "isolate" | "open">,
  config: unknown,
): Promise<IsolatedPlugin> {
  try {
    const { isolate: kind, open } = facts;
    const made = pluginOf(await pool.start(), pool);
    const plugin = markIsolated(made, { kind, open, config, close: () => pool.close() });
    // Through its mark, so that no manager takes it afterwards.
    const close = () => endIsolated([plugin]);
    return { plugin, ...facts, close, counts: () => pool.counts() };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

function pluginOf({ manifest }: Ready, pool: Pool): Plugin {
  const { hooks, hasHealthCheck, ...fields } = manifest;
  const handlers = Object.entries(hooks).map(([hook, settings]) => [
    hook,
    { ...settings, handler: remoteHandler(pool, hook) },
  ]);
  const healthCheck = async ({ signal }: { readonly signal: AbortSignal }) => {
    const reply = await pool.ask("", { type: "health" }, signal);
    if (reply.type === "health") return health(reply.status, reply.message);
    if (reply.type === "error") throw errorIn(reply);
    throw pluginEnded("answered a health check with a result");
  };
  return definePlugin({
    ...fields,
    hooks: Object.fromEntries(handlers),
    ...(hasHealthCheck ? { healthCheck } : {}),
  } as never);
}

function errorIn({ text }: Reply): GlassineError {
  return decodeError(text, { limits: { textUnits: maxOtherUnits } });
}

/**
 * The handler that stands in for one on the far side. `hook`: the manifest's entry, which may take
 * part in several hooks.
 */
export function remoteHandler(pool: Pool, hook: string) {
  return async (payload: object, context: PluginContext, extensions?: object) => {
    const turn = { payload, context, extensions };
    // `encodeTask` has the types of one hook, but this is for any.
    const task = encodeTask(turn as never);
    const reply = await pool.ask(context.request, { type: "turn", hook }, context.signal, task);
    if (reply.type === "error") throw errorIn(reply);
    if (reply.type !== "result") throw pluginEnded("answered a turn with a health report");
    const fault = sizeFault(reply.text, task);
    if (fault !== undefined) throw new GlassineError("result_shape", fault);
    return decodeResult(reply.text, turn as never).result;
  };
}

/** @throws GlassineError `options_invalid`, `plugin_isolation_failed` */
async function pathOf(file: string | URL): Promise<string> {
  if (typeof file !== "string" && !(file instanceof URL))
    throw optionsInvalid("isolatePlugin expects the path of a file, or a file: URL.");
  const path = resolve(typeof file === "string" ? file : fileURLToPath(file));
  const real = await realAt(path, `The plugin ${path}`);
  const stats = statSync(real);
  // Opening a named pipe waits for its writer, and no process can exit meanwhile.
  if (stats.isFile()) return real;
  const kind = stats.isDirectory() ? "a folder" : "not a regular file";
  throw optionsInvalid(`isolatePlugin expects the path of a file, and ${path} is ${kind}.`);
}

/** The far side may have another working directory, and need not see what a link leads to. */
const folderAt = (folder: string) => realAt(folder, `The folder ${folder}`);

/** Follows links. `subject` begins the message if the path cannot be read. */
async function realAt(path: string, subject: string): Promise<string> {
  return await realpath(resolve(path)).catch((error: unknown) => {
    const text = `${subject} cannot be read: ${systemCode(error)}.`;
    throw new GlassineError("plugin_isolation_failed", text, {}, error);
  });
}

/** @throws GlassineError `isolation_refused` */
async function launcher(
  path: string,
  read: ReturnType<typeof readOptions> & { readonly onOutput: (text: string) => void },
): Promise<{ readonly start: StartLink; readonly open: readonly Opening[] }> {
  const { isolate, memoryMb, onOutput } = read;
  if (isolate === "quickjs") return { start: quickJsLink(memoryMb, onOutput), open: [] };
  const entry = createRequire(import.meta.url).resolve("glassine/isolate/far-side");
  if (isolate === "worker") return { start: workerLink({ entry, memoryMb, onOutput }), open: [] };
  const { open, why } = await platformOf();
  expectAccepted(open, read.accept, why);
  const readable = await Promise.all(
    read.readable.map(async (each) => {
      const real = await realAt(each, `The option readable names ${quoted(each)}, which`);
      return [resolve(each), real] as const;
    }),
  );
  const links = new Map(readable.filter(([at, real]) => at !== real));
  const folders = [read.package?.folder ?? dirname(path), ...readable.map(([, real]) => real)];
  const packages = await packagesOf(entry);
  const above = scopeAbove(dirname(path));
  const known = [...packages.values(), ...folders];
  const files = above.filter((file) => !known.some((each) => isWithin(each, file)));
  const sandbox = { packages, entry, memoryMb, readable: folders, links, files };
  const command = why === undefined ? sandboxed(sandbox) : permitted(sandbox);
  return { start: processLink(command, onOutput), open };
}

/** The nearest package.json, if any, which decides the type of its modules. */
function scopeAbove(folder: string): readonly string[] {
  const files = upFrom(folder).map((at) => join(at, "package.json"));
  return files.filter((file) => existsSync(file)).slice(0, 1);
}

/**
 * `why`: why something is open.
 *
 * @throws GlassineError `isolation_refused` if something is open that was not accepted
 */
export function expectAccepted(
  open: readonly Opening[],
  accept: readonly Opening[],
  why: string | undefined,
): void {
  const refused = open.filter((each) => !accept.includes(each));
  if (refused.length === 0) return;
  const can = refused.map((each) => `${openings[each]} (${each})`).join("; ");
  throw new GlassineError(
    "isolation_refused",
    `This machine cannot enforce what \`process\` promises: ${why}. The plugin's code could ${can}. Run it where namespaces can be created, or accept that by name: accept: ${JSON.stringify(refused)}`,
    { open: refused },
  );
}

/** The folders of this library and of all that it imports, by name. */
async function packagesOf(entry: string): Promise<ReadonlyMap<string, string>> {
  const own = dirname(createRequire(entry).resolve("glassine/package.json"));
  const found = new Map([["glassine", own]]);
  for (const name of found.keys()) {
    const folder = found.get(name) as string;
    const needs = await readNeeds(folder);
    for (const each of needs?.dependencies ?? []) {
      const path = found.has(each) ? undefined : await packageFolder(folder, each);
      if (path !== undefined) found.set(each, path);
    }
  }
  return found;
}

/** @throws GlassineError `options_invalid` */
export function expectOpenings(accept: readonly Opening[]): void {
  if (!Array.isArray(accept))
    throw optionsInvalid(`accept must be an array, and is ${kindOf(accept)}.`);
  for (const each of accept)
    if (!isOpening(each))
      throw optionsInvalid(
        `accept has ${quoted(String(each))}, which is not one of ${Object.keys(openings).join(", ")}.`,
      );
}

/** @throws GlassineError `options_invalid` */
export function expectPaths(name: string, paths: unknown): void {
  if (Array.isArray(paths) && paths.every((each) => typeof each === "string")) return;
  throw optionsInvalid(`${name} must be an array of paths.`);
}

/** @throws GlassineError `options_invalid` */
function expectPackage(given: unknown): void {
  if (given === undefined) return;
  const { folder, hash } = Object(given) as Readonly<Record<string, unknown>>;
  if (typeof folder === "string" && (typeof hash === "string" || hash === null)) return;
  throw optionsInvalid("package must have a folder, and the hash of the package or null for any.");
}

/**
 * Reads a function that gets what the code prints, why it ended, and the like. If it throws or
 * rejects, nothing changes.
 *
 * @throws GlassineError `options_invalid`
 */
export function readObserver<Reported>(
  name: string,
  observer: ((reported: Reported) => void) | undefined,
): ((reported: Reported) => void) | undefined {
  if (observer === undefined) return undefined;
  if (typeof observer !== "function")
    throw optionsInvalid(`${name} must be a function, and is ${kindOf(observer)}.`);
  return (reported) => callSafely(() => observer(reported));
}

/**
 * Copies a configuration, so that each start of the code gets the same.
 *
 * @throws GlassineError `options_invalid`
 */
function copyConfig(config: unknown): unknown {
  const read = readData(config);
  if ("value" in read) return read.value;
  throw optionsInvalid(`config is not JSON data: ${read.problem}`);
}

/**
 * Reads the limits of a far side, and whether it has a spare.
 *
 * @throws GlassineError `options_invalid`
 */
export function readLimits(
  options: Omit<IsolateOptions, "isolate">,
  otherwise: { readonly memoryMb: number; readonly startTimeoutMs: number },
) {
  const { memoryMb = otherwise.memoryMb, startTimeoutMs = otherwise.startTimeoutMs } = options;
  const { closeTimeoutMs = 5_000, maxTurns = 64 } = options;
  return {
    memoryMb: readWhole("memoryMb", memoryMb, 65_536),
    startTimeoutMs: readWhole("startTimeoutMs", startTimeoutMs, longestTimerMs),
    closeTimeoutMs: readWhole("closeTimeoutMs", closeTimeoutMs, longestTimerMs),
    maxTurns: readWhole("maxTurns", maxTurns, 65_536),
    spare: readOption(options, "spare", "boolean"),
  };
}

function readOptions(options: IsolateOptions) {
  expectOptions(options, names, "isolatePlugin");
  const { isolate, accept = [], readable = [], size = 1 } = options;
  if (!isIsolation(isolate))
    throw optionsInvalid(
      `isolate must be one of ${isolations.join(", ")}, and is ${quoted(String(isolate))}.`,
    );
  expectOpenings(accept);
  expectForProcess(accept, isolate);
  expectPaths("readable", readable);
  expectPackage(options.package);
  return {
    ...options,
    accept,
    readable,
    config: copyConfig(options.config),
    onOutput: readObserver("onOutput", options.onOutput),
    onEnd: readObserver("onEnd", options.onEnd),
    ...readLimits(options, { memoryMb: 64, startTimeoutMs: 10_000 }),
    size: readWhole("size", size, 1_024),
  };
}
