/** The state that passes from hook to hook within one exchange or call. */
import { GlassineError } from "../../core/errors/index.ts";
import {
  type HookManager,
  type HookOptions,
  type HookResult,
  isJsonObject,
} from "../rewrite/index.ts";
import type { ModelGuardOptions } from "./options.ts";
import type { SessionLabels } from "./session-labels.ts";

export interface HookState {
  readonly request: string;
  readonly signal: AbortSignal | undefined;
  tenant: string | undefined;
  /** A plain document until the first hook has read it. */
  extensions: unknown;
  context: unknown;
}

/** Runs one step, named by `point`, and reports its failure. */
type RunStep = (point: string, work: () => Promise<void>) => Promise<void>;

/** Determines tenant, envelope and labels of an exchange or call, before its first hook. */
export async function prepareState<Call>(
  state: HookState,
  call: Call,
  { tenant, envelope }: Pick<ModelGuardOptions<unknown, Call>, "envelope" | "tenant">,
  labels: SessionLabels<Call> | undefined,
  step: RunStep,
): Promise<void> {
  await step("tenant", async () => {
    if (tenant === undefined) return;
    const name: unknown = typeof tenant === "function" ? await tenant(call) : tenant;
    if (typeof name !== "string") throw unusable("tenant", "a string");
    state.tenant = name;
  });
  await step("envelope", async () => {
    if (envelope === undefined) return;
    const made: unknown = await envelope(call);
    if (!isJsonObject(made)) throw unusable("envelope", "an object");
    state.extensions = made;
  });
  await step("labels", async () => {
    if (labels) state.extensions = await labels.load(call, state.extensions);
  });
}

function unusable(option: string, expected: string): GlassineError {
  const text = `The option "${option}" expects ${expected}, or a function that returns one.`;
  return new GlassineError("extensions_shape", text);
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
