/** `plugins untrust ID` */
import { expectLockfile, type Handler, scopeOf } from "../command-context.ts";
import { refusal } from "../failure.ts";
import { untrustDocument, untrustLines } from "../print/trust.ts";
import { texts } from "../texts.ts";

export const untrust: Handler = async (context) => {
  const [id = ""] = context.operands;
  const { services, options, paint } = context;
  const scope = await scopeOf(context);
  await expectLockfile(scope);
  const answer = await services.untrust({ ...scope, id, reason: options.reason });
  if ("refusal" in answer) {
    const { lock, locked } = answer.refusal;
    throw refusal("trust_refused", texts.notLocked(id, lock, locked));
  }
  const { change } = answer;
  return {
    exitCode: 0,
    document: untrustDocument(change),
    lines: untrustLines(change, paint),
    warnings: change.warnings,
  };
};
