import fc from "fast-check";
import type { Law } from "glassine/testing";
import { expect } from "vitest";

/**
 * The number of runs of a law that takes longer than the others: a share of the number set for all,
 * so that both grow together. The report of the laws shows the share.
 */
export function share(part: number): { readonly numRuns: number } {
  const { numRuns = 100 } = fc.readConfigureGlobal() ?? {};
  return { numRuns: Math.max(1, Math.ceil(numRuns * part)) };
}

/** Whether this is `npm test`, or as short. */
const isQuick = share(1).numRuns < 100;

/** The step of a loop over every position. In `npm test` it skips some. */
export const stride = isQuick ? 7 : 1;

/**
 * The laws of a provider as cases of a test, each checked `part` as often as other laws. Those of
 * growth count steps, which takes long: they are checked a tenth as often, and not in `npm test`.
 */
export function casesOf(laws: readonly Law[], part = 1) {
  const growth = ["C5", "C6"];
  return laws
    .filter(({ id }) => !isQuick || !growth.includes(id))
    .map(({ id, text, check }) => {
      const runs = share(growth.includes(id) ? part / 10 : part);
      return [id, text, () => check(runs)] as const;
    });
}

/** Asserts that a law met its case more than `few` times, if it ran often enough. */
export function expectSome(count: number, few = 0): void {
  const { numRuns = 100 } = fc.readConfigureGlobal() ?? {};
  if (numRuns >= 100) expect(count).toBeGreaterThan(few);
}
