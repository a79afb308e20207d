/**
 * What a strict audit trail asks of the gateway beside what the manager does: the records of how a
 * request ended, and of its hooks, are written when it is over. So after a record was lost no request
 * is taken until one can be written again.
 */
import { ignore } from "../../core/data/index.ts";
import type { GatewayParts } from "./parts.ts";

export interface StrictTrail {
  /**
   * Whether a record was lost and none could be written since. Asking is what tries again, so that
   * what refuses this request may let the next one pass.
   */
  isLosing(): boolean;
}

export function strictTrail({
  manager,
  audit,
  config: { tenant: tenantId },
}: Pick<GatewayParts, "manager" | "audit" | "config">): StrictTrail {
  /** The losses that a record reports. */
  let reported = 0;
  let isTrying = false;

  const lost = () => manager.auditFailures?.().total ?? 0;

  async function report(total: number): Promise<void> {
    isTrying = true;
    try {
      const isWritten = await manager.audit?.({
        eventType: "gateway.records_lost",
        ...{ actorUri: "system:gateway", targetUri: "system:audit", tenantId },
        ...{ outcome: "failure", metadata: { lost: total - reported } },
      });
      if (isWritten === true) reported = total;
    } finally {
      isTrying = false;
    }
  }

  return {
    isLosing() {
      const total = lost();
      if (audit?.strict !== true || total === reported) return false;
      if (!isTrying) void ignore(report(total));
      return true;
    },
  };
}
