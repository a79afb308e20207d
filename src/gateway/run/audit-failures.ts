/** How many records could not be written, over reloads that bring other managers. */
import type { GatewayParts } from "./parts.ts";

type Manager = Pick<GatewayParts["manager"], "auditFailures">;

export class AuditFailures {
  readonly #managers = new Set<Manager>();
  /** Those of managers that are gone, which may come back. */
  readonly #gone = new WeakMap<Manager, number>();
  #past = 0;

  add(manager: Manager): void {
    this.#managers.add(manager);
    this.#past -= this.#gone.get(manager) ?? 0;
    this.#gone.delete(manager);
  }

  /** No request uses it any more. */
  remove(manager: Manager): void {
    if (!this.#managers.delete(manager)) return;
    const failures = failuresOf(manager);
    this.#gone.set(manager, failures);
    this.#past += failures;
  }

  total(): number {
    return [...this.#managers].map(failuresOf).reduce((all, each) => all + each, this.#past);
  }
}

/** Zero for a manager that does not count them. */
export function failuresOf({ auditFailures }: Manager): number {
  return auditFailures?.().total ?? 0;
}
