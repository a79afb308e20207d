/** The parts that a gateway uses now. A reload replaces them. */
import { lineLimit, numberedLog, type Tracing } from "../observe/index.ts";
import type { GatewayParts } from "./parts.ts";

export class CurrentParts {
  readonly #tracing: Tracing | undefined;
  readonly #limited = lineLimit();
  #parts: GatewayParts;
  #generation = 1;

  constructor(first: GatewayParts, tracing: Tracing | undefined) {
    this.#tracing = tracing;
    this.#parts = this.prepared(first);
  }

  get parts(): GatewayParts {
    return this.#parts;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Adds the generation to the log, which it limits, and spans to the manager if tracing is on. */
  prepared(parts: GatewayParts): GatewayParts {
    return {
      ...parts,
      log: this.#limited(numberedLog(parts.log, () => this.#generation)),
      manager: this.#tracing === undefined ? parts.manager : this.#tracing.manager(parts.manager),
    };
  }

  /** @param next prepared parts */
  replace(next: GatewayParts): void {
    this.#parts = next;
    this.#generation += 1;
  }
}
