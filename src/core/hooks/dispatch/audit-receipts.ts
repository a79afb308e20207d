/** What a run tells the host's audit trail. */
import type { Rejection } from "../../envelope/index.ts";
import type { HandlerStep } from "./compiled-hook.ts";
import type { AnyRun } from "./context.ts";

/** Something that happened in a handler's turn. */
export type RunNote =
  | {
      readonly kind: "denied";
      readonly step: HandlerStep;
      readonly code: string;
      readonly reason: string;
    }
  | {
      readonly kind: "error";
      readonly step: HandlerStep;
      readonly type: string;
      readonly text: string;
    }
  | { readonly kind: "refused"; readonly step: HandlerStep; readonly rejection: Rejection }
  | { readonly kind: "labels"; readonly step: HandlerStep; readonly labels: readonly string[] };

/** Keeps what happened. Given by the manager; never throws. */
export interface RunAudit {
  /** Whether a run whose notes cannot be kept is denied. */
  readonly strict: boolean;
  /** Keeps a note. The promise, if there is one, resolves to whether it was kept. */
  tell(run: AnyRun, note: RunNote): boolean | Promise<boolean>;
}

/** What became of the notes of one run. */
export class AuditReceipts {
  #lost = false;
  #pending: Promise<boolean> | undefined = undefined;

  tell(audit: RunAudit, run: AnyRun, note: RunNote): void {
    const kept = audit.tell(run, note);
    if (kept === false) this.#lost = true;
    else if (kept !== true) this.#pending = both(this.#pending, kept);
  }

  /** Whether all of them were kept, once each has been dealt with. */
  async areKept(): Promise<boolean> {
    if (this.#lost) return false;
    return this.#pending === undefined || (await this.#pending) === true;
  }
}

async function both(
  first: Promise<boolean> | undefined,
  second: Promise<boolean>,
): Promise<boolean> {
  const one = first === undefined || (await first) === true;
  return (await second) === true && one;
}
