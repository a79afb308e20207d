/** How many records could not be written, over reloads that bring other managers. */
import type { GatewayParts } from "./parts.ts";

type Manager = Pick<GatewayParts["manager"], "auditFailures">;

export class AuditFailures {
  readonly #managers = new Set<Manager>();
  /** Of managers that are gone. */
  #past = 0;

  add(manager: Manager): void {
    this.#managers.add(manager);
  }

  /** No request uses it any more. */
  remove(manager: Manager): void {
    if (this.#managers.delete(manager)) this.#past += failuresOf(manager);
  }

  total(): number {
    return [...this.#managers].map(failuresOf).reduce((all, each) => all + each, this.#past);
  }
}

function failuresOf({ auditFailures }: Manager): number {
  return auditFailures?.().total ?? 0;
}
