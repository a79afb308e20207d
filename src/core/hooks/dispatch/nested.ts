/** A nested run and the run around it: which labels it starts with, and which it passes back. */
import { joinSets, type Slots, withoutSets } from "../../envelope/index.ts";
import { GlassineError } from "../../errors/index.ts";
import { isOngoing } from "./context.ts";
import { MessageRun } from "./message-run.ts";
import { halt, mayAdd } from "./turn.ts";
import type { CompiledHook, ManagerRuntime, Origin, Step } from "./types.ts";

const everything = -1;

/**
 * Returns the envelope that a nested run starts with: `given` plus the labels of the run around it.
 * Without them, a plugin that decides by labels would let through in here what it refuses out
 * there. Another manager gets none, so a plugin cannot make one to learn them. A concurrent handler
 * gets none that others of its phase added meanwhile: it would matter which of them is faster.
 */
export function startOfNested(given: Slots, runtime: ManagerRuntime, parent: Origin): Slots {
  const origin = messageOrigin(parent);
  const outer = origin?.run as MessageRun | undefined;
  if (origin === undefined || outer?.compiled.runtime !== runtime) return given;
  const seen = outer.phase?.memberOf(origin.context)?.seen ?? outer.extensions;
  return withSetsOf(seen, given, outer.compiled);
}

/**
 * Returns the envelope that the caller of a nested run gets back: without those labels of the run
 * around it that the calling plugin may not see. It keeps the others, because a label that the
 * nested run found and the run around it had before would seem not to have been found.
 */
export function endOfNested(run: MessageRun, given: Slots, { run: outer, step }: Origin): Slots {
  const { start, extensions, compiled } = run;
  // The handler of another manager may have chosen its grant itself.
  const shown =
    outer.runtime === compiled.runtime ? withSetsOf(step.filter(start), given, compiled) : given;
  return withoutSets(run.runtime.slots, extensions, start, shown);
}

/** Returns `given` with what the growing sets of `from` have. */
function withSetsOf(from: Slots, given: Slots, { runtime, limits }: CompiledHook): Slots {
  const { slots } = runtime;
  const joined = joinSets(slots, given, from, slots.empty as Slots, everything, limits);
  if (joined.ok) return joined.extensions;
  const { code, path, reason } = joined.refusal;
  throw new GlassineError(code, `${path}: ${reason}`, { path });
}

/**
 * Merges what the plugins of a nested run added into the run around it, as far as the handler that
 * started it may add, and while that handler has its turn. What a nested run found can reach the
 * request only through that handler. If it can change nothing, nothing needs a label.
 */
export function joinOuter({ compiled, start, extensions }: MessageRun, parent: Origin): void {
  const origin = messageOrigin(parent);
  if (origin === undefined) return;
  const outer = origin.run as MessageRun;
  const step = origin.step as Step;
  const { limits, runtime } = outer.compiled;
  const { slots } = runtime;
  const { context } = origin;
  const member = outer.phase?.memberOf(context);
  const hasTurn = outer.context === context || member?.ending === "pending";
  if (slots !== compiled.runtime.slots || !hasTurn || !isOngoing(context)) return;
  // Plugins of the same manager add with their own grants. Another manager may have been made by
  // the handler itself, so its plugins add with the handler's grant.
  const mask = runtime === compiled.runtime ? everything : step.mask;
  const joinedTo = (slotsBefore: Slots) =>
    joinSets(slots, slotsBefore, extensions, start, mask, limits);
  const joined = joinedTo(outer.extensions);
  if (!joined.ok) {
    // Later plugins would not see the label, and let through what they should stop. So the outer
    // run may not go on, whatever the plugin's error policy says.
    if (!mayAdd(step) || outer.stopped !== undefined) return;
    const { code, path, reason } = joined.refusal;
    const refused = outer.log.reject(step, [{ path, code, reason }]);
    outer.stop(halt(outer, step, code, reason, refused), "errored");
    return;
  }
  // What another handler of the phase added first counts as added by this one, too.
  const own = member === undefined ? joined : joinedTo(member.seen);
  if (!own.ok || own.changed.length === 0) return;
  const applies = mayAdd(step);
  outer.log.noteJoined(step, own.changed, applies);
  if (!applies) return;
  outer.extensions = joined.extensions;
  if (member !== undefined) member.seen = own.extensions;
}

/** Finds the nearest enclosing run of a message hook. Other semantics do not change extensions. */
function messageOrigin(parent: Origin): Origin | undefined {
  let origin: Origin | undefined = parent;
  while (origin !== undefined && !(origin.run instanceof MessageRun)) {
    origin = origin.run.options.parent;
  }
  return origin;
}
