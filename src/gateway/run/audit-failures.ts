/** Counts records that could not be written, across reloads that replace the manager. */
import type { GatewayParts } from "./parts.ts";

type Manager = Pick<GatewayParts["manager"], "auditFailures">;

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
    const { total } = manager.auditFailures();
    this.#gone.set(manager, total);
    this.#past += total;
  }

  total(): number {
    const totals = [...this.#managers].map((each) => each.auditFailures().total);
    return totals.reduce((all, each) => all + each, this.#past);
  }
}
