/** What `--check` of `gateway` and `extproc` reports: the documents, and the lines for people. */
import * as z from "zod";
import {
  type CommandContext,
  mode,
  printable,
  type Report,
  say,
  text,
  textList,
  textOrNull,
  warnings,
} from "../../operate/cli/index.ts";
import type { LoadedConfig } from "../config/index.ts";

const pluginReport = z.object({
  name: text,
  version: text,
  from: z.enum(["stock", "package", "path", "cpex"]),
  source: text.describe(
    "Its name, id or path in the configuration; for a guest, the path of the CPEX configuration.",
  ),
  isolate: textOrNull.describe("Where its code runs. Null for the process of the gateway."),
  runs_in: textList.describe("The same in words, and what is not prevented there."),
  hooks: textList.nullable(),
  capabilities: textList.nullable().describe("What it declares, or less if `grant` restricts it."),
  runs_on: textList,
  only_for: textList.describe("The calls it is limited to, if it has conditions."),
  sees: textList,
  hidden: textList.describe("Slots and fields that it does not see."),
  may_change: textList,
  uses: textList,
  never: textList.describe("Parts of it that can never have an effect."),
});

/** The part of the report that is not in the configuration itself. */
const findings = z.object({
  always: textList,
  plugins: z.array(pluginReport),
  problems: textList.describe("What would keep it from working, one sentence each."),
  warnings,
});

const configFile = textOrNull.describe("Null if everything is on the command line.");

export const checkDocument = z
  .object({
    config_file: configFile,
    mode,
    front: z.enum(["stdio", "http"]),
    servers: textList,
    models: textList,
    ...findings.shape,
  })
  .describe("What `gateway --check --json` prints.");

export const extprocDocument = z
  .object({
    config_file: configFile,
    mode,
    listens_at: text,
    webhook_at: textOrNull.describe("Where agentgateway finds the webhook; null for none."),
    served_at: z
      .record(text, text)
      .describe("The servers and models by the paths that callers ask at."),
    ...findings.shape,
  })
  .describe("What `extproc --check --json` prints.");

/** What a reviewer wants to know about one plugin. */
export type PluginReport = Report<typeof pluginReport>;

export type CheckReport = Report<typeof findings>;

function canWork({ problems, plugins }: CheckReport): boolean {
  return problems.length === 0 && plugins.every(({ never }) => never.length === 0);
}

type Paint = CommandContext["paint"];

/** What `--check` returns. `front` and `lines` say what is served, and where. */
export function checkOutcome<Front extends object>(
  { config, file }: LoadedConfig,
  report: CheckReport,
  paint: Paint,
  front: Front,
  lines: readonly string[],
) {
  return {
    exitCode: canWork(report) ? (0 as const) : (1 as const),
    document: { config_file: file ?? null, mode: config.mode, ...front, ...report },
    lines: [
      say`configuration: ${file ?? "the command line"}`,
      `plugin mode: ${config.mode}`,
      ...lines,
      "",
      ...reportLines(report, paint),
    ],
    warnings: report.warnings,
  };
}

/** Returns what people read: what each plugin will see, the problems, and the verdict. */
function reportLines(report: CheckReport, paint: Paint): readonly string[] {
  const { always, plugins, problems } = report;
  return [
    paint.title("Every plugin:"),
    ...always.map((sentence) => `  ${sentence}`),
    ...plugins.flatMap((each) => ["", ...pluginLines(each, paint)]),
    ...(problems.length === 0 ? [] : ["", paint.title("Problems:")]),
    ...problems.map((problem) => `  ${paint.bad(printable(problem))}`),
    "",
    verdict(report, paint),
  ];
}

function verdict(report: CheckReport, paint: Paint): string {
  if (!canWork(report)) return paint.bad("The configuration cannot work as it is.");
  if (report.warnings.length === 0) return paint.good("The configuration can work.");
  return paint.good("The configuration can work, but see the warnings.");
}

function pluginLines(report: PluginReport, paint: Paint): readonly string[] {
  const { name, version, from, source, runs_in, runs_on, only_for } = report;
  const { sees, hidden, may_change, uses, never } = report;
  const where = from === "stock" ? "stock" : say`${from} ${source}`;
  return [
    `${paint.title(say`${name} ${version}`)} (${where})`,
    ...[...runs_in, ...runs_on, ...only_for, ...sees, ...may_change, ...uses].map(
      (sentence) => `  ${printable(sentence)}`,
    ),
    ...(hidden.length === 0 ? [] : [`  Does not see ${hidden.join(", ")}.`]),
    ...never.map((sentence) => `  ${paint.bad(`No effect: ${printable(sentence)}`)}`),
  ];
}
