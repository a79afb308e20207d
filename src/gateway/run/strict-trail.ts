/**
 * What a strict audit trail asks of the gateway beside what the manager does: the records of how a
 * request ended, and of its hooks, are written when it is over. So after a record was lost no request
 * is taken until one can be written again.
 */
import { ignore } from "../../core/data/index.ts";
import { failuresOf } from "./audit-failures.ts";
import type { GatewayParts } from "./parts.ts";

type Manager = GatewayParts["manager"];

/** @param parts those of the moment: a reload may bring another manager, or the same one again */
export function strictTrail(parts: () => Pick<GatewayParts, "manager" | "audit" | "config">) {
  /** The losses of each manager that a record reports. */
  const reported = new WeakMap<Manager, number>();
  const trying = new WeakSet<Manager>();

  const reportedOf = (manager: Manager) => reported.get(manager) ?? 0;

  async function report(
    manager: Manager,
    tenantId: string | undefined,
    total: number,
  ): Promise<void> {
    trying.add(manager);
    try {
      const isWritten = await manager.audit?.({
        eventType: "gateway.records_lost",
        actorUri: "system:gateway",
        targetUri: "system:audit",
        tenantId,
        outcome: "failure",
        metadata: { lost: total - reportedOf(manager) },
      });
      if (isWritten === true) reported.set(manager, total);
    } finally {
      trying.delete(manager);
    }
  }

  return {
    /**
     * Whether a record was lost and none could be written since. Asking is what tries again, so that
     * what refuses this request may let the next one pass.
     */
    isLosing(): boolean {
      const { manager, audit, config } = parts();
      const total = failuresOf(manager);
      if (audit?.strict !== true || total === reportedOf(manager)) return false;
      if (!trying.has(manager)) void ignore(report(manager, config.tenant, total));
      return true;
    },
  };
}
