// Cuts the recorded streams of model APIs at every byte, in each plugin mode: `npm run cuts`.
// Arguments select APIs, all by default: `npm run cuts -- "Chat Completions"`.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { readArguments, refuse } from "./read-arguments.mjs";

const apis = ["Chat Completions", "Responses", "Messages", "generateContent"];
const { positionals } = readArguments({ options: {}, allowPositionals: true }, apis.join(", "));
const unknown = positionals.find((name) => !apis.includes(name));
if (unknown !== undefined) refuse(`"${unknown}" is none of ${apis.join(", ")}.`);

const chosen = positionals.length === 0 ? apis : positionals;
const hour = 3_600_000;
const args = ["run", "test/adapters/http/cuts.test.ts", `--testTimeout=${hour}`];
const { status, error } = spawnSync("vitest", args, {
  stdio: "inherit",
  env: { ...process.env, GLASSINE_CUTS: chosen.join() },
});
if (error) refuse(`vitest did not start: ${error.message}. Use \`npm run cuts\`.`);
process.exit(status ?? 1);
