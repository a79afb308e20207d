// Makes the Python that the benchmark compares with, `npm run bench:peers`: a virtual environment
// in build/, with CPEX in it. It asks a package registry, as pip is set up to; nothing else here
// does. `npm run bench` finds the environment by itself.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { readArguments, refuse } from "./read-arguments.mjs";

const wanted = "cpex==0.1.4";
const folder = join("build", "cpex");

const { values } = readArguments(
  { options: { python: { type: "string", default: "python3" } } },
  "--python NAME, a Python of at least 3.11",
);

/** Runs a program to its end, and ends with it where it fails. */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (error) refuse(`${program} did not start: ${error.message}. --python names another.`);
  if (status !== 0) {
    // Half an environment would be taken for one.
    rmSync(folder, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
}

const python = join(folder, "bin", "python");
run(values.python, ["-m", "venv", "--clear", folder]);
run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]);

console.log(`${wanted} is in ${folder}, where \`npm run bench\` finds it.`);
console.log(`From elsewhere: CPEX_PYTHON=${join(process.cwd(), python)}`);
