/** What `npm run bench:guard` accepts, measures again, fails and reports. */
// Only in test:all: it runs scripts of the repository.
import { describe, expect, it } from "vitest";
import { guard } from "../../tools/bench/guard.ts";
import { beyondBound, misnamedEntries, staleEntries } from "../../tools/bench/judge.ts";
import type { KnownMiss } from "../../tools/bench/known-misses.ts";
import type { Row } from "../../tools/bench/rows.ts";

const row = (id: string, goal: number | null, median: number): Row => ({
  id,
  workload: `workload of ${id}`,
  goal,
  min: median,
  median,
  max: median,
  met: goal === null ? null : median <= goal,
  ours: 1,
  baseline: 1,
  unit: "ns",
});
const known = (id: string, bound: number): KnownMiss => ({
  id,
  workload: `workload of ${id}`,
  bound,
  reason: "It has one.",
});
const idsOf = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

describe("the bound of a comparison", () => {
  it("is twice its goal, inclusive", () => {
    expect(beyondBound([row("D1", 1.1, 2.2)], [])).toEqual([]);
    expect(beyondBound([row("D1", 1.1, 2.21)], [])).toEqual([
      { id: "D1", workload: "workload of D1", goal: 1.1, median: 2.21, bound: 2.2 },
    ]);
  });

  it("is that of its entry, if there is one with its id and workload", () => {
    const entries = [known("W5", 30), { ...known("D1", 30), workload: "another" }];
    expect(idsOf(beyondBound([row("W5", 0.5, 30), row("D1", 0.5, 30)], entries))).toEqual(["D1"]);
    expect(idsOf(beyondBound([row("W5", 0.5, 30.1)], entries))).toEqual(["W5"]);
  });

  it("does not exist without a goal, and NaN is beyond any", () => {
    expect(beyondBound([row("D12", null, 1000)], [])).toEqual([]);
    expect(idsOf(beyondBound([row("D1", 1, Number.NaN)], [known("D1", 9)]))).toEqual(["D1"]);
  });
});

describe("an entry of a known miss", () => {
  it("is stale if the median is within twice the goal", () => {
    const entries = [known("W5", 30), known("F2", 3), known("X1", 3)];
    const rows = [row("W5", 0.5, 1), row("F2", 0.5, 1.01)];
    expect(idsOf(staleEntries(rows, entries))).toEqual(["W5"]);
  });

  it("is misnamed if no comparison with a goal has its id and workload", () => {
    const entries = [known("W5", 30), known("D12", 3), { ...known("F2", 3), workload: "another" }];
    const comparisons = [row("W5", 0.5, 1), row("D12", null, 1), row("F2", 0.5, 1)];
    expect(idsOf(misnamedEntries(comparisons, entries))).toEqual(["D12", "F2"]);
  });
});

describe("npm run bench:guard", () => {
  /** Runs a guard whose runs return these rows, one after the other. */
  async function guarded(
    runs: readonly (readonly Row[])[],
    given: Partial<Parameters<typeof guard>[0]> = {},
  ) {
    const asked: (string | undefined)[] = [];
    const lines: string[] = [];
    const exitCode = await guard({
      comparisons: runs[0] ?? [],
      known: [],
      only: undefined,
      rounds: 9,
      run: async (only) => {
        asked.push(only);
        return { rows: runs[asked.length - 1] ?? [], failed: [] };
      },
      report: (line) => lines.push(line),
      ...given,
    });
    return { exitCode, asked, lines };
  }

  it("passes if nothing is beyond its bound", async () => {
    const { exitCode, asked, lines } = await guarded([[row("D1", 1, 2)]]);
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: [undefined] });
    expect(lines.at(-1)).toBe("Nothing is beyond its bound, over 9 rounds.");
  });

  it("measures again what is beyond, by id, and passes if it is within then", async () => {
    const first = [row("D1", 1, 3), row("D2", 1, 1), row("S1", 1, 3)];
    const { exitCode, asked } = await guarded([first, [row("D1", 1, 2), row("S1", 1, 1)]]);
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: [undefined, "D1,S1"] });
  });

  it("fails and reports what is beyond twice", async () => {
    const { exitCode, lines } = await guarded([
      [row("D1", 1, 3), row("S1", 1, 3)],
      [row("D1", 1, 2.5), row("S1", 1, 1)],
    ]);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe("D1, workload of D1: 2.500, the bound is 2.");
  });

  it("fails if the second run has no figure for what was beyond", async () => {
    const { exitCode, lines } = await guarded([[row("D1", 1, 3)], []]);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe("D1, workload of D1: 3.000, the bound is 2.");
  });

  it("fails if a comparison failed", async () => {
    const run = async () => ({ rows: [], failed: ["D1, one handler"] });
    const { exitCode, lines } = await guarded([], { run });
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe("D1, one handler failed: a check, or the process.");
  });

  it("reports a stale entry, and passes", async () => {
    const { exitCode, lines } = await guarded([[row("W5", 1, 2)]], { known: [known("W5", 9)] });
    expect(exitCode).toBe(0);
    expect(lines).toContain(
      "W5, workload of W5: within twice its goal, so tools/bench/known-misses.ts need not name it.",
    );
  });

  it("fails before measuring if an entry does not name a comparison", async () => {
    const { exitCode, asked, lines } = await guarded([[row("D1", 1, 1)]], {
      known: [known("D9", 1)],
    });
    expect({ exitCode, asked }).toEqual({ exitCode: 1, asked: [] });
    expect(lines).toEqual([
      "tools/bench/known-misses.ts: not a comparison with a goal: D9, workload of D9.",
    ]);
  });
});
