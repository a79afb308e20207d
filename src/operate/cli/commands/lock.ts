/** `plugins lock` */
import { expectLockfile, type Handler, scopeOf, withHost } from "../command-context.ts";
import { misuse } from "../failure.ts";
import type { GivenOptions } from "../option-table.ts";
import { wordsOf } from "../plain-words.ts";
import { lockDocument, lockLines } from "../print/trust.ts";
import type { LockRequest } from "../services.ts";
import { texts } from "../texts.ts";

export const lock: Handler = async (given) => {
  const action = actionOf(given.options);
  const context = await withHost(given);
  const scope = await scopeOf(context);
  if (action === "check" || action === "prune") await expectLockfile(scope);
  const change = await context.services.lock({ ...scope, action, reason: context.options.reason });
  return {
    exitCode: change.skipped.length > 0 ? 1 : 0,
    document: lockDocument(action, change),
    lines: lockLines(action, change, wordsOf(context.host.host), context.paint),
    warnings: change.warnings,
  };
};

const switches = ["all", "prune", "check"] as const;

function actionOf(options: GivenOptions): LockRequest["action"] {
  const given = switches.filter((name) => options[name] === true);
  if (given.length > 1) throw misuse(texts.onlyOneOf(given.map((name) => `--${name}`)));
  const [action = "create"] = given;
  const recorded = action === "all" || action === "prune";
  if (options.reason !== undefined && !recorded) throw misuse(texts.reasonForNothing);
  return action;
}
