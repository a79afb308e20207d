import fc from "fast-check";

/**
 * The number of runs of a law that costs more than the others: a part of the number that is set
 * for all, so that it grows with that. The report of the laws tells the part.
 */
export function share(part: number): { readonly numRuns: number } {
  const { numRuns = 100 } = fc.readConfigureGlobal() ?? {};
  return { numRuns: Math.max(1, Math.ceil(numRuns * part)) };
}
