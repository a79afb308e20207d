/** What `doctor` finds: a row for each plugin by its state, and problems of settings, lockfile and journal. */

import { errorCodes } from "../../core/errors/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { rejectionCodes } from "../packages/index.ts";
import { type CatalogEntry, isEnabled } from "./catalog.ts";
import { type diagnosis, doctorStates, type finding, type Report } from "./documents.ts";
import { journalTodo, responseTo } from "./print/next-steps.ts";
import { journalText } from "./print/parts.ts";
import { listed, say } from "./print/printable.ts";
import {
  type DiscoveryReport,
  type DriftRow,
  type InstalledPlugin,
  installedIn,
  type ReadFault,
} from "./reports.ts";
import { texts } from "./texts.ts";
import type { LockState } from "./work/verify.ts";

export type Diagnosis = Report<typeof diagnosis>;
type DoctorState = Diagnosis["status"];

/** The rows of the catalogue in its order, then those of other plugins by id. */
export function diagnose(
  report: DiscoveryReport,
  catalog: readonly CatalogEntry[],
  env: Environment,
): readonly Diagnosis[] {
  const known = new Set(catalog.map((entry) => entry.package));
  return [
    ...catalog.flatMap((entry) => rowsOfEntry(entry, report, env)),
    ...subjectsOf(report)
      .filter((subject) => !known.has(subject.package))
      .flatMap((subject) => rowsOf(subject, report, undefined, env)),
    ...lostRows(report, catalog, env),
  ];
}

/** Whether a row is one to do something about. */
export function isProblem({ status }: Diagnosis): boolean {
  const severity = doctorStates[status];
  return severity === "warning" || severity === "error";
}

function subjectsOf(report: DiscoveryReport): readonly InstalledPlugin[] {
  const name = ({ id, package: from }: InstalledPlugin) => `${id ?? from} ${from}`;
  return [...installedIn(report)].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

function rowsOfEntry(
  entry: CatalogEntry,
  report: DiscoveryReport,
  env: Environment,
): readonly Diagnosis[] {
  const subjects = subjectsOf(report).filter((subject) => subject.package === entry.package);
  if (subjects.length > 0)
    return subjects.flatMap((subject) => rowsOf(subject, report, entry, env));
  const enabled = isEnabled(entry, env) === true;
  const row = { ...entryFields(entry), installed: false, enabled, reason: null, id: null };
  if (!enabled) return [{ ...row, status: "not-installed", recommendation: nothingToDo }];
  const todo = say`Install ${entry.package} or unset ${entry.env_var ?? ""}.`;
  return [{ ...row, status: "enabled-not-installed", recommendation: todo }];
}

function entryFields(entry: CatalogEntry | undefined) {
  return {
    slug: entry?.slug ?? null,
    env_var: entry?.env_var ?? null,
    package: entry?.package ?? "",
  };
}

/** What there is to say of an installed plugin: a row for each thing, or one that all is well. */
function rowsOf(
  subject: InstalledPlugin,
  report: DiscoveryReport,
  entry: CatalogEntry | undefined,
  env: Environment,
): readonly Diagnosis[] {
  const { id, rejected } = subject;
  const switched = entry === undefined ? undefined : isEnabled(entry, env);
  const row = {
    ...entryFields(entry),
    package: subject.package,
    installed: true,
    enabled: switched ?? rejected === null,
    reason: null,
    id,
  };
  const findings = findingsOf(subject, report, entry, switched);
  if (findings.some(({ status }) => doctorStates[status] !== "note"))
    return findings.map((finding) => ({ ...row, ...finding }));
  const well = { ...row, status: "installed-enabled", recommendation: nothingToDo } as const;
  return [well, ...findings.map((finding) => ({ ...row, ...finding }))];
}

type Finding = Pick<Diagnosis, "status" | "recommendation" | "reason">;

function findingsOf(
  { id, facts, rejected }: InstalledPlugin,
  report: DiscoveryReport,
  entry: CatalogEntry | undefined,
  switched: boolean | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (status: DoctorState, recommendation: string, reason: string | null = null) =>
    findings.push({ status, recommendation, reason });
  if (switched === false && rejected === null)
    add("installed-disabled", say`Set ${entry?.env_var ?? ""}=1 to enable it.`, texts.ownVariable);
  if (rejected !== null) {
    const { code, reason } = rejected;
    // The reason names a setting that is missing, and it may be there.
    const isUnread = code === "signature_unchecked" && report.setting_faults.length > 0;
    add(
      "rejected",
      say`${code}: ${responseTo(code, reason, report) ?? reason}`,
      isUnread ? texts.signatureUnread : reason,
    );
  }
  const drift = report.drift.filter((row) => row.id === id && rejected === null);
  if (drift.length > 0) add("drifted", driftTodo(drift));
  if (facts === null) return findings;
  if (report.mode === "production" && facts.trust_decision === "development_unsigned_override")
    add("unsigned-in-production", "Use a signed package, and switch signing on again.");
  if (facts.health?.status === "unhealthy" || facts.health?.status === "degraded")
    add(
      facts.health.status,
      say`Run \`plugins describe ${facts.id} --json\`, and read its health.`,
    );
  const { unsupplied_capabilities: unsupplied, lock_only_dependencies: lockOnly } = facts;
  if (unsupplied.length > 0)
    add(
      "unsupplied-capability",
      `The host supplies nothing for ${listed(unsupplied)}: ask for it, or remove the plugin.`,
    );
  if (facts.missing_keyword)
    add("missing-keyword", "Nothing here; tell its authors to add the keyword to package.json.");
  if (lockOnly.length > 0)
    add(
      "dependencies-not-covered",
      `No signature covers ${listed(lockOnly)}: plugins.lock alone holds them. Review them as you do the plugin, or use one that bundles them.`,
    );
  const { isolation } = facts;
  if (isolation !== null) {
    const { isolate, says, open } = isolation;
    const can = open === null || open.length === 0 ? "" : ` Open here: ${texts.accepted(open)}.`;
    add("isolated", nothingToDo, texts.isolatedIn(isolate, says) + can);
  }
  return findings;
}

function driftTodo(drift: readonly DriftRow[]): string {
  const codes = drift.map(({ kind }) => kind);
  const [first] = codes;
  const todo = first === undefined ? "" : rejectionCodes[first].todo;
  return say`${codes.join(", ")}: ${todo}`;
}

/** Entries of the lockfile whose plugin no package names: it is gone, or was changed. */
function lostRows(
  report: DiscoveryReport,
  catalog: readonly CatalogEntry[],
  env: Environment,
): readonly Diagnosis[] {
  const { drift, unreadable } = report;
  const known = new Set(installedIn(report).map(({ id }) => id));
  const ids = new Set(drift.map(({ id }) => id));
  const isLost = (id: string) =>
    !known.has(id) || drift.some((row) => row.id === id && row.kind === "missing_from_install");
  const lost = [...ids].filter(isLost).map((id) => drift.filter((row) => row.id === id));
  return lost.map((rows) => {
    const [{ id, kind, expected, blocking }] = rows as [DriftRow];
    const isGone = kind === "missing_from_install";
    const name = (isGone ? expected?.split("==")[0] : rows[0]?.package) ?? id;
    const entry = catalog.find((each) => each.package === name);
    const enabled = entry !== undefined && isEnabled(entry, env) === true;
    const row = { ...entryFields(entry), package: name, installed: !isGone, enabled, id };
    // An entry that is optional says that this may be.
    if (isGone && !blocking)
      return { ...row, status: "not-installed", recommendation: nothingToDo, reason: null };
    const codes = rows.map((each) => each.kind).join(", ");
    const installed = say`Reinstall what was trusted, or run \`plugins untrust ${id} --reason TEXT\`.`;
    const gone =
      unreadable.length === 0
        ? say`Install what was trusted, or run \`plugins untrust ${id}\` or \`plugins lock --prune\`. Each takes \`--reason TEXT\`.`
        : say`Make ${unreadable.join(", ")} readable and look again: the package may be there.`;
    const recommendation = `${codes}: ${isGone ? gone : installed}`;
    return { ...row, status: "drifted", recommendation, reason: isGone ? null : texts.namedNoMore };
  });
}

export const nothingToDo = "No action required.";

export type LockFinding = Report<typeof finding>;

export function lockFindings(
  report: Pick<DiscoveryReport, "mode" | "setting_faults" | "discovery_off">,
  state: LockState,
): readonly LockFinding[] {
  const { lock, fault, journal_fault: unread, journal_problems: problems, pending } = state;
  const findings: LockFinding[] = report.setting_faults.map((each) => faultOf("setting", each));
  const warn = (about: LockFinding["about"], message: string, recommendation: string) =>
    findings.push({ about, severity: "warning", message, recommendation });
  if (report.discovery_off !== null)
    warn("setting", texts.discoveryOff(report.discovery_off), texts.switchOn);
  if (fault !== null) findings.push(faultOf("lock", fault));
  else if (lock === null && report.mode === "production") {
    const { means: message, todo: recommendation } = rejectionCodes.lock_missing;
    findings.push({ about: "mode", severity: "error", message, recommendation });
  }
  if (unread !== null) findings.push(faultOf("journal", unread));
  if (pending) warn("pending", texts.pending, texts.endPending);
  for (const each of problems) warn("journal", journalText(each), journalTodo(each.problem));
  const more = state.journal_problem_count - problems.length;
  if (more > 0) warn("journal", texts.moreProblems(more), "Mend the first ones, and look again.");
  return findings;
}

function faultOf(about: LockFinding["about"], { code, message }: ReadFault): LockFinding {
  const todo = Object.hasOwn(errorCodes, code)
    ? errorCodes[code as keyof typeof errorCodes].todo
    : "Mend the file, or restore it from version control.";
  return { about, severity: "error", message: say`${message}`, recommendation: todo };
}
