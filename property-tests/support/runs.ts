import fc from "fast-check";
import { expect } from "vitest";

/**
 * The number of runs of a law that takes longer than the others: a share of the number set for all,
 * so that both grow together. The report of the laws shows the share.
 */
export function share(part: number): { readonly numRuns: number } {
  const { numRuns = 100 } = fc.readConfigureGlobal() ?? {};
  return { numRuns: Math.max(1, Math.ceil(numRuns * part)) };
}

/** The step of a loop over every position. In `npm test` it skips some. */
export const stride = share(1).numRuns < 100 ? 7 : 1;

/** Asserts that a law met its case more than `few` times, if it ran often enough. */
export function expectSome(count: number, few = 0): void {
  const { numRuns = 100 } = fc.readConfigureGlobal() ?? {};
  if (numRuns >= 100) expect(count).toBeGreaterThan(few);
}
