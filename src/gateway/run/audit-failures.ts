/** Counts records that could not be written, across reloads that replace the manager. */
import type { GatewayParts } from "./parts.ts";

type Manager = Pick<GatewayParts["manager"], "auditFailures">;

/** The type of the record that reports a loss. */
export const recordsLost = "gateway.records_lost";

export class AuditFailures {
  readonly #managers = new Set<Manager>();
  /** The failures of removed managers, which may be added again. */
  readonly #gone = new WeakMap<Manager, number>();
  #past = 0;

  add(manager: Manager): void {
    this.#managers.add(manager);
    this.#past -= this.#gone.get(manager) ?? 0;
    this.#gone.delete(manager);
  }

  /** Removes a manager that no request uses any more, but keeps its failures in the total. */
  remove(manager: Manager): void {
    if (!this.#managers.delete(manager)) return;
    const lost = lostBy(manager);
    this.#gone.set(manager, lost);
    this.#past += lost;
  }

  total(): number {
    const lost = [...this.#managers].map(lostBy);
    return lost.reduce((all, each) => all + each, this.#past);
  }
}

/** Does not count reports of a loss, which are tried again and again until one is written. */
function lostBy(manager: Manager): number {
  const { total, byType } = manager.auditFailures();
  return total - (byType[recordsLost] ?? 0);
}
