/** The parts that a gateway uses now. A reload replaces them. */
import { lineLimit, numberedLog, type Tracing } from "../observe/index.ts";
import type { GatewayParts } from "./parts.ts";
import { requestRate } from "./request-rate.ts";

/** How many lines one event may have per minute at most. Others count as several. */
const mostLines = 600;

export class CurrentParts {
  readonly #tracing: Tracing | undefined;
  readonly #lines = requestRate(() => mostLines);
  readonly #limited = lineLimit(
    (kind, perMinute) => this.#lines.take(kind, mostLines / perMinute) === undefined,
  );
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
