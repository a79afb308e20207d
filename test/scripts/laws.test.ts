// Only in test:all: it runs scripts of the repository.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, runScript } from "./run-script.ts";

const laws = (...args: readonly string[]) => {
  const folder = folderWith({
    "property-tests/filter.test.ts": 'it("L1: a", () => {}); it("L4: b", () => {});',
    "property-tests/growth.test.ts": 'it("L13: c", () => {}); it("L3: d", () => {});',
    "property-tests/labels-kept.test.ts": 'it("L13: e, as of L6: f", () => {});',
    "property-tests/labels-seen.test.ts": 'it("L5: g", () => {});',
  });
  return runScript("laws.mjs", args, folder);
};
const takes =
  "It takes --runs N, --seed=N, --report, and laws or files of laws, such as L17 or filter.";

describe("npm run laws", () => {
  it.each([
    [[], "runs= seed=random run property-tests/"],
    [["filter", "--runs", "7", "--seed", "5"], "runs=7 seed=5 run property-tests/filter"],
    [["--seed=-5"], "runs= seed=-5 run property-tests/"],
    [["labels"], "runs= seed=random run property-tests/labels"],
    [["L4"], "runs= seed=random run property-tests/filter.test.ts -t (^| )(L4): "],
    [["l4"], "runs= seed=random run property-tests/filter.test.ts -t (^| )(L4): "],
    [
      ["L13", "L1"],
      "runs= seed=random run property-tests/filter.test.ts property-tests/growth.test.ts property-tests/labels-kept.test.ts -t (^| )(L13|L1): ",
    ],
  ])("%j", (args, run) => {
    expect(laws(...args)).toEqual({ status: 0, said: [run], complained: [] });
  });

  it("runs whole files and, of the others, the laws that are named", () => {
    expect(laws("L13", "labels", "filter")).toEqual({
      status: 0,
      said: [
        "runs= seed=random run property-tests/labels property-tests/filter",
        "runs= seed=random run property-tests/growth.test.ts -t (^| )(L13): ",
      ],
      complained: [],
    });
  });

  it("runs a file once if all named laws are in it", () => {
    expect(laws("L1", "filter").said).toEqual(["runs= seed=random run property-tests/filter"]);
  });

  it.each([
    [["L99"], "No law is L99. There are L1, L3–L5, L13."],
    [["L1", "L6"], "No law is L6. There are L1, L3–L5, L13."],
    [["fliter"], "No file of laws is fliter. There are filter, growth, labels-kept, labels-seen."],
    [["--times", "5"], `Unknown option '--times'. ${takes}`],
    [["--runs"], `Option '--runs <value>' argument missing. ${takes}`],
    [["--seed", "-5"], `Option '--seed' argument is ambiguous. ${takes}`],
    [["--runs", "0"], '--runs takes a whole number above 0, not "0".'],
    [["--seed", "x"], '--seed takes a whole number, not "x".'],
  ])("%j is refused in one line, before anything runs", (args, message) => {
    expect(laws(...args)).toEqual({ status: 2, said: [], complained: [message] });
  });
});

describe("npm run laws -- --report", () => {
  const folderOfTwo = () =>
    folderWith({
      "package.json": '{"name":"pkg","exports":{"./one":{"default":"./dist/one.js"}}}',
      "package-lock.json": "{}",
      "test/support/property-runs.ts": 'import "./ticking-clock.ts";',
      "test/support/ticking-clock.ts": "",
      "property-tests/one.test.ts": 'import "pkg/one"; it("L1: a", () => {});',
      "property-tests/two.test.ts": 'import { two } from "../src/two.ts"; it("L2: b", () => {});',
      "src/one.ts": 'export * from "./deep/one.ts";',
      "src/deep/one.ts": 'export type { Two } from "../two.ts"; await import("./later.ts");',
      "src/deep/later.ts": "",
      "src/two.ts": "export const two = 2; export type Two = 2;",
      "src/other.ts": "",
    });
  const printsIn = (folder: string): unknown => {
    expect(runScript("laws.mjs", ["--report"], folder).complained).toEqual([]);
    return JSON.parse(readFileSync(join(folder, "build/laws/plan.json"), "utf8")).prints;
  };

  it.each([
    ["src/deep/later.ts", ["one"]],
    ["src/deep/one.ts", ["one"]],
    ["src/two.ts", ["one", "two"]],
    ["property-tests/two.test.ts", ["two"]],
    ["test/support/ticking-clock.ts", ["one", "two"]],
    ["package-lock.json", ["one", "two"]],
    ["src/other.ts", []],
  ])("if %s changes, the laws that run it start again: %j", (path, anew) => {
    const folder = folderOfTwo();
    const before = printsIn(folder) as Record<string, string>;
    const text = readFileSync(join(folder, path), "utf8");
    const ended = path.endsWith(".json") ? " " : "\nexport const more = 1;";
    writeFileSync(join(folder, path), `${text}${ended}`);
    const after = printsIn(folder) as Record<string, string>;
    const changed = Object.keys(before).filter((law) => before[law] !== after[law]);
    expect(changed).toEqual(anew.map((name) => `property-tests/${name}.test.ts`));
  });

  it("if only types or comments change, none starts again", () => {
    const folder = folderOfTwo();
    const before = printsIn(folder);
    const path = join(folder, "src/two.ts");
    writeFileSync(path, "/** Two. */\nexport const two: 2 = 2;\nexport type Two = 2 | 3;\n");
    expect(printsIn(folder)).toEqual(before);
  });

  it("names an import that leads nowhere", () => {
    const folder = folderWith({
      "package.json": '{"name":"pkg"}',
      "package-lock.json": "{}",
      "test/support/property-runs.ts": "",
      "test/support/ticking-clock.ts": "",
      "property-tests/one.test.ts": 'import "../src/gone.ts"; it("L1: a", () => {});',
    });
    const { status, complained } = runScript("laws.mjs", ["--report"], folder);
    expect(status).toBe(1);
    expect(complained.join("\n")).toContain(
      "property-tests/one.test.ts imports src/gone.ts, which is not there.",
    );
  });
});
