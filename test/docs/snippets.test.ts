/** Compiles the code on the pages and in the docstrings, runs it, and compares what it prints. */
// Only in test:all: it runs every example of the documentation.
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { type Compiled, compile, run } from "./support/compile.ts";
import { readDocstrings, readPages } from "./support/pages.ts";
import { type Program, programsOf } from "./support/programs.ts";
import type { ProgramResult } from "./support/run-programs.ts";

const folder = "docs-snippets";
/** Few, because loading the sources takes longer than most programs run. */
const processes = 4;
const pages = [...readPages(), ...readDocstrings()].map((page) => ({
  path: page.path,
  examples: page.text.split("\n").filter((line) => line.startsWith("@example")).length,
  programs: programsOf(page),
}));
const programs = pages.flatMap((page) => page.programs);
const running = programs.filter(({ runs }) => runs);
const results = new Map<Program, ProgramResult>();
let compiled: Compiled;

beforeAll(async () => {
  const files = Object.fromEntries(programs.map(({ file, source }) => [`code/${file}`, source]));
  const include = [`build/compiled/${folder}/code`, "test/docs/support/run-programs.ts"];
  compiled = await compile(folder, include, files);
  const own = pages.map((page) => page.programs.filter(({ runs }) => runs));
  const shares = Array.from({ length: processes }, (_, at) =>
    own.filter((_, index) => index % processes === at).flat(),
  );
  await Promise.all(shares.map(runAll));
}, 1_200_000);

async function runAll(own: readonly Program[]): Promise<void> {
  const runner = `${compiled.out}test/docs/support/run-programs.js`;
  const files = own.map(({ file }) => `${compiled.out}build/compiled/${folder}/code/${file}`);
  const args = [runner, ...files.map((file) => file.replace(/ts$/, "js"))];
  const { code, output, complaints } = await run(process.execPath, args, 600_000);
  // A program that prints the right output but never ends has failed, too.
  const ended = code === 0 ? (JSON.parse(output) as ProgramResult[]) : [];
  own.forEach((program, index) => {
    results.set(program, ended[index] ?? { output, error: complaints });
  });
}

/** Returns the compiler's findings about a program, with the lines of the page. */
function findings({ at, file }: Program): readonly string[] {
  const [page] = at.split(":");
  return compiled.problems
    .filter((problem) => problem.includes(`/code/${file}(`))
    .map((problem) => problem.replace(/^\S+\((\d+),\d+\)/, `${page}:$1`));
}

describe("the code on the pages", () => {
  it("exists: in each docstring example, and on the teaching pages", () => {
    for (const { path, examples, programs: own } of pages)
      expect(own.length, path).toBeGreaterThanOrEqual(examples);
    const taught = pages.filter((page) => page.programs.length > 0).map(({ path }) => path);
    expect(taught).toEqual(
      expect.arrayContaining([
        "README.md",
        "docs/embed.md",
        "docs/hooks.md",
        "docs/lifecycle.md",
        "docs/mcp.md",
        "docs/openai.md",
        "docs/start.md",
        "docs/write-a-plugin.md",
      ]),
    );
  });

  it("runs, but for little that needs a network", () => {
    expect(programs.length - running.length).toBeLessThan(4);
  });

  it.each(programs)("compiles: $at", (program) => {
    expect(findings(program)).toEqual([]);
  });

  it.each(running)("prints what the page says: $at", (program) => {
    expect(results.get(program)).toEqual({ output: program.output });
  });
});
