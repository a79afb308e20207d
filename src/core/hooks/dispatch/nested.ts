/** A nested run and the run around it: which labels go down to it, and which it sends up. */
import { joinSets, type Slots, withoutSets } from "../../envelope/index.ts";
import { GlassineError } from "../../errors/index.ts";
import { isOngoing } from "./context.ts";
import { MessageRun } from "./message-run.ts";
import { halt, mayAdd } from "./turn.ts";
import type { ManagerRuntime, Origin, PluginContext, Step } from "./types.ts";

const everything = -1;

/**
 * The envelope that a nested run starts with: what the host gives, with the labels of the run around
 * it. Without them, a plugin that goes by labels would let pass in here what it refuses out there. A
 * plugin that makes a manager of its own learns no labels by it.
 */
export function startOfNested(given: Slots, runtime: ManagerRuntime, parent: Origin): Slots {
  const outer = messageOrigin(parent)?.run as MessageRun | undefined;
  if (outer?.compiled.runtime !== runtime) return given;
  const { extensions, compiled } = outer;
  const { slots, limits } = compiled;
  const start = slots.empty as Slots;
  if (extensions === given || extensions === start) return given;
  const joined = joinSets(slots, given, extensions, start, everything, limits);
  if (joined.ok) return joined.extensions;
  const { code, reason } = joined.refusal;
  throw new GlassineError(code, reason);
}

/**
 * The envelope that whoever started a nested run gets back: without the labels that it had from the
 * run around it, which the plugin that asked for it may not see.
 */
export function endOfNested({ compiled, start, extensions }: MessageRun, given: Slots): Slots {
  return withoutSets(compiled.slots, extensions, start, given);
}

/**
 * What plugins of a nested run added goes up to the run that started it, as far as the handler that
 * started it may add, and while it has its turn. What a nested run found can reach the request only
 * through that handler: where it can change nothing, nothing needs a label.
 */
export function joinOuter({ compiled, start, extensions }: MessageRun, parent: Origin): void {
  const origin = extensions === start ? undefined : messageOrigin(parent);
  if (origin === undefined) return;
  const outer = origin.run as MessageRun;
  const step = origin.step as Step;
  const { slots, runtime } = outer.compiled;
  if (slots !== compiled.slots || !hasTurn(outer, origin.context)) return;
  // Plugins of the same manager add by their own grants. A handler may have made another manager
  // itself, so that plugins of another one add by the grant of the handler that started them.
  const mask = runtime === compiled.runtime ? everything : step.mask;
  const { limits } = outer.compiled;
  const joined = joinSets(slots, outer.extensions, extensions, start, mask, limits);
  if (!joined.ok) {
    // Later plugins would let pass what they do not see the label of: whatever the plugin's error
    // policy says, the outer run may not go on.
    if (!mayAdd(step) || outer.stopped !== undefined) return;
    const { code, path, reason } = joined.refusal;
    outer.stop(halt(outer, step, code, path, reason), "errored");
    return;
  }
  if (joined.extensions === outer.extensions) return;
  const applies = mayAdd(step);
  outer.log.noteJoined(step, joined.changed, applies);
  if (applies) outer.extensions = joined.extensions;
}

/** The nearest run of a message hook around this one: the other semantics have no extensions to add to. */
function messageOrigin(parent: Origin): Origin | undefined {
  let origin: Origin | undefined = parent;
  while (origin !== undefined && !(origin.run instanceof MessageRun)) {
    origin = origin.run.options.parent;
  }
  return origin;
}

function hasTurn(run: MessageRun, context: PluginContext): boolean {
  if (!isOngoing(context)) return false;
  return run.context === context || run.phase?.hasTurn(context) === true;
}
