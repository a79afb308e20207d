/** The second of two stages: loads the code of plugins that passed every gate of the first. */
import { join } from "node:path";
import { typeName, within } from "../../core/data/index.ts";
import { GlassineError, isGlassineError } from "../../core/errors/index.ts";
import {
  definePluginFor,
  endIsolated,
  exportOf,
  manifestCarriedBy,
  type Plugin,
} from "../../core/plugins/index.ts";
import { lendHost, type RejectionCode } from "../packages/index.ts";
import { describeText, lineHint } from "../trust/index.ts";
import { type Fault, factoryFailed, importFailed, loadTimedOut, refusedFor } from "./fault.ts";
import { importModule } from "./import-module.ts";
import { loadIsolated } from "./isolated-load.ts";
import { siblingRejected } from "./judge.ts";
import { type PrivateCopy, privateCopy } from "./private-copy.ts";
import { type CheckedProcedure, type Kind, procedureKind } from "./procedures.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { LoadedPlugin, OnStep, Refused, StaticPlugin, StaticReport } from "./types.ts";

export interface LoadReport {
  readonly loaded: readonly LoadedPlugin[];
  /** Plugins that the static stage refused, and those that failed here. */
  readonly refused: readonly Refused[];
}

/** How many isolated plugins start at a time. */
const maxStarts = 4;

/** The caller must end the report's isolated plugins, itself or through a manager. */
export async function loadStage(
  options: ReadDiscoverOptions,
  report: StaticReport,
  onStep: OnStep = () => {},
): Promise<LoadReport> {
  const { accepted } = report;
  const loaded = new Map<StaticPlugin, LoadedPlugin>();
  const refused = new Map<StaticPlugin, Refused>();
  const loadEach = async (sources: Iterable<StaticPlugin>) => {
    for (const source of sources) {
      const done = loaded.size + refused.size;
      onStep({ done, total: accepted.length, name: source.entry.id });
      const outcome = await loadOne({ options, source });
      if ("loaded" in outcome) loaded.set(source, { source, loaded: outcome.loaded });
      else refused.set(source, refusedFor(source, outcome));
    }
  };
  const isIsolated = ({ entry }: StaticPlugin) => options.isolated.has(entry.id);
  let whole: LoadReport | undefined;
  try {
    // They share an iterator, so that each plugin starts once.
    const isolated = accepted.filter(isIsolated).values();
    const starts = Array.from({ length: maxStarts }, () => loadEach(isolated));
    // Even if one throws, all that started are known at the end.
    for (const each of await Promise.allSettled(starts))
      if (each.status === "rejected") throw each.reason;
    await loadEach(accepted.filter((source) => !isIsolated(source)));
    const inOrder = <Of>(all: ReadonlyMap<StaticPlugin, Of>) =>
      accepted.flatMap((source) => all.get(source) ?? []);
    const all = { loaded: inOrder(loaded), refused: [...report.refused, ...inOrder(refused)] };
    whole = withoutOrphans(withoutSiblings(all));
    return whole;
  } finally {
    const gone = [...loaded.values()].filter((each) => !whole?.loaded.includes(each));
    await endIsolated(hookPlugins(gone));
  }
}

/** The plugins with hooks; only these can be isolated. */
export function hookPlugins(loaded: readonly LoadedPlugin[]): readonly Plugin[] {
  return loaded.flatMap(({ loaded: of }) => (of.kind === "hooks" ? [of.plugin] : []));
}

/** Refuses the loaded plugins that have a fault. */
export function without(
  { loaded, refused }: LoadReport,
  faultOf: (plugin: LoadedPlugin) => Fault | undefined,
): LoadReport {
  const kept: LoadedPlugin[] = [];
  const gone: Refused[] = [];
  for (const each of loaded) {
    const fault = faultOf(each);
    if (fault === undefined) kept.push(each);
    else gone.push(refusedFor(each.source, fault));
  }
  return { loaded: kept, refused: [...refused, ...gone] };
}

/** Refuses all plugins of a package if one of them cannot be loaded. */
function withoutSiblings(report: LoadReport): LoadReport {
  return without(report, ({ source }) => {
    const broken = report.refused.find((each) => each.source?.package === source.package);
    return broken && siblingRejected(String(broken.id), broken.code);
  });
}

/** Refuses plugins that depend on a refused plugin, and so on. */
export function withoutOrphans(report: LoadReport): LoadReport {
  const names = new Set(report.refused.map(({ id }) => id));
  const rest = without(report, ({ loaded: of }) => {
    const lost = of.kind === "hooks" && of.plugin.dependsOn.find((name) => names.has(name));
    return lost ? { code: "dependency_rejected", reason: lost } : undefined;
  });
  return rest.loaded.length === report.loaded.length ? rest : withoutOrphans(rest);
}

type Loaded = { readonly loaded: LoadedPlugin["loaded"] } | Fault;

interface Loading {
  readonly options: ReadDiscoverOptions;
  readonly source: StaticPlugin;
}

async function loadOne(loading: Loading): Promise<Loaded> {
  const { options, source } = loading;
  const { entry, package: found } = source;
  const { id } = entry;
  const copy = await copyOf(loading);
  if (copy !== undefined && "code" in copy) return copy;
  const isolation = options.isolated.get(id);
  if (isolation !== undefined) {
    const isolated = await loadIsolated(source, isolation, copy, options);
    if ("code" in isolated) return isolated;
    // A manifest passes the same gates, wherever it comes from.
    const fault = mismatchOf(isolated.plugin, loading);
    if (fault === undefined) return { loaded: { kind: "hooks", plugin: isolated.plugin } };
    await isolated.close();
    return fault;
  }
  const folder = copy?.folder ?? found.path;
  const file = join(folder, ...entry.file.split("/"));
  if (source.isLocal) lendHost(found.path);
  // Read in here, because a module that exports `then` decides itself what it is imported as. In a
  // list, so that an exported promise is not awaited.
  const imported = await within(options.loadTimeoutMs, async () => [
    exportOf(await importModule(file), entry.exportName),
  ]);
  if (imported.how === "timeout") return loadTimedOut(id);
  if (imported.how === "threw") {
    const why = `${describeText(imported.value)}${lineHint(imported.value, file)}`;
    return importFailed(id, why.replaceAll(folder, found.path));
  }
  const [exported] = imported.value;
  return entry.kind === "hooks" ? await loadHooks(loading, exported) : otherOf(loading, exported);
}

/** The copy that the package is loaded from, with the same hash. Only hashed packages have one. */
async function copyOf({
  source: { package: found, hash, closure, isBuiltin },
  options: { root, mode, surface },
}: Loading): Promise<PrivateCopy | Fault | undefined> {
  if (hash === undefined || isBuiltin) return undefined;
  const host = { root, names: ["glassine", surface.profile.hostName] };
  try {
    return await privateCopy({ package: found, hash, closure, host, mode });
  } catch (error) {
    if (!(error instanceof GlassineError)) throw error;
    // All files were fine a moment ago, so what is wrong with them now was changed.
    const isOurs = (error.data as { readonly code: RejectionCode }).code === "copy_failed";
    return { code: isOurs ? "copy_failed" : "hash_mismatch", reason: error.message };
  }
}

function otherOf(loading: Loading, exported: unknown): Loaded {
  const { id, kind: name } = loading.source.entry;
  // Packages were searched only for entry points of these kinds.
  const kind = loading.options.kinds.find((each) => each.name === name) as Kind;
  const checked = kind.check(exported, { id });
  if (!checked.ok) return { code: checked.code, reason: checked.reason };
  // Procedures say what they ask for; for other kinds, only their hosts know.
  if (kind !== procedureKind) return { loaded: { kind: "other", plugin: checked.plugin } };
  const plugin = checked.plugin as CheckedProcedure;
  const requested = { capabilities: plugin.requiredCapabilities, hooks: [] };
  const fault = grantFault("class", requested, loading);
  return fault ?? { loaded: { kind: "other", plugin, procedure: plugin } };
}

async function loadHooks(loading: Loading, exported: unknown): Promise<Loaded> {
  const { surface, loadTimeoutMs } = loading.options;
  const { id, exportName } = loading.source.entry;
  if (typeof exported !== "function") {
    const isPlugin = manifestCarriedBy(exported) !== undefined;
    const missing = exported === undefined ? `: its file has no export '${exportName}'` : "";
    const advice = isPlugin ? ": write `export default () => definePlugin(…)`" : missing;
    const what = `loaded ${typeName(exported)}; expected a function that returns what definePlugin made`;
    return noPlugin(id, what, advice);
  }
  const made = await within<unknown>(loadTimeoutMs, () => exported());
  if (made.how === "timeout") return loadTimedOut(id);
  if (made.how === "threw") return factoryFailed(id, describeText(made.value));
  const manifest = manifestCarriedBy(made.value);
  if (manifest === undefined)
    return noPlugin(id, `returned ${typeName(made.value)}; expected what definePlugin made`);
  try {
    // Read and check it again: another copy of this library, or another host, may have made it.
    const plugin = definePluginFor(surface, manifest);
    return mismatchOf(plugin, loading) ?? { loaded: { kind: "hooks", plugin } };
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    return { code: "manifest_invalid", reason: error.message };
  }
}

function noPlugin(id: string, what: string, advice = ""): Fault {
  const message = `plugin entry point '${id}' ${what}`;
  return { code: "factory_failed", reason: `it ${what}${advice}`, message };
}

/** The fault if the manifest differs from the package, or exceeds what was granted. */
function mismatchOf(plugin: Plugin, loading: Loading): Fault | undefined {
  const { entry, package: found } = loading.source;
  const { id } = entry;
  if (plugin.name !== id) {
    const message = `plugin entry point '${id}' declares name '${plugin.name}'; they must match`;
    return { code: "id_mismatch", reason: `it declares the name '${plugin.name}'`, message };
  }
  if (plugin.version !== found.version) {
    const reason = `manifest version '${plugin.version}' differs from package version '${found.version}'`;
    return { code: "version_conflict", reason, message: `plugin '${id}' ${reason}` };
  }
  return grantFault("manifest", plugin, loading);
}

const asked = ["capabilities", "hooks"] as const;

/** @param by what asks for them, for the message: `manifest` */
function grantFault(
  by: string,
  requested: Readonly<Record<(typeof asked)[number], readonly string[]>>,
  { source, options: { lock, mode } }: Loading,
): Fault | undefined {
  const { entry, package: found, isBuiltin } = source;
  for (const key of asked) {
    const more = beyond(requested[key], found[key]);
    if (more.length === 0) continue;
    const reason = `its ${by} has ${key} that its package.json does not list: ${more.join(", ")}`;
    return { code: "manifest_invalid", reason };
  }
  if (mode !== "production" || isBuiltin) return undefined;
  const granted = lock?.entries.find(({ id }) => id === entry.id);
  for (const key of asked) {
    const more = beyond(requested[key], granted?.[key]);
    if (more.length === 0) continue;
    const names = more.join(", ");
    const reason =
      key === "hooks"
        ? `it runs on ${names}, which it did not name when it was trusted`
        : `it asks for ${names}, which was not granted when it was trusted`;
    return { code: `${key}_mismatch`, reason };
  }
  return undefined;
}

/** The names that `stated` lacks; none if `stated` is `undefined`. */
function beyond(
  names: readonly string[],
  stated: readonly string[] | undefined,
): readonly string[] {
  return stated === undefined ? [] : names.filter((name) => !stated.includes(name));
}
