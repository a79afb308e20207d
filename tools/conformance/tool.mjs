/** Runs MCP's conformance tool in several versions and reads what they find. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const name = "@modelcontextprotocol/conformance";

/** The newest version that runs on Node 20, and one for both revisions, which needs Node 22+. */
export const runs = {
  active: { tool: "0.1.13", args: [] },
  "2025-11-25": { tool: "0.2.0-alpha.12", args: ["--requirements", "2025-11-25"], node: "24" },
  "2026-07-28": { tool: "0.2.0-alpha.12", args: ["--requirements", "2026-07-28"], node: "24" },
};

/** Milliseconds after which a hanging run is stopped. */
const timeout = 600_000;

/** Returns the checks of each scenario, in order: `{ [scenario]: [{ id, status }] }`. */
export async function scenariosOf(run, url) {
  const { tool, args, node } = runs[run];
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  // The tool's own checks expect the name localhost, which reaches 127.0.0.1.
  const asked = url.replace("127.0.0.1", "localhost");
  const packages = [`--package=${name}@${tool}`, ...(node ? [`--package=node@${node}`] : [])];
  // Both bins are on the shell's PATH, so the program runs on the Node that npx installed.
  const command = `node "$(command -v conformance)" server --url ${asked} ${args.join(" ")} -o ${folder}`;
  try {
    // The project's npm settings reject packages that need a newer Node, and install scripts; the
    // `node` package needs a script to fetch its binary.
    const allowed = ["--engine-strict=false", "--ignore-scripts=false"];
    const options = ["-y", ...allowed, ...packages, "-c", command];
    await promisify(execFile)("npx", options, { timeout, maxBuffer: 2 ** 28 });
  } catch (error) {
    // The tool also exits with 1 for failed checks; those are in its files.
    if ((await readdir(folder)).length === 0) throw error;
  }
  try {
    return await read(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function read(folder) {
  const scenarios = {};
  for (const each of (await readdir(folder)).sort()) {
    const [, scenario] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(each) ?? [];
    const text = await readFile(join(folder, each, "checks.json"), "utf8").catch((error) => {
      // A scenario that does not apply to the server writes no file.
      if (error.code === "ENOENT") return "[]";
      throw error;
    });
    const checks = JSON.parse(text);
    // Logged messages appear among the checks but may differ, so leave them out.
    scenarios[scenario] = checks
      .filter(({ id }) => !/^(?:incoming|outgoing)-/.test(id))
      .map(({ id, status }) => ({ id, status }));
  }
  return scenarios;
}
