/** The findings of a long run, for `tools/scripts/trust-faults.mjs` to print. */
import { appendFileSync } from "node:fs";
import process from "node:process";

const { GLASSINE_TRUST_MATRIX: matrix, GLASSINE_TRUST_ROUNDS: rounds } = process.env;

/** Whether each fault is tried at each call, rather than a part of them. */
export const isWhole = matrix === "whole";

/** How often many processes write at once. */
export const roundsOfWriters = Number(rounds ?? 3);

/** Records a fact, if a report was requested. */
export function report(what: string, count: number): void {
  const { GLASSINE_TRUST_REPORT: path } = process.env;
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ what, count })}\n`);
}
