/** `plugins doctor` and `doctor` */
import * as z from "zod";
import { defaultId } from "../../packages/index.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { expectLockfile, lookupFor } from "../command-context.ts";
import {
  type Diagnosis,
  diagnose,
  type LockFinding,
  lockFindings,
  nothingToDo,
} from "../diagnose.ts";
import {
  diagnosis,
  doctorStates,
  finding,
  isNoneInstalled,
  lock,
  mode,
  warnings as warningsSchema,
} from "../documents.ts";
import { lookupOptions } from "../options.ts";
import { headLines, noneLines, type Paint, section } from "../print/parts.ts";
import { printable, say } from "../print/printable.ts";

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
