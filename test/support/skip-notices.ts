/** Reports once per run that tests are skipped because a server or CPEX is missing. */
import process from "node:process";
import type { TestProject } from "vitest/node";

const notices = {
  GLASSINE_REDIS_URL: "names no server: the tests against Redis or Valkey are skipped.",
  GLASSINE_CPEX_PYTHON: "names no Python: the tests with real CPEX are skipped.",
  GLASSINE_ENVOY_PYTHON: "names no Python: the tests with the real Envoy are skipped.",
};

export function setup(project: TestProject): void {
  if (!project.isRootProject()) return;
  for (const [name, notice] of Object.entries(notices))
    if (!process.env[name]) process.stderr.write(`${name} ${notice}\n`);
}
