/** What is installed, what of it is loaded, and what keeps the rest from it. */

import type { GlassineError } from "../../../core/errors/index.ts";
import { byUnits, unsignedWarning } from "../../../core/plugins/index.ts";
import type { Assessment, LoadedPlugin, Refused, StaticReport } from "../../discovery/index.ts";
import type { DiscoveryReport, DriftRow, PluginFacts, RejectedPlugin } from "../reports.ts";
import type { CommandScope, DiscoverRequest } from "../services.ts";
import { assessmentFor, surveyFor } from "./discovered.ts";
import { loadedFacts, lockFacts, staticFacts } from "./facts.ts";

export async function discover(request: DiscoverRequest): Promise<DiscoveryReport> {
  const surveyed = await surveyFor(request);
  const { report, options } = surveyed;
  const assessment = await assessmentFor(request, surveyed, request.load);
  const { lockFault } = options;
  const loaded = request.load ? loadedIn(report, assessment) : acceptedIn(report);
  return {
    mode: report.mode,
    lock: lockFacts(report),
    lock_fault: lockFault === undefined ? null : faultOf(lockFault),
    setting_faults: report.faults.map(faultOf),
    loaded,
    rejected: assessment.refused.map((each) => rejectedRow(each, report)),
    drift: driftRows(report),
    unreadable: report.unreadable,
    warnings: [...report.warnings, ...(request.load ? unsignedWarnings(request, loaded) : [])],
  };
}

/** Those that a host gives when it loads the same. */
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

export function faultOf({ code, message }: GlassineError) {
  return { code, message };
}

/** Hook plugins in the order in which they registered, procedures after them by id. */
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

function acceptedIn(report: StaticReport): readonly PluginFacts[] {
  return report.accepted.map((each) => staticFacts(each, report));
}

function rejectedRow(refused: Refused, report: StaticReport): RejectedPlugin {
  const { id, code, reason, entryPoint, source } = refused;
  return {
    id: id ?? null,
    package: refused.package,
    entry_point: entryPoint ?? null,
    code,
    reason,
    cause: refused.cause,
    facts: source === undefined ? null : staticFacts(source, report),
  };
}

export function driftRows({
  drift,
  lock,
}: Pick<StaticReport, "drift" | "lock">): readonly DriftRow[] {
  return drift.map(({ id, kind, expected, actual, blocking }) => ({
    id,
    package: lock?.entries.find((entry) => entry.id === id)?.package,
    kind,
    expected: expected ?? null,
    actual: actual ?? null,
    blocking,
  }));
}

/** For commands that look at files only, whatever the mode would refuse and a setting skip. */
export function staticRequest(scope: CommandScope) {
  return { ...scope, mode: "dev", faults: "throw", looksAlways: true } as const;
}
