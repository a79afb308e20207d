/** `plugins doctor` and `doctor` */
import * as z from "zod";
import { errorCodes } from "../../../core/errors/index.ts";
import { defaultId, rejectionCodes } from "../../packages/index.ts";
import { type CatalogEntry, isEnabled } from "../catalog.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { expectLockfile, lookupFor } from "../command-context.ts";
import {
  type DiscoveryReport,
  type DriftRow,
  diagnosis,
  doctorStates,
  finding,
  type InstalledPlugin,
  installedIn,
  isNoneInstalled,
  lock,
  mode,
  type ReadFault,
  type Report,
  warnings as warningsSchema,
} from "../documents.ts";
import { lookupOptions } from "../options.ts";
import { journalTodo, responseTo } from "../print/next-steps.ts";
import { headLines, journalText, noneLines, type Paint, section } from "../print/parts.ts";
import { listed, printable, say } from "../print/printable.ts";
import { texts } from "../texts.ts";
import type { JournalState } from "../work/verify.ts";

const shared = {
  options: {
    ...lookupOptions,
    strict: { flag: "--strict", what: "exit 1 if there is a problem" },
  },
  exits: { 1: "with --strict, there is a problem" },
} as const;

type Context = CommandContext<typeof shared.options>;

export const pluginsDoctor = defineCommand({
  ...shared,
  path: ["plugins", "doctor"],
  summary: "report problems of installed plugins, and what to do about them",
  about: [
    "Prints a row for each plugin that is installed or in the catalog.",
    "With --strict, also fails on problems of settings, plugins.lock and its journal, which `{bin} doctor` reports.",
  ],
  examples: [
    { line: "plugins doctor", what: "each plugin with its state" },
    {
      line: "plugins doctor --strict --plugin-mode production",
      what: "check before a deployment",
    },
  ],
  schemaName: "plugins-doctor",
  schema: z.array(diagnosis),
  async run(context) {
    const { exitCode, rows, ofLock, head, rowLines, warnings } = await outcomeOf(context);
    const about = [...new Set(ofLock.map((each) => placeNames[each.about]))];
    const more = `There are also problems with ${about.join(", ")}: run \`${context.host.bin} doctor\` to see them.`;
    return {
      exitCode,
      document: rows,
      lines: [...head, "", ...rowLines, ...(about.length === 0 ? [] : [more])],
      warnings: [...ofLock.map(({ message }) => message), ...warnings],
    };
  },
});

export const doctor = defineCommand({
  ...shared,
  path: ["doctor"],
  summary: "report problems of plugins, plugins.lock and its journal",
  about: [
    "Continues past a broken plugin, trust setting, plugins.lock or journal, and reports it.",
    "Like every command, refuses an invalid mode and invalid arguments.",
    "Looks at plugins and what trusts them, not at the configuration of a host, such as the gateway's.",
  ],
  examples: [{ line: "doctor", what: "when something does not work" }],
  schema: z.object({
    status: z.enum(["ok", "warning", "error"]),
    mode,
    no_load: z.literal(true).optional(),
    lock: lock.nullable(),
    findings: z.array(finding),
    plugins: z.array(diagnosis),
    warnings: warningsSchema,
  }),
  async run(context) {
    const { paint, options } = context;
    const found = await outcomeOf(context);
    const { exitCode, status, report, rows, ofLock, head, rowLines, warnings } = found;
    const colour = { ok: paint.good, warning: paint.doubtful, error: paint.bad }[status];
    const lines = ofLock.flatMap(({ about, message, recommendation }) => [
      `  ${about}: ${printable(message)}`,
      `    recommendation: ${printable(recommendation)}`,
    ]);
    return {
      exitCode,
      document: {
        ...report,
        status,
        findings: ofLock,
        plugins: rows,
        warnings,
        no_load: options.noLoad === true || undefined,
      },
      lines: [
        `status: ${colour(status)}`,
        ...head,
        ...section("Findings:", lines, paint),
        "",
        ...rowLines,
      ],
      warnings,
    };
  },
});

/** Returns what both commands find and print, and their exit code. */
async function outcomeOf(context: Context) {
  const { env, host, services, options, paint } = context;
  const { catalog, scope } = await lookupFor(context);
  await expectLockfile(scope);
  const state = await services.journalState(scope);
  const report = await services.discover({ ...scope, faults: "report" });
  const rows = diagnose(report, { catalog, env, host });
  const ofLock = lockFindings(report, state);
  const found: readonly string[] = [
    ...rows.map(({ status }) => doctorStates[status]),
    ...ofLock.map(({ severity }) => severity),
    // Such a host does not start, also if no installed plugin has the id.
    ...(report.mode === "production" && report.drift.some(({ blocking }) => blocking)
      ? ["error"]
      : []),
  ];
  const status =
    (["error", "warning"] as const).find((each) => found.includes(each)) ?? ("ok" as const);
  const isLoaded = options.noLoad !== true;
  const isNone = rows.length === 0 && isNoneInstalled(report);
  const well = isLoaded
    ? "Plugin configuration looks consistent."
    : "No problem was found without running plugins.";
  return {
    report,
    rows,
    ofLock,
    status,
    // A check before a deployment can run either of the two commands.
    exitCode: options.strict === true && status !== "ok" ? (1 as const) : (0 as const),
    head: headLines(
      report,
      isLoaded ? undefined : "whether plugins load and are healthy is not known",
    ),
    rowLines: [
      paint.title("Plugin state diagnostics:"),
      ...rows.flatMap((row) => rowLinesOf(row, paint)),
      ...(isNone && status !== "ok" ? noneLines(scope.root, host) : []),
      ...(status === "ok" ? [well] : []),
    ],
    warnings: report.warnings,
  };
}

const placeNames: Readonly<Record<LockFinding["about"], string>> = {
  setting: "settings",
  folder: "folders of packages",
  mode: "the mode",
  lock: "plugins.lock",
  journal: "the journal",
  pending: "an unfinished change",
};

function rowLinesOf(row: Diagnosis, paint: Paint): readonly string[] {
  const { package: name, status, enabled, env_var: variable, id, recommendation, reason } = row;
  const { good: fine, faint: note, doubtful: warning, bad: error } = paint;
  const colour = { fine, note, warning, error }[doctorStates[status]];
  // One package can have several plugins.
  const which = id === null || id === defaultId(name) ? "" : say` id=${id}`;
  return [
    `${printable(name)} status=${colour(status)} ${say`enabled=${String(enabled)} env=${variable ?? "-"}`}${which}`,
    ...(recommendation === nothingToDo ? [] : [say`  recommendation: ${recommendation}`]),
    ...(reason === null ? [] : [say`  reason: ${reason}`]),
  ];
}

type Diagnosis = Report<typeof diagnosis>;
type Finding = Pick<Diagnosis, "status" | "recommendation" | "reason">;

interface DiagnoseContext extends Pick<Context, "env" | "host"> {
  readonly catalog: readonly CatalogEntry[];
}

const nothingToDo = "No action required.";
const fine = { recommendation: nothingToDo, reason: null } as const;

/** Returns the rows of the catalog's plugins in its order, then those of other plugins by id. */
function diagnose(
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

type LockFinding = Report<typeof finding>;

function lockFindings(report: DiscoveryReport, state: JournalState): readonly LockFinding[] {
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
