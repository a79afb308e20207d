/** Records a hook that ran: which plugins saw what and changed what. Names, never values. */
import { ignore } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { labelsIn } from "../../core/labels/index.ts";
import type { AnyHookManager, GuardEvent } from "../../providers/mcp/index.ts";

/** What the guard of a server or a model reports about a hook. */
export type HookRan = Pick<GuardEvent, "request" | "point" | "result" | "error">;

export const hookRecord = "gateway.hook_ran";

/** The statuses of a handler that was not called. */
const notCalled: readonly string[] = ["skipped", "disabled"];

export function recordHook(
  manager: Pick<AnyHookManager, "audit">,
  tenantId: string | undefined,
  { request, point, result, error }: HookRan,
): void {
  const written = manager.audit({
    eventType: hookRecord,
    actorUri: "system:gateway",
    targetUri: `hook:${point}`,
    tenantId,
    outcome: result?.continueProcessing === true ? "success" : "failure",
    metadata: {
      request,
      labels: labelsIn(result?.extensions),
      handlers: (result?.executions ?? []).map((each) => ({
        plugin: each.plugin,
        mode: each.mode,
        status: each.status,
        // Of a handler that ran, the reason is a plugin's text, and has a record of its own.
        reason: notCalled.includes(each.status) ? (each.reason ?? null) : null,
        allowed: each.effectiveAllow,
        saw: each.saw,
        changed: each.changed,
        payload_changed: each.payloadModified,
        refused: each.refused.map(({ path, code }) => ({ path, code })),
      })),
      error: result === undefined ? failureOf(error).code : null,
    },
  });
  void ignore(written);
}

/** Keeps the text of this library's errors only: others may quote a message. */
export function failureOf(error: unknown): { readonly code: string; readonly text?: string } {
  if (!isGlassineError(error)) return { code: "failed" };
  return { code: error.code, text: error.message };
}
