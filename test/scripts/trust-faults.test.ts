/** The command that runs the long fault tests. */
// Only in test:all: it runs scripts of the repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, runScript } from "./run-script.ts";

const run = (...args: string[]) => runScript("trust-faults.mjs", args, folderWith({}));

describe("npm run faults", () => {
  it("tries each part in turn, and says that it held", () => {
    const { status, said } = run("--rounds", "2");
    expect(said).toEqual([
      ...["kills", "disks", "writers"].map((name) =>
        expect.stringContaining(`run faults/trust-${name}.test.ts`),
      ),
      "All of it held.",
    ]);
    expect(status).toBe(0);
  });

  it("tries only the named parts", () => {
    expect(run("kills").said).toHaveLength(2);
  });

  it("writes down what a whole run tried, and under what", () => {
    const folder = folderWith({ "test/faults/.keep": "" });
    const { status } = runScript("trust-faults.mjs", ["--rounds", "2", "--report"], folder);
    expect(status).toBe(0);
    const report = readFileSync(join(folder, "test/faults/report.md"), "utf8");
    expect(report).toContain("npm run faults -- --rounds 2 --report");
    expect(report).toContain(`Node ${process.versions.node}`);
    expect(report).toContain("All of it held.");
  });

  it.each([
    [["kills", "--report"], "--report is for a whole run"],
    [["--rounds", "0"], 'takes a whole number above 0, not "0"'],
    [["everything"], '"everything" is none of kills, disks, writers.'],
    [["--round", "3"], "It takes --rounds N"],
  ])("%j is refused in one line", (args, problem) => {
    const { status, said, complained } = run(...args);
    expect({ status, said }).toEqual({ status: 2, said: [] });
    expect(complained).toEqual([expect.stringContaining(problem)]);
  });
});
