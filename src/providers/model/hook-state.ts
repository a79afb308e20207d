/** What passes from hook to hook of one exchange or call. */
import type { HookManager, HookOptions, HookResult } from "../rewrite/index.ts";

export interface HookState {
  readonly request: string;
  readonly signal: AbortSignal | undefined;
  tenant: string | undefined;
  /** A plain document until the first hook has read it. */
  extensions: unknown;
  context: unknown;
}

/** Invokes a hook with the state, which then has what the hook made of it. */
export async function invokeWith(
  manager: HookManager,
  state: HookState,
  hook: string,
  payload: object,
  more: Pick<HookOptions, "recheck" | "stream">,
): Promise<HookResult> {
  const { request, signal, tenant, extensions, context } = state;
  const result = await manager.invoke(hook, payload, {
    request,
    ...(signal !== undefined && { signal }),
    ...(tenant !== undefined && { tenant }),
    ...(extensions !== undefined && { extensions }),
    ...(context !== undefined && { context }),
    ...more,
  });
  state.extensions = result.extensions;
  if (result.continueProcessing === true) state.context = result.context;
  return result;
}
