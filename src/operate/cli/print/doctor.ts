/** `plugins doctor` and `doctor`: the documents and the lines. */
import { type Diagnosis, isProblem } from "../diagnose.ts";
import { doctorStates, nothingToDo } from "../doctor-states.ts";
import type { Documents } from "../documents.ts";
import type { LockFinding } from "../lock-findings.ts";
import type { DiscoveryReport } from "../reports.ts";
import { texts } from "../texts.ts";
import { headLines, lockOf, section } from "./list.ts";
import type { Paint } from "./paint.ts";
import { printable, say } from "./printable.ts";

/** All that `doctor` found. */
export interface Findings {
  readonly report: DiscoveryReport;
  readonly rows: readonly Diagnosis[];
  readonly ofLock: readonly LockFinding[];
  readonly warnings: readonly string[];
}

export type DoctorStatus = "ok" | "warning" | "error";

/** The worst of what was found. */
export function statusOf({ rows, ofLock }: Findings): DoctorStatus {
  const severities: readonly string[] = [
    ...rows.map(({ status }) => doctorStates[status].severity),
    ...ofLock.map(({ severity }) => severity),
  ];
  if (severities.includes("error")) return "error";
  return severities.includes("warning") ? "warning" : "ok";
}

/** The rows of `plugins doctor --json`. */
export function rowDocuments(rows: readonly Diagnosis[]): Documents["plugins-doctor"] {
  return rows.map(({ slug, package: name, env_var, installed, enabled, status, ...rest }) => {
    const { recommendation, reason, id } = rest;
    return { slug, package: name, env_var, installed, enabled, status, recommendation, reason, id };
  });
}

/** The document of `doctor --json`. */
export function doctorDocument(findings: Findings): Documents["doctor"] {
  const { report, rows, ofLock, warnings } = findings;
  return {
    status: statusOf(findings),
    mode: report.mode,
    lock: report.lock === null ? null : lockOf(report.lock),
    findings: ofLock.map(({ about, severity, message, recommendation }) => ({
      ...{ about, severity, message, recommendation },
    })),
    plugins: rowDocuments(rows),
    warnings,
  };
}

/** The lines of `plugins doctor`: of lockfile and journal it says that there is something. */
export function pluginsDoctorLines(findings: Findings, paint: Paint): readonly string[] {
  const { report, ofLock } = findings;
  const places = new Set(ofLock.map(({ about }) => placeOf[about]));
  const more = places.size === 0 ? [] : [texts.alsoFound([...places])];
  return [...headLines(report), "", ...rowLines(findings, paint), ...more];
}

const placeOf: Readonly<Record<LockFinding["about"], string>> = {
  setting: "settings",
  mode: "the mode",
  lock: "plugins.lock",
  journal: "the journal",
  pending: "a change that was not ended",
};

function rowLines({ rows, ofLock }: Findings, paint: Paint): readonly string[] {
  return [
    paint.title(texts.diagnostics),
    ...rows.flatMap((row) => [
      rowLine(row, paint),
      ...(row.recommendation === nothingToDo ? [] : [say`  recommendation: ${row.recommendation}`]),
      ...(row.reason === null ? [] : [say`  reason: ${row.reason}`]),
    ]),
    ...(rows.some(isProblem) || ofLock.length > 0 ? [] : [texts.consistent]),
  ];
}

function rowLine(row: Diagnosis, paint: Paint): string {
  const { package: name, status, enabled, env_var: variable, id } = row;
  const colour = {
    ...{ fine: paint.good, note: paint.faint, warning: paint.doubtful, error: paint.bad },
  }[doctorStates[status].severity];
  // One package can have several plugins.
  const which = id === null || id === name.replace(/^@[^/]*\//, "") ? "" : say` id=${id}`;
  return `${printable(name)} status=${colour(status)} ${say`enabled=${String(enabled)} env=${variable ?? "-"}`}${which}`;
}

/** The lines of `doctor`. */
export function doctorLines(findings: Findings, paint: Paint): readonly string[] {
  const { report, ofLock } = findings;
  const status = statusOf(findings);
  const colour = { ok: paint.good, warning: paint.doubtful, error: paint.bad }[status];
  return [
    `status: ${colour(status)}`,
    ...headLines(report),
    ...section(
      "Findings:",
      ofLock.flatMap(({ about, message, recommendation }) => [
        `  ${about}: ${printable(message)}`,
        `    recommendation: ${printable(recommendation)}`,
      ]),
      paint,
    ),
    "",
    ...rowLines(findings, paint),
  ];
}
