import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, runScript } from "./run-script.ts";

const before = "The report of a run before.\n";
const noMutants = JSON.stringify({ files: {} });
const oneKilled = JSON.stringify({
  files: {
    "src/filter/a.ts": {
      source: "true;\n",
      mutants: [
        {
          location: { start: { line: 1, column: 1 }, end: { line: 1, column: 5 } },
          mutatorName: "BooleanLiteral",
          replacement: "false",
          status: "Killed",
        },
      ],
    },
  },
});

/** Runs the script where these rooms have results, and gives the report as well. */
function mutation(results: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const files = Object.entries(results).map(([room, text]) => [
    `build/mutation/${room}.json`,
    text,
  ]);
  const folder = folderWith({
    ...Object.fromEntries(files),
    "mutation/survivors.json": "[]",
    "mutation/report.md": before,
  });
  const run = runScript("mutation.mjs", args, folder);
  return { ...run, report: readFileSync(join(folder, "mutation/report.md"), "utf8") };
}

describe("npm run mutation -- --last", () => {
  it("writes the report of all rooms, and is content when each is", () => {
    const rooms = ["filter", "merge", "admit", "slots", "dispatch"];
    const run = mutation(Object.fromEntries(rooms.map((room) => [room, oneKilled])), "--last");
    expect(run).toMatchObject({ status: 0, complained: [] });
    expect(run.said[0]).toBe("filter: 1 mutants, 1 killed, 0 timed out, 0 survived, 100.0 %");
    expect(run.report).toMatch(/^# Mutation testing\n/);
    expect(run.report).not.toContain("Not run:");
  });

  it("complains of rooms without a result, and says in the report which", () => {
    const run = mutation({ filter: oneKilled, merge: oneKilled, slots: oneKilled }, "--last");
    expect(run).toMatchObject({
      status: 1,
      complained: [
        "No result for admit, dispatch: run `npm run mutation -- --room admit --room dispatch`.",
      ],
    });
    expect(run.report).toContain("Not run: admit, dispatch.");
  });

  it("writes nothing when no room has a result", () => {
    expect(mutation({}, "--last")).toMatchObject({
      status: 2,
      said: [],
      complained: [expect.stringMatching(/^No result for filter, merge, admit, slots, dispatch: /)],
      report: before,
    });
    expect(mutation({ filter: oneKilled }, "--last", "--room", "merge")).toMatchObject({
      status: 2,
      said: [],
      complained: ["No result for merge: run `npm run mutation -- --room merge`."],
      report: before,
    });
  });

  it("reads one room and leaves the report as it is", () => {
    expect(mutation({ filter: noMutants }, "--last", "--room", "filter")).toMatchObject({
      status: 1,
      complained: ["filter: 0.0 % killed, 95 % is the least."],
      report: before,
    });
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
      '--room takes one of filter, merge, admit, slots, dispatch, not "cellar".',
    ],
  ])("%j is refused in one line, before anything runs", (args, message) => {
    expect(mutation({}, ...args)).toEqual({
      status: 2,
      said: [],
      complained: [message],
      report: before,
    });
  });
});
