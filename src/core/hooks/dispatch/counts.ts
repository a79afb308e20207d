/** How runs ended, counted: each that was begun ends in exactly one way. */

/** How a run ended: a halt by a handler's word is a denial, one by its failure an error. */
export type Ending = "allowed" | "denied" | "errored" | "aborted";

/** `started = allowed + denied + errored + aborted + inFlight`. */
export class RunCounts {
  started = 0;
  allowed = 0;
  denied = 0;
  errored = 0;
  aborted = 0;

  end(ending: Ending): void {
    if (ending === "allowed") this.allowed += 1;
    else this[ending] += 1;
  }
}
