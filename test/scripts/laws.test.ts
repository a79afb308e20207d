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
    [[], "runs= seed= run property-tests/"],
    [["filter", "--runs", "7", "--seed", "5"], "runs=7 seed=5 run property-tests/filter"],
    [["--seed=-5"], "runs= seed=-5 run property-tests/"],
    [["labels"], "runs= seed= run property-tests/labels"],
    [["L4"], "runs= seed= run property-tests/filter.test.ts -t (^| )(L4): "],
    [["l4"], "runs= seed= run property-tests/filter.test.ts -t (^| )(L4): "],
    [
      ["L13", "L1"],
      "runs= seed= run property-tests/filter.test.ts property-tests/growth.test.ts property-tests/labels-kept.test.ts -t (^| )(L13|L1): ",
    ],
  ])("%j", (args, run) => {
    expect(laws(...args)).toEqual({ status: 0, said: [run], complained: [] });
  });

  it("runs whole files and, of the others, the laws that are named", () => {
    expect(laws("L13", "labels", "filter")).toEqual({
      status: 0,
      said: [
        "runs= seed= run property-tests/labels property-tests/filter",
        "runs= seed= run property-tests/growth.test.ts -t (^| )(L13): ",
      ],
      complained: [],
    });
  });

  it("runs a file once when all laws that are named are in it", () => {
    expect(laws("L1", "filter").said).toEqual(["runs= seed= run property-tests/filter"]);
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
