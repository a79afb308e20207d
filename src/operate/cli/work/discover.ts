/** What is installed, what is loaded, and why the rest is not. */

import { dirname } from "node:path";
import { type GlassineError, optionsInvalid } from "../../../core/errors/index.ts";
import type { standardHost } from "../../../core/host/index.ts";
import { byUnits, endIsolated, unsignedWarning } from "../../../core/plugins/index.ts";
import {
  type Assessment,
  assess,
  hookPlugins,
  type LoadedPlugin,
  loadStage,
  type OnStep,
  type Refused,
  readDiscoverOptions,
  type StaticReport,
  staticStage,
} from "../../discovery/index.ts";
import { isWithin } from "../../packages/index.ts";
import { locateLockfile, type PluginMode } from "../../trust/index.ts";
import type { CommandScope } from "../command-host.ts";
import type {
  DiscoveryReport,
  DriftRow,
  PluginFacts,
  ReadFault,
  RejectedPlugin,
  RejectedRow,
} from "../documents.ts";
import { texts } from "../texts.ts";
import { loadedFacts, lockFacts, staticFacts } from "./facts.ts";

interface SurveyRequest extends CommandScope {
  readonly mode: PluginMode;
  /**
   * What happens if a lockfile, a setting or a key file cannot be read: `throw`, or `report` it in
   * `lock_fault` and `setting_faults` and go on as if there were none.
   */
  readonly faults: "throw" | "report";
  /** Whether to look at packages even if the settings switch discovery off. */
  readonly looksAlways?: boolean;
}

export interface DiscoverRequest extends SurveyRequest {
  /** If false, no package code runs. */
  readonly load: boolean;
}

type CommandOptions = Awaited<ReturnType<typeof readCommandOptions>>;

/** What the static stage found, and with which options. */
export interface Surveyed {
  readonly options: CommandOptions;
  readonly report: StaticReport;
}

/** Reads paths and settings. Looks at no package. */
export async function readCommandOptions(request: SurveyRequest) {
  const { root, env, mode, lockfile, localPlugins, cwd, bin, faults, host, discovery } = request;
  const { looksAlways = false } = request;
  const options = await readDiscoverOptions(
    {
      ...discovery,
      host,
      root,
      env,
      mode,
      bin,
      lock: lockfile,
      local: localPlugins === undefined ? undefined : [localPlugins],
    },
    { cwd, faults, looksAlways },
  );
  const { lockPath, warnings } = options;
  const isElsewhere = lockfile === undefined && root !== cwd;
  const ofRoot = isElsewhere ? await locateLockfile({ cwd: root, env, bin }) : undefined;
  /** The lockfile that a host in the `--root` folder uses, if it is not the one in effect. */
  const otherLock = ofRoot?.exists && ofRoot.path !== lockPath ? ofRoot.path : undefined;
  if (otherLock === undefined) return { ...options, otherLock };
  return { ...options, otherLock, warnings: [...warnings, texts.lockOfRoot(otherLock, lockPath)] };
}

/** `known`: the options, if they were read. */
export async function surveyPackages(
  request: SurveyRequest,
  known?: CommandOptions,
): Promise<Surveyed> {
  const options = known ?? (await readCommandOptions(request));
  request.progress({ what: "reading packages", done: 0 });
  const report = await staticStage(options, (step) =>
    request.progress({ what: "hashing", ...step }),
  );
  return { options, report };
}

export async function discover(request: DiscoverRequest): Promise<DiscoveryReport> {
  const { report, options } = await surveyPackages(request);
  const { host, services, env, progress, load } = request;
  const { createPluginManager } = host as typeof standardHost;
  const onStep: OnStep = (step) => progress({ what: "loading", ...step });
  const found = load
    ? await loadStage(options, report, onStep)
    : { loaded: [], refused: report.refused };
  const assessment = await assess({ createPluginManager, env, services }, found).finally(() =>
    endIsolated(hookPlugins(found.loaded)),
  );
  const { lockFault } = options;
  const loaded = load
    ? loadedIn(report, assessment)
    : report.accepted.map((each) => staticFacts(each, report));
  return {
    mode: report.mode,
    lock: lockFacts(report),
    lock_fault: lockFault === undefined ? null : faultOf(lockFault),
    setting_faults: report.faults.map(faultOf),
    discovery_off: report.settings.autoDiscovery
      ? null
      : `${request.prefix}PLUGIN_AUTO_DISCOVERY_ENABLED=false`,
    loaded,
    rejected: assessment.refused.map((each) => rejectedPlugin(each, report)),
    drift: driftRows(report),
    unreadable: report.unreadable,
    warnings: [...report.warnings, ...(load ? unsignedWarnings(request, loaded) : [])],
  };
}

/** The same warnings as in a host that loads these plugins. */
function unsignedWarnings(
  { prefix }: Pick<DiscoverRequest, "prefix">,
  loaded: readonly PluginFacts[],
): readonly string[] {
  return loaded
    .filter((each) => each.trust_decision === "development_unsigned_override")
    .map(({ id }) => id)
    .sort(byUnits)
    .map((id) => unsignedWarning(id, `${prefix}PLUGIN_SIGNING_REQUIRED`));
}

export function faultOf({ code, message }: GlassineError): ReadFault {
  return { code, message };
}

/** Hook plugins in registration order, then the others by id. */
function loadedIn(report: StaticReport, assessment: Assessment): readonly PluginFacts[] {
  const { order, loaded } = assessment;
  const place = ({ source }: LoadedPlugin) => {
    const at = order.indexOf(source.entry.id);
    return at === -1 ? order.length : at;
  };
  return [...loaded]
    .sort((a, b) => place(a) - place(b) || byUnits(a.source.entry.id, b.source.entry.id))
    .map((each) => loadedFacts(each, report, assessment));
}

function rejectedPlugin(refused: Refused, report: StaticReport): RejectedPlugin {
  const { source } = refused;
  const facts = source === undefined ? null : staticFacts(source, report);
  const row = rejectedRowOf(refused);
  // For a local package, these facts have no name that an installed one could also have.
  return { ...row, package: facts?.package ?? row.package, facts };
}

export function rejectedRowOf(refused: Refused): RejectedRow {
  const { id = null, package: name, entryPoint: entry_point = null, code, reason } = refused;
  return { id, package: name, entry_point, code, reason };
}

export function driftRows({ drift, lock, found, refused }: StaticReport): readonly DriftRow[] {
  const named = new Set([...found.map(({ entry }) => entry.id), ...refused.map(({ id }) => id)]);
  return drift.map(({ id, kind, expected = null, actual = null, blocking }) => ({
    id,
    kind,
    expected,
    actual,
    blocking,
    package: lock?.entries.find((entry) => entry.id === id)?.package,
    isLost: !named.has(id),
  }));
}

/** For commands that only look at files. No mode refuses, and no setting skips, a package. */
export function filesOnlyRequest(scope: CommandScope) {
  return { ...scope, mode: "dev", faults: "throw", looksAlways: true } as const;
}

type Place = Pick<CommandScope, "root" | "cwd" | "lockfile" | "env" | "bin">;

/** Warns if a new lockfile is not the one that a host in the `--root` folder uses. */
export async function newLockWarnings(
  place: Place,
  { lockPath, lock }: { readonly lockPath: string; readonly lock: object | undefined },
): Promise<readonly string[]> {
  const { root, lockfile } = place;
  if (lock !== undefined || lockfile !== undefined || isWithin(dirname(lockPath), root)) return [];
  const ofRoot = await locateLockfile({ ...place, cwd: root });
  return [texts.madeElsewhere(lockPath, ofRoot.path)];
}

/**
 * Ensures that a change of trust goes to the lockfile that a host in the `--root` folder uses.
 *
 * @throws GlassineError `options_invalid`: that is another one than is in effect
 */
export function expectOwnLock({ otherLock, lockPath }: CommandOptions, command: string): void {
  if (otherLock !== undefined) throw optionsInvalid(texts.otherLock(command, otherLock, lockPath));
}

/**
 * Refuses to prune a lockfile of another folder that was not named, such as the user's: what is
 * missing here may be installed there, and its folder can contain others with their own packages.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectNamedLock({ root, lockfile }: Place, lockPath: string): void {
  if (lockfile !== undefined || dirname(lockPath) === root) return;
  throw optionsInvalid(texts.pruneElsewhere(lockPath, root));
}
