/** What `npm run bench -- --only …` runs, skips and refuses. */
import { describe, expect, it } from "vitest";
import { selectionOf } from "../../bench/selection.ts";

const here = ["D1", "D2", "D2", "V4", "W1"];
const chosen = (only?: string) => {
  const { isWanted, skipped } = selectionOf(only, here);
  return { runs: here.filter(isWanted), skips: skipped.map((line) => line.slice(0, 2)) };
};

describe("npm run bench", () => {
  it("runs all that is here, or what is named by id and by letter", () => {
    expect(chosen().runs).toEqual(here);
    expect(chosen("D2, W1")).toEqual({ runs: ["D2", "D2", "W1"], skips: [] });
    expect(chosen("D")).toEqual({ runs: ["D1", "D2", "D2"], skips: [] });
  });

  it("tells what is known and cannot run here, with the reason", () => {
    expect(chosen("V1")).toEqual({ runs: [], skips: ["V1"] });
    expect(chosen("V")).toEqual({ runs: ["V4"], skips: ["V1", "V2", "V3"] });
    expect(selectionOf("W3", here).skipped).toEqual([
      "W3  skipped: it compares with the Python package, which is no part of this repository",
    ]);
  });

  it.each(["V9", "V1,X", "", "d1"])("refuses %j with all that there are", (only) => {
    expect(() => selectionOf(only, here)).toThrow(
      /^No comparison is named ".*"\. There are D1, D2, E1, .*, and their letters\.$/,
    );
  });
});
