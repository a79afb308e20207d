/** The record of a hook that ran: which plugins saw what, and changed what. Names, never values. */
import { ignore } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import type { AnyHookManager, GuardEvent } from "../../providers/mcp/index.ts";

/** What a guard says of a hook, of a server or of a model. */
export type HookRan = Pick<GuardEvent, "request" | "point" | "result" | "error">;

export const hookRecord = "gateway.hook_ran";

export function recordHook(
  manager: Pick<AnyHookManager, "audit">,
  tenantId: string | undefined,
  { request, point, result, error }: HookRan,
): void {
  const written = manager.audit?.({
    eventType: hookRecord,
    actorUri: "system:gateway",
    targetUri: `hook:${point}`,
    tenantId,
    outcome: result?.continueProcessing === true ? "success" : "failure",
    metadata: {
      request,
      handlers: (result?.executions ?? []).map((each) => ({
        plugin: each.plugin,
        mode: each.mode,
        status: each.status,
        allowed: each.effectiveAllow,
        saw: each.saw,
        changed: each.changed,
        payload_changed: each.payloadModified,
        refused: each.refused.map(({ path, code }) => ({ path, code })),
      })),
      error: result === undefined ? failureOf(error).code : null,
    },
  });
  void ignore(written as PromiseLike<unknown>);
}

/** What was thrown may quote a message. A sentence of the library has places and kinds of values. */
export function failureOf(error: unknown): { readonly code: string; readonly text?: string } {
  if (!isGlassineError(error)) return { code: "failed" };
  return { code: error.code, text: error.message };
}
