/**
 * How many source files someone has to open to follow one label through an `invoke`.
 * `node tools/scripts/trace-invoke.mjs` lists them, and with `--calls` the calls between them.
 */
// Only in test:all: it compiles the core.
import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

interface Trace {
  readonly way: string;
  readonly files: readonly string[];
  readonly crossings: number;
}

/**
 * The most files, and the most calls from one file to another. One of the files is generated: the
 * literals that copy the standard levels.
 */
const limits: Readonly<Record<string, readonly [files: number, crossings: number]>> = {
  "by addLabels": [15, 49],
  "by hand": [15, 55],
  "by amend": [16, 60],
};

describe("an invoke with one plugin that adds one label", () => {
  const script = "tools/scripts/trace-invoke.mjs";
  const options = { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 } as const;
  const traces: readonly Trace[] = JSON.parse(
    execFileSync(process.execPath, [script, "--json"], options),
  );

  it("is traced for each way of editing", () => {
    expect(traces.map(({ way }) => way)).toEqual(Object.keys(limits));
  });

  it.each(traces)("$way stays within its files and crossings", ({ way, files, crossings }) => {
    const [maxFiles = 0, maxCrossings = 0] = limits[way] ?? [];
    expect(files).toContain("src/core/plugins/invoke.ts");
    const how = "`node tools/scripts/trace-invoke.mjs --calls` lists them";
    expect(files.length, `files; ${how}`).toBeLessThanOrEqual(maxFiles);
    expect(crossings, `calls from file to file; ${how}`).toBeLessThanOrEqual(maxCrossings);
  });
});
