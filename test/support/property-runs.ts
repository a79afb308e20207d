// How often each law runs: 15 times in `npm test`, 200 times otherwise, or as `npm run laws --
// --runs N` says. A law that takes longer than the others runs a share of that number (`share` in
// property-tests/support/runs.ts).
// Results must not depend on when a test runs: a fixed seed produces the same cases each time, and
// the laws' clock ticks at each read. `npm run laws` looks for new cases with a random seed.
import process from "node:process";
import { configureGlobal, readConfigureGlobal } from "fast-check";
import { afterAll, afterEach, expect } from "vitest";
import { undoFile, undoTest } from "./cleanup.ts";
import { restartClock, tickingClock } from "./ticking-clock.ts";

const { GLASSINE_RUNS: runs, GLASSINE_SEED: seed = "1", GLASSINE_LAWS: plan } = process.env;
const isLaw = expect.getState().testPath?.includes("/property-tests/") === true;

// Before the library loads, because it keeps the clock that it finds.
if (isLaw) {
  restartClock();
  Date.now = tickingClock;
}
configureGlobal({
  ...readConfigureGlobal(),
  ...(isLaw || runs !== undefined ? { numRuns: Number(runs ?? 200) } : {}),
  ...(seed === "random" ? {} : { seed: Number(seed) }),
});
afterEach(undoTest);
afterAll(undoFile);
if (isLaw && plan !== undefined) {
  const { keepLawRuns } = await import("./law-runs.ts");
  keepLawRuns(plan);
}
