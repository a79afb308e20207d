/** What runs count and measure, where the host asks for it. */
import type { HandlerStep } from "./compiled-hook.ts";

/** Given by the manager; never throws. Times are in milliseconds. */
export interface Meter {
  /** A run of a hook has begun. */
  fired(hook: string): void;
  /** It has ended. */
  ran(hook: string, durationMs: number): void;
  /** A handler has had its turn. `durationMs`: how long, where that is known. */
  turn(step: HandlerStep, durationMs: number | undefined): void;
  /** A handler has failed. `type`: what of, as the audit trail has it. */
  failed(step: HandlerStep, type: string): void;
  /** A voting hook has an answer. */
  decided(hook: string, decision: "allow" | "deny"): void;
}
