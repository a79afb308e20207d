// Only in test:all: it runs scripts of the repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, runScript } from "./run-script.ts";

const before = "The report of a run before.\n";
const result = { date: "2026-11-20", node: "20.20.2", cores: 2, timedOut: 0, survivors: [] };
const noMutants = JSON.stringify({ ...result, mutants: 0, killed: 0 });
const oneKilled = JSON.stringify({ ...result, mutants: 1, killed: 1 });

/** Runs the script on these rooms' results, and also returns the report. */
function mutation(
  results: Readonly<Record<string, string>>,
  args: readonly string[],
  listed: readonly object[] = [],
) {
  const files = Object.entries(results).map(([room, text]) => [
    `tools/mutation/results/${room}.json`,
    text,
  ]);
  const folder = folderWith({
    ...Object.fromEntries(files),
    "tools/mutation/survivors.json": JSON.stringify(listed),
    "tools/mutation/report.md": before,
  });
  const run = runScript("mutation.mjs", args, folder);
  return { ...run, report: readFileSync(join(folder, "tools/mutation/report.md"), "utf8") };
}

describe("npm run mutation -- --last", () => {
  it("writes the report of all rooms, and passes if each passes", () => {
    const rooms = ["filter", "merge", "data", "slots", "dispatch"];
    const run = mutation(Object.fromEntries(rooms.map((room) => [room, oneKilled])), ["--last"]);
    expect(run).toMatchObject({ status: 0, complained: [] });
    expect(run.said[0]).toBe("filter: 1 mutants, 1 killed, 0 timed out, 0 survived, 100.0 %");
    expect(run.report).toMatch(/^# Mutation testing\n/);
    expect(run.report).not.toContain("Not run:");
  });

  it("fails for rooms without a result, and lists them in the report", () => {
    const run = mutation({ filter: oneKilled, merge: oneKilled, slots: oneKilled }, ["--last"]);
    expect(run).toMatchObject({
      status: 1,
      complained: [
        "No result for data, dispatch: run `npm run mutation -- --room data --room dispatch`.",
      ],
    });
    expect(run.report).toContain("Not run: data, dispatch.");
  });

  it("writes nothing if no room has a result", () => {
    expect(mutation({}, ["--last"])).toMatchObject({
      status: 2,
      said: [],
      complained: [expect.stringMatching(/^No result for filter, merge, data, slots, dispatch: /)],
      report: before,
    });
    expect(mutation({ filter: oneKilled }, ["--last", "--room", "merge"])).toMatchObject({
      status: 2,
      said: [],
      complained: ["No result for merge: run `npm run mutation -- --room merge`."],
      report: before,
    });
  });

  it("reads one room and reports it beside the others", () => {
    const kept = { filter: noMutants, merge: oneKilled };
    const run = mutation(kept, ["--last", "--room", "filter"]);
    expect(run).toMatchObject({
      status: 1,
      said: ["filter: 0 mutants, 0 killed, 0 timed out, 0 survived, 0.0 %"],
      complained: ["filter: 0.0 % killed, 95 % is the least."],
    });
    expect(run.report).toContain("| merge | 2026-11-20 | 20.20.2 | 2 | 1 | 1 | 0 | 0 | 100.0 % |");
    expect(run.report).toContain("Not run: data, slots, dispatch.");
  });

  it("fails for a survivor without a reason, and a reason without a survivor", () => {
    const mutant = {
      file: "src/core/envelope/filter.ts",
      mutator: "BooleanLiteral",
      line: "true;",
    };
    const survivor = { ...mutant, at: 1, from: "true", to: "false" };
    const filter = JSON.stringify({ ...result, mutants: 40, killed: 39, survivors: [survivor] });
    const run = mutation({ filter }, ["--last", "--room", "filter"]);
    expect(run.status).toBe(1);
    expect(run.complained[0]).toBe("filter: a survivor that is not listed, line 1");
    expect(run.report).toContain("**No reason is listed.**");
    const listed = [{ ...mutant, from: "true", to: "false", reason: "A test." }];
    expect(mutation({ filter }, ["--last", "--room", "filter"], listed).status).toBe(0);
    const stale = mutation({ filter: oneKilled }, ["--last", "--room", "filter"], listed);
    expect(stale.complained[0]).toBe("filter: listed, but no longer a survivor");
  });

  it.each([
    [
      ["--rooms", "merge"],
      "Unknown option '--rooms'. It takes --room NAME, as often as there are rooms, --again and --last.",
    ],
    [
      ["merge"],
      "Unexpected argument 'merge'. It takes --room NAME, as often as there are rooms, --again and --last.",
    ],
    [
      ["--room", "cellar"],
      '--room takes one of filter, merge, data, slots, dispatch, not "cellar".',
    ],
  ])("%j is refused in one line, before anything runs", (args, message) => {
    expect(mutation({}, args)).toEqual({
      status: 2,
      said: [],
      complained: [message],
      report: before,
    });
  });
});
