/** What `npm run bench -- --only …` runs and refuses. */
// Only in test:all: it runs scripts of the repository.
import { describe, expect, it } from "vitest";
import { selectionOf } from "../../tools/bench/selection.ts";

const known = ["D1", "D2", "D2", "E1", "XY-9", "V4", "W1"];
const chosen = (only?: string) => known.filter(selectionOf(only, known));

describe("npm run bench", () => {
  it("runs everything, or what is named by id and by letter", () => {
    expect(chosen()).toEqual(known);
    expect(chosen("D2, W1")).toEqual(["D2", "D2", "W1"]);
    expect(chosen("D")).toEqual(["D1", "D2", "D2"]);
    expect(chosen("E,V4")).toEqual(["E1", "V4"]);
    expect(chosen("XY")).toEqual(["XY-9"]);
  });

  it.each(["V9", "V1,X", "", "d1"])("refuses %j, and lists all ids", (only) => {
    expect(() => selectionOf(only, known)).toThrow(
      /^No comparison is named ".*"\. There are D1, D2, E1, V4, W1, XY-9, and their letters\.$/,
    );
  });
});
