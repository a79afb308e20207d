/**
 * The gateway's part in a strict audit trail, besides the manager's. The records of a request's end
 * and hooks are written after it is over, too late to refuse it. So once a record has been lost, no
 * request is taken until a record can be written again, also by the manager of a later reload.
 */
import { ignore } from "../../core/data/index.ts";
import { type AuditFailures, recordsLost } from "./audit-failures.ts";
import type { GatewayParts } from "./parts.ts";

type Manager = GatewayParts["manager"];

/** How long a report that was not written is not tried again: each attempt may log a line. */
const pauseMs = 1000;

/**
 * @param parts returns the current parts: a reload may bring another manager, or the same again
 * @param failures the lost records of all managers
 */
export function strictTrail(
  parts: () => Pick<GatewayParts, "manager" | "audit" | "config">,
  failures: AuditFailures,
) {
  /** How many lost records a written one has reported. */
  let reported = 0;
  let isTrying = false;
  let nextAt = 0;

  async function report(
    manager: Manager,
    tenantId: string | undefined,
    total: number,
  ): Promise<void> {
    isTrying = true;
    try {
      const isWritten = await manager.audit({
        eventType: recordsLost,
        actorUri: "system:gateway",
        targetUri: "system:audit",
        tenantId,
        outcome: "failure",
        metadata: { lost: total - reported },
      });
      if (isWritten) reported = total;
      else nextAt = performance.now() + pauseMs;
    } finally {
      isTrying = false;
    }
  }

  return {
    /**
     * Whether a record was lost and none could be written since. A call tries to write one, so that
     * later requests may pass.
     */
    isLosing(): boolean {
      const { manager, audit, config } = parts();
      const total = failures.total();
      if (audit?.strict !== true || total === reported) return false;
      if (!isTrying && performance.now() >= nextAt)
        void ignore(report(manager, config.tenant, total));
      return true;
    },
  };
}
