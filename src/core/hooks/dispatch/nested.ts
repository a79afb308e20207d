/**
 * What plugins of a nested run added goes up to the run that started it, as far as the handler
 * that started it may add, and while it has its turn. Nothing found in a nested run can get into
 * the request but by that handler: where it can change nothing, there is nothing to be labelled.
 */
import { joinSets, Overlong } from "../../envelope/index.ts";
import { changedPaths } from "./changed-paths.ts";
import type { Step } from "./compiled-hook.ts";
import { type HandlerContext, isOngoing, type Origin } from "./context.ts";
import { Invocation } from "./invocation.ts";
import { mayAdd, refuseJoin } from "./turn.ts";

/** Every capability. */
const everything = -1;

export function joinOuter({ compiled, options, extensions, waited }: Invocation): void {
  const start = waited?.start;
  if (start === undefined || extensions === start) return;
  const origin = messageOrigin(options.parent);
  if (origin === undefined) return;
  const outer = origin.run as Invocation;
  const step = origin.step as Step;
  const { slots, runtime } = outer.compiled;
  if (slots !== compiled.slots || !hasTurn(outer, origin.context)) return;
  // Plugins of the same manager add by their own right. Those of another one, which a handler may
  // have made itself, add by the right of the handler that started them.
  const mask = runtime === compiled.runtime ? everything : step.mask;
  const { limits } = outer.compiled;
  const joined = joinSets(slots, outer.extensions, extensions, start, mask, limits);
  if (joined instanceof Overlong) {
    if (mayAdd(step)) refuseJoin(outer, step, joined);
    return;
  }
  if (joined === outer.extensions) return;
  const paths = changedPaths(outer, { payload: outer.payload, extensions: joined });
  const applies = mayAdd(step);
  outer.log.join(step, paths, applies);
  if (applies) outer.replaceExtensions(joined);
}

/**
 * The nearest run of a message hook that this one is nested in. The other semantics have no
 * extensions to add to: what is found below them belongs to whoever started them.
 */
function messageOrigin(parent: Origin | undefined): Origin | undefined {
  let origin = parent;
  while (origin !== undefined && !(origin.run instanceof Invocation)) {
    origin = origin.run.options.parent;
  }
  return origin;
}

function hasTurn(run: Invocation, context: HandlerContext): boolean {
  if (!isOngoing(context)) return false;
  return run.context === context || run.waited?.phase?.hasTurn(context) === true;
}
