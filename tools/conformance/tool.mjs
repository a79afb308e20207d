/** The conformance tool of MCP: which versions of it run, and what they find. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const name = "@modelcontextprotocol/conformance";

/** The newest that runs on Node 20, and the one of both revisions, which needs Node 22 or later. */
export const runs = {
  active: { tool: "0.1.13", args: [] },
  "2025-11-25": { tool: "0.2.0-alpha.12", args: ["--requirements", "2025-11-25"], node: "24" },
  "2026-07-28": { tool: "0.2.0-alpha.12", args: ["--requirements", "2026-07-28"], node: "24" },
};

/** Stops a run that hangs. */
const timeout = 600_000;

/** The checks of each scenario, in order: `{ [scenario]: [{ id, status }] }`. */
export async function scenariosOf(run, url) {
  const { tool, args, node } = runs[run];
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  // A server that listens on 127.0.0.1 is asked by the name that the tool's own checks expect.
  const asked = url.replace("127.0.0.1", "localhost");
  const packages = [`--package=${name}@${tool}`, ...(node ? [`--package=node@${node}`] : [])];
  // Both bins are on the PATH of the shell, so that the program runs on the Node that npx brought.
  const command = `node "$(command -v conformance)" server --url ${asked} ${args.join(" ")} -o ${folder}`;
  try {
    // The project refuses packages that its own Node is too old for, and scripts of packages, with
    // one of which the package of Node fetches its program.
    const allowed = ["--engine-strict=false", "--ignore-scripts=false"];
    const options = ["-y", ...allowed, ...packages, "-c", command];
    await promisify(execFile)("npx", options, { timeout, maxBuffer: 2 ** 28 });
  } catch (error) {
    // It exits 1 for a failure, too, and what failed is in its files.
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
      // A scenario that the server has nothing for writes none.
      if (error.code === "ENOENT") return "[]";
      throw error;
    });
    const checks = JSON.parse(text);
    // What went to and fro is noted among the checks, and may differ.
    scenarios[scenario] = checks
      .filter(({ id }) => !/^(?:incoming|outgoing)-/.test(id))
      .map(({ id, status }) => ({ id, status }));
  }
  return scenarios;
}
