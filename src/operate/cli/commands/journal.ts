/** `plugins journal [ID]` */
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { scopeOf } from "../command-context.ts";
import {
  count,
  journal_problems,
  lock,
  type Report,
  text,
  textOrNull,
  trustEvent,
  warnings,
} from "../documents.ts";
import { sharedOptions } from "../options.ts";
import { nextSteps } from "../print/next-steps.ts";
import { journalSection, type Paint, shortHash } from "../print/parts.ts";
import { printable, say, singleQuoted } from "../print/printable.ts";

export const journal = defineCommand({
  path: ["plugins", "journal"],
  summary: "show who trusted what, when and why",
  about: [
    "Reads the journal of plugins.lock, checks its hash chain and whether it records what plugins.lock has, and shows the last hundred changes.",
    "No later line covers the last one: until the next change, an edit of its time, author or reason is not noticed.",
    "No plugin is run.",
  ],
  arguments: [{ name: "ID", what: "show only the changes of this plugin", isOptional: true }],
  options: { pluginsLock: sharedOptions.pluginsLock },
  exits: {
    1: "the journal has an invalid line, its chain is broken, it does not match plugins.lock, or plugins.lock cannot be read",
  },
  examples: [
    { line: "plugins journal", what: "the changes of all plugins" },
    { line: "plugins journal pii-scan", what: "the changes of one plugin" },
  ],
  schema: z.object({
    lock: lock.nullable(),
    lock_fault: z
      .object({ code: text, message: text })
      .nullable()
      .describe("Why plugins.lock cannot be read."),
    journal_path: textOrNull,
    changes: z.array(trustEvent).describe("The last hundred, in their order."),
    change_count: count,
    journal_problems,
    journal_problem_count: count,
    warnings,
  }),
  async run(context) {
    const [id] = context.operands;
    const { host, paint, services } = context;
    const scope = await scopeOf(context);
    const report = await services.journal({ ...scope, id });
    const { journal_path: path, changes, change_count, journal_problem_count: problems } = report;
    const { lock_fault: fault } = report;
    const earlier = change_count - changes.length;
    return {
      exitCode: problems === 0 && fault === null ? 0 : 1,
      document: report,
      lines: [
        say`journal: ${path}`,
        ...(earlier === 0 ? [] : [`${earlier} earlier ones are in the file`]),
        "",
        ...(changes.length === 0
          ? [id === undefined ? "no changes" : `no line names ${singleQuoted(id)}`]
          : changes.flatMap((each) => changeLines(each, paint))),
        ...journalSection(report, paint),
        "",
        problems === 0
          ? paint.good(`journal: ${change_count} lines, nothing wrong`)
          : paint.bad(`journal: ${problems} problem(s)`),
        // What could have been edited without these checks noticing.
        ...(fault === null ? [] : [`not compared with plugins.lock: ${printable(fault.message)}`]),
        ...(fault === null && report.lock === null ? ["there is no plugins.lock"] : []),
        ...(change_count === 0
          ? []
          : [
              "not covered: the time, author and reason of the last line; the next change covers them",
            ]),
        ...nextSteps(report, host, paint),
      ],
      warnings: report.warnings,
    };
  },
});

function changeLines(event: Report<typeof trustEvent>, paint: Paint): readonly string[] {
  const { at, action, id, version, distribution_hash: hash, until, isolate, reason, actor } = event;
  const end = until === null ? "" : ` until ${until}`;
  const what = version === null ? "" : say` ${version} (${shortHash(hash)})${end}`;
  const colour = action === "trust" ? paint.good : paint.doubtful;
  return [
    `${say`${at}`} ${colour(action)} ${say`${id}`}${what}`,
    ...(isolate === null ? [] : [say`  isolate: ${isolate}`]),
    say`  by:     ${actor ?? "-"}`,
    say`  reason: ${reason}`,
  ];
}
