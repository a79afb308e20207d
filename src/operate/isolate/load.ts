/** Loads and describes a far side's plugin. */
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { GlassineError } from "../../core/errors/index.ts";
import { definePlugin } from "../../core/host/index.ts";
import { exportOf, manifestCarriedBy, readOwnConfig } from "../../core/plugins/index.ts";
import type { FarManifest, HostMessage, LoadStep } from "./protocol.ts";

interface Entry {
  readonly handler: (...turn: unknown[]) => unknown;
  readonly extensions: boolean;
}

/** The manifest that `definePlugin` read, as a plugin carries it. */
export interface Carried {
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly hooks: Readonly<Record<string, Entry>>;
  readonly healthCheck?: (context: unknown) => unknown;
  readonly configSchema?: object;
}

export interface Loaded {
  readonly manifest: Carried;
  /** The configuration as its schema reads it. @throws GlassineError `options_invalid` */
  configOf(given: unknown): unknown;
  /** What has to be awaited before the plugin can take a turn, if anything. */
  ready?(): Promise<void> | undefined;
}

export type Load = Extract<HostMessage, { readonly type: "load" }>;

/** Loading failed with `cause`, which plugin code may have thrown. */
export class LoadFailure {
  readonly step: LoadStep;
  readonly cause: unknown;

  constructor(step: LoadStep, cause: unknown) {
    this.step = step;
    this.cause = cause;
  }
}

/** @throws LoadFailure (as a rejection) */
export async function during<Value>(
  step: LoadStep,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    throw new LoadFailure(step, cause);
  }
}

/** @throws LoadFailure (as a rejection) */
export async function load(given: Load): Promise<Loaded> {
  const { file, exportName, package: of, config } = given;
  await checkPackage(of);
  // In the new root of a process every module finds the library. Without a new root, lending it
  // would need a thread, which the permissions refuse.
  if (!isMainThread) {
    const { lendHost } = await import("../packages/index.ts");
    lendHost(of?.folder ?? dirname(file));
  }
  const module = await during<Readonly<Record<string, unknown>>>(
    "import",
    () => import(pathToFileURL(file).href),
  );
  const carried = await during("factory", async () => {
    const exported = exportOf(module, exportName);
    const made: unknown = typeof exported === "function" ? await exported() : exported;
    const found = manifestCarriedBy(made);
    if (found !== undefined) return found;
    if (exported === undefined)
      throw new Error(`the file has no export "${exportName}": export a plugin under that name`);
    throw new Error(`the export "${exportName}" is not a plugin: write \`definePlugin(…)\``);
  });
  return await loadedAs(carried, config);
}

/** @throws LoadFailure (as a rejection) */
export async function checkPackage(of: Load["package"]): Promise<void> {
  if (of === undefined || of.hash === null) return;
  await during("package", async () => {
    // Imported here, because most plugins do not need it.
    const { hashPackage } = await import("../packages/index.ts");
    const { hash } = await hashPackage(of.folder);
    if (hash === of.hash) return;
    throw new GlassineError("package_refused", "the package is not what plugins.lock names", {
      code: "hash_mismatch",
    });
  });
}

/**
 * Reads and checks a manifest again: another copy of this library may have made it.
 *
 * @throws LoadFailure (as a rejection)
 */
export async function loadedAs(carried: unknown, config: unknown): Promise<Loaded> {
  const defined = await during("manifest", () => definePlugin(carried as never));
  const manifest = manifestCarriedBy(defined) as Carried;
  const configOf = readerOf(manifest);
  await during("config", () => configOf(config));
  return { manifest, configOf };
}

/** Reads a configuration once: it comes with every turn, but rarely changes. */
function readerOf({ name, configSchema }: Carried): (given: unknown) => unknown {
  let last: { readonly text: string | undefined; readonly config: unknown } | undefined;
  return (given) => {
    const text = JSON.stringify(given);
    if (last === undefined || last.text !== text) {
      const read = readOwnConfig(name, configSchema, given);
      if ("fault" in read) throw new GlassineError("options_invalid", read.fault);
      last = { text, config: read.config };
    }
    return last.config;
  };
}

/** A manifest without its functions, as JSON data. */
export function plainOf({ healthCheck, configSchema, hooks, ...fields }: Carried): FarManifest {
  const entries = Object.entries(hooks).map(([hook, { handler, ...settings }]) => [hook, settings]);
  return JSON.parse(
    JSON.stringify({
      ...fields,
      hooks: Object.fromEntries(entries),
      hasHealthCheck: healthCheck !== undefined,
    }),
  );
}
