/** How one handler's turn ends: with nothing, a denial, changes, or a failure. */
import { intrinsics } from "../../data/index.ts";
import { joinSets, Overlong } from "../../envelope/index.ts";
import {
  type ErrorCode,
  type ErrorCodeSpec,
  ownErrorCode,
  refusalCodes,
} from "../../errors/index.ts";
import { answerOf, rejectionOf, type Violation } from "../results.ts";
import { isOngoing } from "./context.ts";
import { MessageRun } from "./message-run.ts";
import { note, noteError, noteLabels, noteRefused, noteThrown, reportThrown } from "./report.ts";
import { type Changes, Refused, readChanges } from "./result.ts";
import type { ExecutionRecord, Origin, PluginContext, Step } from "./types.ts";
import { timedOut } from "./wait.ts";

const { freeze, hasOwn } = intrinsics;

/** A violation ends the run; `undefined` lets it go on. */
export type TurnEnd = Violation | undefined;

/** Takes what a handler returned. */
export function takeReturned(run: MessageRun, step: Step, returned: unknown): TurnEnd {
  const answer = returned === undefined || returned === null ? "allow" : answerOf(returned);
  if (answer === "allow") {
    if (run.compiled.timed || run.again) run.record(step, {});
    return undefined;
  }
  if (answer !== undefined) return takeDenial(run, step, answer);
  if (typeof returned !== "object" || returned === null) return refuse(run, step, noResult);
  const changes = readChanges(run, step, returned);
  if (changes instanceof Refused) return refuse(run, step, changes);
  if (run.again && changes.payload !== run.payload) return contest(run, step);
  apply(run, step, changes);
  return undefined;
}

/**
 * Asked again, a handler would change the payload that later ones left. It has allowed neither that
 * payload nor its own, so the run may not go on, whatever the error policy says.
 */
function contest(run: MessageRun, step: Step): TurnEnd {
  const reason = `Plugin "${step.plugin.name}" was asked again on ${run.compiled.hook}, because a later plugin changed the payload, and would change it once more.`;
  const code = "payload_contested";
  run.record(step, { status: "error", effectiveAllow: false, reason, errorCode: code });
  return halt(run, step, code, "payload", reason);
}

/** Ends the run, whatever the plugin's error policy says. */
function halt(
  run: MessageRun,
  step: Step,
  code: "payload_contested" | "snapshot_limit",
  path: string,
  reason: string,
): Violation {
  noteRefused(run, step, run.reject(step, [{ path, code, reason }]));
  run.log.addError(step, code, reason);
  run.halted("errored");
  return freeze({ plugin: step.plugin.name, code, reason });
}

function takeDenial(run: MessageRun, step: Step, violation: Violation): TurnEnd {
  if (!step.mayHalt) {
    const refused = run.reject(step, [
      freeze({
        path: "(result)",
        code: "mode_denied",
        reason: "The plugin's mode may not halt.",
      } as const),
    ]);
    run.record(step, { requestedAllow: false, refused });
    noteRefused(run, step, refused);
    return undefined;
  }
  run.record(step, { requestedAllow: false, effectiveAllow: false, reason: violation.reason });
  run.halted("denied");
  note(run, { kind: "denied", step, code: violation.code, reason: violation.reason });
  return attributed(step, violation);
}

function attributed(step: Step, violation: Violation): Violation {
  return freeze({ plugin: step.plugin.name, ...violation });
}

/**
 * Whether anything a handler adds is taken. What concurrent handlers add is joined: the merge has
 * let nothing else through.
 */
function mayAdd(step: Step): boolean {
  return step.mayModify || step.mode === "concurrent";
}

function apply(run: MessageRun, step: Step, changes: Changes): void {
  const payloadModified = changes.payload !== run.payload;
  const extensionsModified = changes.extensions !== run.extensions;
  const refused = run.reject(step, changes.rejections);
  const applies = mayAdd(step);
  run.record(step, {
    applied: applies && (payloadModified || extensionsModified),
    payloadModified,
    extensionsModified,
    changed: changes.changed,
    refused,
  });
  if (changes.metadata !== undefined) run.log.addMetadata(step, changes.metadata);
  if (run.compiled.runtime.audit !== undefined) {
    noteRefused(run, step, refused);
    if (applies) noteLabels(run, step, changes.extensions);
  }
  if (!applies) return;
  if (payloadModified) run.changedAt = run.index;
  run.payload = changes.payload;
  run.extensions = changes.extensions;
}

const noResult = new Refused("result_shape", "(result)", "Expected a result.");

/** What a handler returned is refused as a whole. Nothing of it is applied. */
function refuse(run: MessageRun, step: Step, { code, path, reason }: Refused): TurnEnd {
  const refused = run.reject(step, [{ path, code, reason }]);
  noteRefused(run, step, refused);
  const what = `returned something that was refused at ${path}`;
  noteError(run, step, "ContractViolation", what);
  return failed(run, step, code, what, { status: "error", refused }, ` ${reason}`);
}

const refusals: { readonly [code in ErrorCode]?: ErrorCodeSpec } = refusalCodes;
const seeLog = " What it threw is in the host's log, or went to its onHandlerError.";

/** A handler threw. An error of this library tells its code; any other is opaque. */
export function failThrown(run: MessageRun, step: Step, thrown: unknown): TurnEnd {
  if (thrown === timedOut) return fail(run, step, "handler_timeout", "timeout");
  const rejection = rejectionOf(thrown);
  if (rejection !== undefined) return takeDenial(run, step, rejection);
  reportThrown(run, step, thrown);
  if (run.result !== undefined) return undefined;
  noteThrown(run, step, thrown);
  const code = ownErrorCode(thrown);
  const refusal = code !== undefined && hasOwn(refusals, code) ? refusals[code] : undefined;
  if (code === undefined || refusal === undefined) {
    return fail(run, step, "handler_error", "error");
  }
  const detail = ` ${refusal.means}${seeLog}`;
  return failed(run, step, code, `was refused by a helper (${code})`, { status: "error" }, detail);
}

/** A handler failed. */
export function fail(
  run: MessageRun,
  step: Step,
  code: "handler_error" | "handler_timeout",
  status: "error" | "timeout",
): TurnEnd {
  const what = code === "handler_error" ? "threw" : "did not settle before its deadline";
  if (status === "timeout") noteError(run, step, "timeout", what);
  return failed(run, step, code, what, { status }, status === "error" ? seeLog : "");
}

/** The plugin's error policy decides what follows. No text of the plugin gets into a record. */
function failed(
  run: MessageRun,
  step: Step,
  code: ErrorCode,
  what: string,
  turn: Partial<ExecutionRecord>,
  detail = "",
): TurnEnd {
  const reason = `Plugin "${step.plugin.name}" ${what} on ${run.compiled.hook}.${detail}`;
  run.log.addError(step, code, reason);
  const halts = step.onError === "fail";
  if (halts) run.halted("errored");
  if (step.onError === "disable") step.plugin.off = true;
  run.record(step, { ...turn, effectiveAllow: !halts, reason, errorCode: code });
  return halts ? freeze({ plugin: step.plugin.name, code, reason }) : undefined;
}

/** Whether a handler has a turn: it is switched on, and its conditions match the call. */
export function mayRun(run: MessageRun, step: Step): boolean {
  if (step.plugin.off) {
    if (run.again) return false;
    run.log.record(step, { status: "disabled", reason: "Switched off after a failure." });
    return false;
  }
  const { conditions } = step;
  if (conditions === undefined) return true;
  if (conditions(run.payload, run.extensions, run.options)) return true;
  if (run.again) return false;
  run.log.record(step, { status: "skipped", reason: "Its conditions do not match." });
  return false;
}

/** Every capability. */
const everything = -1;

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
  if (joined instanceof Overlong) {
    // Later plugins would let pass what they do not see the label of: whatever the plugin's error
    // policy says, the outer run may not go on.
    if (!mayAdd(step) || outer.stopped !== undefined) return;
    outer.stop(halt(outer, step, "snapshot_limit", joined.path, joined.reason), "errored");
    return;
  }
  if (joined.extensions === outer.extensions) return;
  const applies = mayAdd(step);
  outer.log.join(step, joined.changed, applies);
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
