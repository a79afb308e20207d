/** `plugins verify` */
import * as z from "zod";
import { type CommandContext, defineCommand } from "../command.ts";
import { expectLockfile, scopeOf } from "../command-context.ts";
import {
  change,
  count,
  drift as driftSchema,
  journal_problems,
  lock as lockSchema,
  rejectedRow,
  signer_change,
  text,
  textList,
  textOrNull,
  warnings,
} from "../documents.ts";
import { sharedOptions } from "../options.ts";
import { changeTexts } from "../plain-words.ts";
import { nextSteps } from "../print/next-steps.ts";
import { driftSection, journalSection, rejectedSection, section } from "../print/parts.ts";
import { printable, say } from "../print/printable.ts";
import { texts } from "../texts.ts";
import type { VerifyReport } from "../work/verify.ts";

export const verify = defineCommand({
  path: ["plugins", "verify"],
  summary: "compare plugins.lock with what is installed, and with its journal",
  about: [
    "Where publisher keys or a trusted root are configured, it checks signatures as production does; otherwise it says that it did not.",
    "No plugin is run, and the mode makes no difference.",
  ],
  options: {
    strictJournal: { flag: "--strict-journal", what: "also fail on problems of the journal" },
    root: sharedOptions.root,
    pluginsLock: sharedOptions.pluginsLock,
    host: sharedOptions.host,
  },
  exits: {
    1: "plugins.lock and installation differ in a way that production refuses, production refuses a package or a signature, or a change is unfinished; with --strict-journal also if the journal has a problem",
  },
  examples: [
    { line: "plugins verify", what: "check before a start" },
    { line: "plugins verify --strict-journal", what: "also fail on journal problems" },
  ],
  namesItself: true,
  schema: z.object({
    ok: z.boolean().describe("Whether the command ends with 0."),
    lock: lockSchema,
    guest_count: count.describe(
      "Entries that were not looked at: guests, which `gateway trust --check` compares.",
    ),
    other_host_count: count.describe(
      "Entries that were not looked at: plugins of other hosts, which `--host` compares.",
    ),
    drift: driftSchema,
    rejected: z
      .array(rejectedRow)
      .describe("What production refuses, whatever plugins.lock says of it."),
    unhashable: z
      .array(z.object({ id: text, code: text, reason: text }))
      .describe("Those of `rejected` that cannot be hashed."),
    signatures_unchecked: textOrNull.describe("Why no signature was checked. Null if each was."),
    journal_problems,
    journal_problem_count: count,
    pending: z.boolean().describe("Whether a change was started and not finished."),
    unreadable: textList.describe("Folders of packages that cannot be read."),
    permissions: z.array(
      z.object({ id: text, ...change.shape, hook_change: change, signer_change }),
    ),
    warnings,
  }),
  async run(context) {
    const scope = await scopeOf(context);
    await expectLockfile(scope);
    const report = await context.services.verify(scope);
    const problems = problemCount(report, context.options.strictJournal === true);
    return {
      exitCode: problems === 0 ? 0 : 1,
      document: { ...report, ok: problems === 0 },
      lines: linesOf(report, problems, context),
      warnings: report.warnings,
    };
  },
});

function problemCount(report: VerifyReport, countJournal: boolean): number {
  const { drift, rejected, unreadable, pending } = report;
  const blocking = drift.filter((row) => row.blocking);
  const found = blocking.length + rejected.length + unreadable.length + Number(pending);
  return found + (countJournal ? report.journal_problem_count : 0);
}

function linesOf(
  report: VerifyReport,
  problems: number,
  { host, paint }: Pick<CommandContext, "host" | "paint">,
): readonly string[] {
  const { lock, drift, rejected, unreadable, pending, permissions } = report;
  const { signatures_unchecked: unchecked } = report;
  const { guest_count: guests, other_host_count: others } = report;
  const parts = [
    ...notSeen(guests, ["guest", "guests"], "gateway trust --check"),
    ...notSeen(others, ["entry of another host", "entries of other hosts"], "verify --host MODULE"),
    ...driftSection(drift, paint),
    ...rejectedSection(rejected, paint),
    ...section(
      "Cannot be read, and what is in it was not compared:",
      unreadable.map((path) => say`  ${path}`),
      paint,
    ),
    ...section(
      "Permissions since it was trusted:",
      permissions.flatMap(({ id, added, removed, ...each }) =>
        changeTexts({ ...each, permission_change: { added, removed } }).map(
          (text) => `  ${printable(id)}: ${text}`,
        ),
      ),
      paint,
    ),
    ...journalSection(report, paint),
    ...(pending ? ["", texts.pending] : []),
  ];
  const uncheckedFor = unchecked === null ? "" : say`; signatures were not checked: ${unchecked}`;
  const end =
    problems === 0
      ? paint.good(
          `plugins.lock verified: ${lock.entries - guests - others} entries${uncheckedFor}`,
        )
      : paint.bad(`verify failed: ${problems} problem(s)`);
  return [
    texts.lockLine(lock.path, lock.schema_version),
    ...parts,
    ...(parts.length === 0 ? [] : [""]),
    end,
    ...nextSteps(report, host, paint),
  ];
}

function notSeen(
  count: number,
  [one, several]: readonly [string, string],
  command: string,
): readonly string[] {
  if (count === 0) return [];
  const [what, them] = count === 1 ? [`${one} was`, "it"] : [`${several} were`, "them"];
  return [`${count} ${what} not looked at: \`${command}\` compares ${them}.`];
}
