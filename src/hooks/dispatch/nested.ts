/**
 * What plugins of a nested run added goes up to the run that started it, as far as the handler
 * that started it may add, and while it has its turn. Nothing found in a nested run can get into
 * the request but by that handler: where it can change nothing, there is nothing to be labelled.
 */
import { joinSets } from "../../merge/index.ts";
import { type HandlerContext, isOngoing } from "./context.ts";
import type { Invocation } from "./invocation.ts";
import { changedPaths, mayAdd } from "./turn.ts";

/** Every capability. */
const everything = -1;

export function joinOuter({ program, wishes, extensions, start }: Invocation): void {
  if (wishes.parent === undefined || extensions === start) return;
  const { run: outer, step, context } = wishes.parent;
  const { slots, house } = outer.program;
  if (slots !== program.slots || !hasTurn(outer, context)) return;
  // Plugins of the same manager add by their own right. Those of another one, which a handler may
  // have made itself, add by the right of the handler that started them.
  const mask = house === program.house ? everything : step.mask;
  const joined = joinSets(slots, outer.extensions, extensions, start, mask);
  if (joined === outer.extensions) return;
  const paths = changedPaths(outer, { payload: outer.payload, extensions: joined });
  const applies = mayAdd(step);
  outer.log.join(step, paths, applies);
  if (applies) outer.replaceExtensions(joined);
}

function hasTurn(run: Invocation, context: HandlerContext): boolean {
  if (!isOngoing(context)) return false;
  return run.context === context || run.waited?.phase?.hasTurn(context) === true;
}
