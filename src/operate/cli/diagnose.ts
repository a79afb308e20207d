/** What `doctor` finds: rows for plugins, and problems of settings, lockfile and journal. */
import { errorCodes } from "../../core/errors/index.ts";
import { rejectionCodes } from "../packages/index.ts";
import { type CatalogEntry, isEnabled } from "./catalog.ts";
import type { CommandContext } from "./command.ts";
import {
  type DiscoveryReport,
  type DriftRow,
  type diagnosis,
  doctorStates,
  type finding,
  type InstalledPlugin,
  installedIn,
  type ReadFault,
  type Report,
} from "./documents.ts";
import { journalTodo, responseTo } from "./print/next-steps.ts";
import { journalText } from "./print/parts.ts";
import { listed, say } from "./print/printable.ts";
import { texts } from "./texts.ts";
import type { JournalState } from "./work/verify.ts";

export type Diagnosis = Report<typeof diagnosis>;
type Finding = Pick<Diagnosis, "status" | "recommendation" | "reason">;

interface DiagnoseContext extends Pick<CommandContext, "env" | "host"> {
  readonly catalog: readonly CatalogEntry[];
}

export const nothingToDo = "No action required.";
const fine = { recommendation: nothingToDo, reason: null } as const;

/** Returns the rows of the catalog's plugins in its order, then those of other plugins by id. */
export function diagnose(
  report: DiscoveryReport,
  { catalog, env, host }: DiagnoseContext,
): readonly Diagnosis[] {
  const entryFor = (name: string) => catalog.find((entry) => entry.package === name);
  const row = (
    name: string,
    about: Pick<Diagnosis, "installed" | "enabled" | "id">,
    of: Finding,
  ) => {
    const { slug = null, env_var = null } = entryFor(name) ?? {};
    return { slug, env_var, package: name, ...about, ...of };
  };
  const rowsOf = (subject: InstalledPlugin): readonly Diagnosis[] => {
    const { id, package: from, rejected } = subject;
    const entry = entryFor(from);
    const findings = findingsOf(subject, report, { entry, env, host });
    const isWell = findings.every(({ status }) => doctorStates[status] === "note");
    const enabled = isEnabled(entry, env) ?? rejected === null;
    return [
      ...(isWell ? [{ ...fine, status: "installed-enabled" } as const] : []),
      ...findings,
    ].map((each) => row(from, { installed: true, enabled, id }, each));
  };
  const name = ({ id, package: from }: InstalledPlugin) => `${id ?? from} ${from}`;
  const subjects = [...installedIn(report)].sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const known = new Set(subjects.map(({ id }) => id));
  /** An entry of the lockfile whose plugin no package names: the package is gone or was changed. */
  const lostRow = (id: string): readonly Diagnosis[] => {
    const rows = report.drift.filter((each) => each.id === id);
    const [{ kind, package: of, expected, blocking }] = rows as [DriftRow];
    const isGone = kind === "missing_from_install";
    if (known.has(id) && !isGone) return [];
    const from = (isGone ? expected?.split("==")[0] : of) ?? id;
    const about = { installed: !isGone, enabled: isEnabled(entryFor(from), env) === true, id };
    // An optional entry allows the plugin to be missing.
    if (isGone && !blocking) return [row(from, about, { ...fine, status: "not-installed" })];
    const { unreadable } = report;
    const gone =
      unreadable.length === 0
        ? say`Install what was trusted, or run \`plugins untrust ${id}\` or \`plugins lock --prune\`. Each takes \`--reason TEXT\`.`
        : say`Make ${unreadable.join(", ")} readable and look again: the package may be there.`;
    const codes = rows.map((each) => each.kind).join(", ");
    const recommendation = `${codes}: ${isGone ? gone : texts.changedPackage(id)}`;
    const why = "its package is installed with different files, and no package names the plugin";
    const reason = isGone ? null : why;
    return [row(from, about, { status: "drifted", recommendation, reason })];
  };
  return [
    ...catalog.flatMap((entry) => {
      const { package: from, env_var: variable } = entry;
      const own = subjects.filter((subject) => subject.package === from);
      if (own.length > 0) return own.flatMap(rowsOf);
      const enabled = isEnabled(entry, env) === true;
      const recommendation = say`Install ${from} or unset ${variable ?? ""}.`;
      const found = enabled
        ? ({ status: "enabled-not-installed", recommendation, reason: null } as const)
        : ({ ...fine, status: "not-installed" } as const);
      return [row(from, { installed: false, enabled, id: null }, found)];
    }),
    ...subjects.filter((subject) => entryFor(subject.package) === undefined).flatMap(rowsOf),
    ...[...new Set(report.drift.map(({ id }) => id))].flatMap(lostRow),
  ];
}

function findingsOf(
  { id, facts, rejected }: InstalledPlugin,
  report: DiscoveryReport,
  {
    entry,
    env,
    host,
  }: Omit<DiagnoseContext, "catalog"> & { readonly entry: CatalogEntry | undefined },
): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (status: Finding["status"], recommendation: string, reason: string | null = null) =>
    findings.push({ status, recommendation, reason });
  if (isEnabled(entry, env) === false && rejected === null)
    add(
      "installed-disabled",
      say`Set ${entry?.env_var ?? ""}=1 to enable it.`,
      "the host must read this variable; in a host that does not, the plugin runs",
    );
  if (rejected !== null) {
    const { code, reason } = rejected;
    if (code === "signature_unchecked" && report.setting_faults.length > 0)
      // The reason says that a setting is missing, but it may be set and unusable.
      add(
        "rejected",
        `${code}: Fix the signature settings first: the signature cannot be checked until then.`,
        "a signature setting, or the file that it names, cannot be used",
      );
    // A lockfile exists, so creating another would not help.
    else if (code === "lock_missing" && report.lock_fault !== null)
      add("rejected", `${code}: Fix plugins.lock first: it cannot be read.`, reason);
    else add("rejected", say`${code}: ${responseTo(code, reason, host) ?? reason}`, reason);
  }
  const drift = report.drift.filter((row) => row.id === id && rejected === null);
  const [first] = drift;
  if (first !== undefined) {
    const kinds = drift.map(({ kind }) => kind).join(", ");
    add("drifted", `${kinds}: ${rejectionCodes[first.kind].todo}`);
  }
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
    add(
      "missing-keyword",
      `You need not do anything. Its authors should add the keyword "${host.hostName}-plugin" to package.json.`,
    );
  if (lockOnly.length > 0)
    add(
      "dependencies-not-covered",
      `No signature covers ${listed(lockOnly)}: only plugins.lock pins them. Review them like the plugin itself, or use a plugin that bundles them.`,
    );
  const { isolation } = facts;
  if (isolation !== null) {
    const { isolate, says, open } = isolation;
    const can =
      open === null || open.length === 0 ? "" : ` Not prevented here: ${texts.accepted(open)}.`;
    add("isolated", nothingToDo, `${isolate}: ${says}${can}`);
  }
  return findings;
}

export type LockFinding = Report<typeof finding>;

export function lockFindings(report: DiscoveryReport, state: JournalState): readonly LockFinding[] {
  const { lock_fault: fault } = report;
  const { journal_fault: unread, journal_problems: problems, pending } = state;
  const findings: LockFinding[] = report.setting_faults.map((each) => faultOf("setting", each));
  const warn = (about: LockFinding["about"], message: string, recommendation: string) =>
    findings.push({ about, severity: "warning", message, recommendation });
  if (report.discovery_off !== null)
    warn(
      "setting",
      `${report.discovery_off}: no installed plugin was looked at, and a host loads none, not even one that plugins.lock trusts`,
      "Unset it, unless the host is to run without installed plugins.",
    );
  for (const path of report.unreadable)
    warn("folder", `${path} cannot be read: nothing in it was looked at`, texts.makeReadable);
  if (fault !== null) findings.push(faultOf("lock", fault));
  else if (report.lock === null && report.mode === "production") {
    const { means: message, todo: recommendation } = rejectionCodes.lock_missing;
    findings.push({ about: "mode", severity: "error", message, recommendation });
  }
  if (unread !== null) findings.push(faultOf("journal", unread));
  if (pending) warn("pending", texts.pending, texts.endPending);
  for (const each of problems) warn("journal", journalText(each), journalTodo(each.problem));
  const more = state.journal_problem_count - problems.length;
  if (more > 0) warn("journal", texts.moreProblems(more), "Fix these first, then check again.");
  return findings;
}

function faultOf(about: LockFinding["about"], { code, message }: ReadFault): LockFinding {
  const todo = Object.hasOwn(errorCodes, code)
    ? errorCodes[code as keyof typeof errorCodes].todo
    : "Fix the file, or restore it from version control.";
  return { about, severity: "error", message: say`${message}`, recommendation: todo };
}
