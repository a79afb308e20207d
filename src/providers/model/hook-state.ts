/** The state that passes from hook to hook within one exchange or call. */
import { kindOf } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import type { SessionLabels } from "../../core/labels/index.ts";
import type { HookManager, HookOptions, HookResult } from "../guard/index.ts";
import { isJsonObject } from "../rewrite/index.ts";
import type { ModelGuardOptions } from "./options.ts";
import { type LabelRules, sessionLabels } from "./session-labels.ts";

export interface HookState {
  readonly request: string;
  signal: AbortSignal | undefined;
  tenant?: string;
  /** A plain document until the first hook has read it. */
  extensions?: unknown;
  context?: unknown;
  /** The labels of the session, once it is known. */
  session?: SessionLabels;
}

/** Runs one step, named by `point`, and reports its failure. */
type RunStep = (point: string, work: () => Promise<void>) => Promise<void>;

interface Steps<Call> {
  readonly options: Pick<ModelGuardOptions<unknown, Call>, "envelope" | "tenant">;
  readonly labels: LabelRules<Call> | undefined;
  readonly run: RunStep;
  /** Reports a failure that the host chose to ignore. */
  report(point: string, error: unknown): void;
}

/** Determines tenant, envelope and labels of an exchange or call, before its first hook. */
export async function prepareState<Call>(
  state: HookState,
  call: Call,
  { options: { tenant, envelope }, labels, run, report }: Steps<Call>,
): Promise<void> {
  await run("tenant", async () => {
    if (tenant === undefined) return;
    const name: unknown = typeof tenant === "function" ? await tenant(call) : tenant;
    if (typeof name !== "string") {
      throw unusable("tenant", `a string, or a function that returns one; got ${kindOf(name)}`);
    }
    state.tenant = name;
  });
  await run("envelope", async () => {
    if (envelope === undefined) return;
    const made: unknown = await envelope(call);
    if (!isJsonObject(made)) {
      throw unusable("envelope", `a function that returns an object; it returned ${kindOf(made)}`);
    }
    state.extensions = made;
  });
  await run("labels", async () => {
    if (labels === undefined) return;
    const onIgnored = (error: unknown) => report("labels", error);
    state.session = await sessionLabels(labels, call, state.extensions, onIgnored);
    state.extensions = await state.session.load(state.extensions);
  });
}

/** Adds the labels of the envelope to those of the session, and the other way round. */
export async function exchangeLabels(state: HookState): Promise<void> {
  if (state.session) state.extensions = await state.session.append(state.extensions);
}

/**
 * Runs hooks and keeps the labels that they added, even if they refuse. `run` runs a step, and
 * reports its failure.
 */
export async function withLabelsKept<Result>(
  state: HookState,
  run: RunStep,
  work: () => Promise<Result>,
): Promise<Result> {
  const keep = () =>
    run("labels", async () => {
      if (state.session?.holds(state.extensions) === false) await exchangeLabels(state);
    });
  const result = await work().catch(async (error: unknown) => {
    // The refusal stands even if the labels cannot be kept.
    await keep().catch(() => {});
    throw error;
  });
  await keep();
  return result;
}

function unusable(option: string, expected: string): GlassineError {
  return new GlassineError("extensions_shape", `The option "${option}" expects ${expected}.`);
}

/** Invokes a hook with the state and updates the state from the result. */
export async function invokeWith(
  manager: HookManager,
  state: HookState,
  hook: string,
  payload: object,
  more: Pick<HookOptions, "recheck" | "stream">,
): Promise<HookResult> {
  const { request, signal, tenant, extensions, context } = state;
  const options = { request, signal, tenant, extensions, context, ...more };
  const result = await manager.invoke(hook, payload, options);
  state.extensions = result.extensions;
  if (result.continueProcessing === true) state.context = result.context;
  return result;
}
