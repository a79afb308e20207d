/**
 * The end of a run: its result is made, what a nested run added goes to the outer run, a strict
 * audit trail has its say, the caller gets the result and the background handlers start.
 */
import { concat, intrinsics } from "../../data/index.ts";
import { joinSets, Overlong } from "../../envelope/index.ts";
import type { Violation } from "../results.ts";
import { chooseBackground, runBackground } from "./background.ts";
import { isOngoing } from "./context.ts";
import { emptyList, noMetadata } from "./run-log.ts";
import { RunState } from "./run-state.ts";
import { mayAdd, refuseJoin } from "./turn.ts";
import type { AnyInvokeResult, ExecutionRecord, Origin, PluginContext, Step } from "./types.ts";

const { freeze } = intrinsics;
const noSteps: readonly Step[] = freeze([]);

/** Ends a run, once. `from`: the record position from which nothing ran, or -1 if all of it did. */
export function finish(run: RunState, violation: Violation | undefined, from: number): undefined {
  if (run.result !== undefined) return undefined;
  const mayStart = violation === undefined && run.options.recheck !== "only";
  const hasBackground = run.compiled.background.length > 0;
  const background = mayStart && hasBackground ? chooseBackground(run) : noSteps;
  if (from >= 0) run.log.skipFrom(from);
  const result = resultOf(run, violation);
  run.result = result;
  run.context = undefined;
  run.wait?.under(undefined);
  run.unlisten?.();
  if (run.options.parent !== undefined) joinOuter(run, run.options.parent);
  if (run.receipts !== undefined && run.runtime.audit?.strict === true) {
    run.audited = concludeAudited(run, result, background);
  } else conclude(run, result, background);
  return undefined;
}

/** Hands out the result, and starts the background handlers that were chosen. */
function conclude(run: RunState, result: AnyInvokeResult, background: readonly Step[]): void {
  const { runtime } = run.compiled;
  if (run.counted) {
    run.counted = false;
    runtime.inFlight -= 1;
    runtime.counts[run.ending] += 1;
  }
  run.settle?.(result);
  if (background.length > 0) runBackground(run, background);
  if (runtime.inFlight === 0) runtime.onIdle?.();
}

/** The same once the audit trail has dealt with all notes. What was not kept does not pass. */
async function concludeAudited(
  run: RunState,
  result: AnyInvokeResult,
  background: readonly Step[],
): Promise<AnyInvokeResult> {
  const isKept = (await run.receipts?.areKept()) === true;
  // A denial stands, for the reason that was given.
  if (isKept || result.violation !== undefined) {
    conclude(run, result, background);
    return result;
  }
  run.ending = "denied";
  const denied = deniedByAudit(run, result);
  conclude(run, denied, noSteps);
  return denied;
}

/** The result of a run. One of a hook without handlers is all there is of it. */
export function resultOf(
  { compiled, payload, extensions, scope, written }: Finished,
  violation: Violation | undefined,
): AnyInvokeResult {
  const said = written?.close();
  return freeze({
    continueProcessing: violation === undefined,
    payload,
    extensions,
    violation,
    rejections: said?.rejections ?? emptyList,
    errors: said?.errors ?? emptyList,
    executions: said?.executions ?? compiled.plainExecutions,
    metadata: said?.metadata ?? noMetadata,
    context: scope,
    // biome-ignore lint/suspicious/noThenProperty: without an own `then`, a patched prototype could capture the result (security rule D12).
    then: undefined,
  });
}

/** What of a run its result is made of. */
type Finished = Pick<RunState, "compiled" | "payload" | "extensions" | "scope" | "written">;

function deniedByAudit(run: RunState, result: AnyInvokeResult): AnyInvokeResult {
  const { hook, firstBackground } = run.compiled;
  const executions = concat(result.executions);
  for (let i = firstBackground; i < executions.length; i++) {
    executions[i] = notStarted(executions[i] as ExecutionRecord);
  }
  const reason = `The audit trail did not keep what happened on ${hook}.`;
  return freeze({
    ...result,
    continueProcessing: false,
    violation: freeze({ code: "audit_failed", reason }),
    executions: freeze(executions),
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  });
}

function notStarted(record: ExecutionRecord): ExecutionRecord {
  if (record.status !== "started") return record;
  return freeze({ ...record, status: "skipped", reason: "The run was halted before." } as const);
}

/** Every capability. */
const everything = -1;

/**
 * What plugins of a nested run added goes up to the run that started it, as far as the handler that
 * started it may add, and while it has its turn. What a nested run found can reach the request only
 * through that handler: where it can change nothing, nothing needs a label.
 */
function joinOuter({ compiled, start, extensions }: RunState, parent: Origin): void {
  const origin = extensions === start ? undefined : messageOrigin(parent);
  if (origin === undefined) return;
  const outer = origin.run as RunState;
  const step = origin.step as Step;
  const { slots, runtime } = outer.compiled;
  if (slots !== compiled.slots || !hasTurn(outer, origin.context)) return;
  // Plugins of the same manager add by their own grants. A handler may have made another manager
  // itself, so that plugins of another one add by the grant of the handler that started them.
  const mask = runtime === compiled.runtime ? everything : step.mask;
  const { limits } = outer.compiled;
  const joined = joinSets(slots, outer.extensions, extensions, start, mask, limits);
  if (joined instanceof Overlong) {
    if (mayAdd(step)) refuseJoin(outer, step, joined);
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
  while (origin !== undefined && !(origin.run instanceof RunState)) {
    origin = origin.run.options.parent;
  }
  return origin;
}

function hasTurn(run: RunState, context: PluginContext): boolean {
  if (!isOngoing(context)) return false;
  return run.context === context || run.phase?.hasTurn(context) === true;
}
