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
        ...{ plugin: each.plugin, mode: each.mode, status: each.status },
        allowed: each.effectiveAllow,
        ...{ saw: each.saw, changed: each.changed, payload_changed: each.payloadModified },
        refused: each.refused.map(({ path, code }) => ({ path, code })),
      })),
      // What was thrown may quote a message; its code does not.
      error: result === undefined ? codeOf(error) : null,
    },
  });
  void ignore(written as PromiseLike<unknown>);
}

function codeOf(error: unknown): string {
  return isGlassineError(error) ? error.code : "failed";
}
