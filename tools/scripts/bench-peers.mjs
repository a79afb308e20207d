// Builds what the benchmark compares with, `npm run bench:peers`: CPEX in Python, as a virtual
// environment in build/, and CPEX in Rust, from tools/bench/cpex-rust, compiled into build/.
// Only this script accesses a package registry, as pip and cargo are configured to. `npm run bench`
// finds both by itself. Without cargo, the Rust program is left out.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { readArguments } from "./read-arguments.mjs";

const wanted = "cpex==0.1.4";
const folder = join("build", "cpex");
const builds = join("build", "cpex-rust");
const program = join(builds, "release", "cpex-peer");

const { values } = readArguments(
  {
    options: {
      python: { type: "string", default: "python3" },
      cargo: { type: "string", default: "cargo" },
    },
  },
  "--python NAME, a Python of at least 3.11, and --cargo NAME",
);

/** Runs a program to its end and returns the outcome. A failure sets the script's exit code. */
function run(name, args, made) {
  const { status, error } = spawnSync(name, args, { stdio: "inherit" });
  if (error) return { isDone: false, problem: `${name} did not start: ${error.message}.` };
  if (status === 0) return { isDone: true };
  // A partial or outdated build would be mistaken for a complete one.
  rmSync(made, { recursive: true, force: true });
  process.exitCode = status ?? 1;
  return { isDone: false };
}

function makePython() {
  const python = join(folder, "bin", "python");
  const steps = [
    [values.python, ["-m", "venv", "--clear", folder]],
    [python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]],
  ];
  for (const [name, args] of steps) {
    const { isDone, problem } = run(name, args, folder);
    if (problem) {
      console.error(`${problem} --python names another.`);
      process.exitCode = 2;
    }
    if (!isDone) return;
  }
  console.log(`${wanted} is in ${folder}, where \`npm run bench\` finds it.`);
  console.log(`From elsewhere: CPEX_PYTHON=${join(process.cwd(), python)}`);
}

function buildProgram() {
  const manifest = join("tools", "bench", "cpex-rust", "Cargo.toml");
  // The crate requires Rust 1.96, but the parts that are used also compile with 1.95.
  const args = ["build", "--release", "--ignore-rust-version", "--quiet"];
  const where = ["--manifest-path", manifest, "--target-dir", builds];
  const { isDone, problem } = run(values.cargo, [...args, ...where], program);
  if (problem) {
    console.log(`${problem} --cargo names another.`);
    console.log("Left out: CPEX in Rust. `npm run bench` skips the comparisons with it.");
  }
  if (!isDone) return;
  console.log(`The program with CPEX in Rust is ${program}, where \`npm run bench\` finds it.`);
  console.log(`From elsewhere: CPEX_RUST=${join(process.cwd(), program)}`);
}

makePython();
buildProgram();
