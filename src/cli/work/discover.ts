/** What is installed, what of it is loaded, and what keeps the rest from it. */
import type { Assessment, LoadedPlugin, Refused, StaticReport } from "../../discovery/index.ts";
import { byUnits } from "../../plugins/index.ts";
import type { DiscoveryReport, DriftRow, PluginFacts, RejectedPlugin } from "../reports.ts";
import type { CommandScope, DiscoverRequest } from "../services.ts";
import { assessmentFor, surveyFor } from "./discovered.ts";
import { loadedFacts, lockFacts, staticFacts } from "./facts.ts";

export async function discover(request: DiscoverRequest): Promise<DiscoveryReport> {
  const surveyed = await surveyFor(request);
  const { report, options } = surveyed;
  const assessment = await assessmentFor(request, surveyed, request.load);
  const { lockFault } = options;
  return {
    mode: report.mode,
    lock: lockFacts(report),
    lock_fault:
      lockFault === undefined ? null : { code: lockFault.code, message: lockFault.message },
    loaded: request.load ? loadedIn(report, assessment) : acceptedIn(report),
    rejected: assessment.refused.map((each) => rejectedRow(each, report)),
    drift: driftRows(report),
    warnings: report.warnings,
  };
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
  const { id, code, reason, entryPoint } = refused;
  const source = report.found.find(
    ({ entry, package: found }) =>
      entry.id === id && found.name === refused.package && entry.entryPoint === entryPoint,
  );
  return {
    id: id ?? null,
    package: refused.package,
    entry_point: entryPoint ?? null,
    code,
    reason,
    facts: source === undefined ? null : staticFacts(source, report),
  };
}

export function driftRows({ drift }: Pick<StaticReport, "drift">): readonly DriftRow[] {
  return drift.map(({ id, kind, expected, actual, blocking }) => ({
    id,
    kind,
    expected: expected ?? null,
    actual: actual ?? null,
    blocking,
  }));
}

/** For commands that look at files only, whatever the mode would refuse. */
export function staticRequest(scope: CommandScope) {
  return { ...scope, mode: "dev", lockFaults: "throw" } as const;
}
