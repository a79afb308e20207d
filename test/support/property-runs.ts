// How often each law runs. `npm run laws -- --runs N` sets GLASSINE_RUNS; without it fast-check's
// own default of 100 holds. A law that names `numRuns` itself is out of this setting's reach.
import process from "node:process";

const runs = process.env.GLASSINE_RUNS;
if (runs !== undefined) {
  const { configureGlobal, readConfigureGlobal } = await import("fast-check");
  configureGlobal({ ...readConfigureGlobal(), numRuns: Number(runs) });
}
