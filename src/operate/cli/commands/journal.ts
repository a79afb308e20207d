/** `plugins journal` */
import { expectLockfile, type Handler, scopeOf } from "../command-context.ts";
import { journalDocument, journalLines } from "../print/journal.ts";

export const journal: Handler = async (context) => {
  const [id] = context.operands;
  const scope = await scopeOf(context);
  await expectLockfile(scope);
  const report = await context.services.journal({ ...scope, id });
  return {
    exitCode: report.problem_count === 0 ? 0 : 1,
    document: journalDocument(report),
    lines: journalLines(report, context.paint),
    warnings: report.warnings,
  };
};
