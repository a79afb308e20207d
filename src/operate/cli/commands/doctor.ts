/** `plugins doctor` and `doctor` */
import * as z from "zod";
import { type CommandContext, defineCommand } from "../command.ts";
import { expectLockfile, lookupFor } from "../command-context.ts";
import {
  type Diagnosis,
  diagnose,
  isProblem,
  type LockFinding,
  lockFindings,
  nothingToDo,
} from "../diagnose.ts";
import {
  diagnosis,
  doctorStates,
  finding,
  lock,
  mode,
  warnings as warningsSchema,
} from "../documents.ts";
import { lookupOptions } from "../options.ts";
import { headLines, type Paint, section } from "../print/parts.ts";
import { printable, say } from "../print/printable.ts";
import type { DiscoveryReport } from "../reports.ts";
import { texts } from "../texts.ts";

const shared = {
  options: {
    ...lookupOptions,
    strict: { flag: "--strict", what: "exit 1 if there is a problem" },
  },
  exits: { 1: "with --strict: there is a problem" },
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
    const findings = await findingsOf(context);
    const { report, rows, ofLock, warnings } = findings;
    const about = [...new Set(ofLock.map((each) => placeNames[each.about]))];
    const more = `There are problems of ${about.join(", ")} too: \`doctor\` shows them.`;
    return {
      exitCode: exitCodeOf(findings, context),
      document: rows,
      lines: [
        ...headLines(report, unloaded(context)),
        "",
        ...rowLines(findings, context),
        ...(about.length === 0 ? [] : [more]),
      ],
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
    const findings = await findingsOf(context);
    const { report, rows, ofLock, warnings } = findings;
    const { paint } = context;
    const status = statusOf(findings);
    const colour = { ok: paint.good, warning: paint.doubtful, error: paint.bad }[status];
    const lines = ofLock.flatMap(({ about, message, recommendation }) => [
      `  ${about}: ${printable(message)}`,
      `    recommendation: ${printable(recommendation)}`,
    ]);
    return {
      exitCode: exitCodeOf(findings, context),
      document: {
        ...report,
        status,
        ...(unloaded(context) === undefined ? {} : { no_load: true as const }),
        ...{ findings: ofLock, plugins: rows, warnings },
      },
      lines: [
        `status: ${colour(status)}`,
        ...headLines(report, unloaded(context)),
        ...section("Findings:", lines, paint),
        "",
        ...rowLines(findings, context),
      ],
      warnings,
    };
  },
});

interface Findings {
  readonly report: DiscoveryReport;
  readonly rows: readonly Diagnosis[];
  readonly ofLock: readonly LockFinding[];
  readonly warnings: readonly string[];
}

async function findingsOf(context: Context): Promise<Findings> {
  const { env, services } = context;
  const { catalog, scope } = await lookupFor(context);
  await expectLockfile(scope);
  const state = await services.lockState(scope);
  const report = await services.discover({ ...scope, faults: "report" });
  const rows = diagnose(report, catalog, env);
  const ofLock = lockFindings(report, state);
  return { report, rows, ofLock, warnings: [...new Set([...state.warnings, ...report.warnings])] };
}

function statusOf({ rows, ofLock }: Findings): "ok" | "warning" | "error" {
  const found: readonly string[] = [
    ...rows.map(({ status }) => doctorStates[status]),
    ...ofLock.map(({ severity }) => severity),
  ];
  if (found.includes("error")) return "error";
  return found.includes("warning") ? "warning" : "ok";
}

/** A check before a deployment may run either of the two. */
function exitCodeOf(findings: Findings, { options }: Context): 0 | 1 {
  return options.strict === true && statusOf(findings) !== "ok" ? 1 : 0;
}

const placeNames: Readonly<Record<LockFinding["about"], string>> = {
  setting: "settings",
  mode: "the mode",
  lock: "plugins.lock",
  journal: "the journal",
  pending: "an unfinished change",
};

/** What is not known with `--no-load`. */
function unloaded({ options }: Context): string | undefined {
  return options.noLoad === true ? texts.doctorUnloaded : undefined;
}

function rowLines({ rows, ofLock }: Findings, context: Context): readonly string[] {
  const { paint } = context;
  const isFine = !rows.some(isProblem) && ofLock.length === 0;
  const isLoaded = unloaded(context) === undefined;
  const well = isLoaded
    ? "Plugin configuration looks consistent."
    : "No problem was found without running plugins.";
  return [
    paint.title("Plugin state diagnostics:"),
    ...rows.flatMap((row) => [
      rowLine(row, paint),
      ...(row.recommendation === nothingToDo ? [] : [say`  recommendation: ${row.recommendation}`]),
      ...(row.reason === null ? [] : [say`  reason: ${row.reason}`]),
    ]),
    ...(isFine ? [well] : []),
  ];
}

function rowLine(row: Diagnosis, paint: Paint): string {
  const { package: name, status, enabled, env_var: variable, id } = row;
  const { good: fine, faint: note, doubtful: warning, bad: error } = paint;
  const colour = { fine, note, warning, error }[doctorStates[status]];
  // One package can have several plugins.
  const which = id === null || id === name.replace(/^@[^/]*\//, "") ? "" : say` id=${id}`;
  return `${printable(name)} status=${colour(status)} ${say`enabled=${String(enabled)} env=${variable ?? "-"}`}${which}`;
}
