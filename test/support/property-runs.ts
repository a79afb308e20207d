// How often each law runs: 20 times in `npm test`, 200 times otherwise, or as `npm run laws --
// --runs N` says. A law that costs more than the others runs a share of that number (`share` in
// property-tests/support/runs.ts).
// What a law finds must not depend on the moment, so all laws share a clock that ticks by looks.
import process from "node:process";
import { expect } from "vitest";
import { restartClock, tickingClock } from "./ticking-clock.ts";

const { GLASSINE_RUNS: runs, GLASSINE_SEED: seed, GLASSINE_LAWS: plan } = process.env;
const isLaw = expect.getState().testPath?.includes("/property-tests/") === true;

// Before the library loads, which keeps the clock that it finds.
if (isLaw) {
  restartClock();
  Date.now = tickingClock;
}
if (isLaw || runs !== undefined) {
  const { configureGlobal, readConfigureGlobal } = await import("fast-check");
  configureGlobal({
    ...readConfigureGlobal(),
    numRuns: Number(runs ?? 200),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  });
}
if (isLaw && plan !== undefined) {
  const { keepLawRuns } = await import("./law-runs.ts");
  keepLawRuns(plan);
}
