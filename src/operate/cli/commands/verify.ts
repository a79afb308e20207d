/** `plugins verify` */
import { expectLockfile, type Handler, scopeOf, withHost } from "../command-context.ts";
import { problemCount, verifyDocument, verifyLines } from "../print/verify.ts";

export const verify: Handler = async (given) => {
  const context = await withHost(given);
  const scope = await scopeOf(context);
  await expectLockfile(scope);
  const report = await context.services.verify(scope);
  const { strictJournal = false } = context.options;
  const strictness = { strictJournal };
  return {
    exitCode: problemCount(report, strictness) === 0 ? 0 : 1,
    document: verifyDocument(report, strictness),
    lines: verifyLines(report, strictness, context.paint),
    warnings: report.warnings,
  };
};
