// Runs the property tests, `npm run laws -- --runs 10000`, each law that many times.
// What else is on the command line goes to vitest: `npm run laws -- filter --runs 10000`.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { runs: { type: "string" } },
  allowPositionals: true,
});

if (values.runs !== undefined && !/^[1-9][0-9]*$/.test(values.runs)) {
  console.error(`--runs takes a whole number above 0, not "${values.runs}".`);
  process.exit(2);
}

const filters =
  positionals.length > 0
    ? positionals.map((name) => `property-tests/${name}`)
    : ["property-tests/"];
const { status, error } = spawnSync("vitest", ["run", ...filters], {
  stdio: "inherit",
  env: values.runs === undefined ? process.env : { ...process.env, GLASSINE_RUNS: values.runs },
});
if (error) console.error(`vitest did not start: ${error.message}. Use \`npm run laws\`.`);
process.exit(status ?? 1);
