/** The rows of a benchmark, and its table. */
// Only in test:all: it runs scripts of the repository.
import { describe, expect, it } from "vitest";
import { medianOf, rowOf } from "../../tools/bench/rows.ts";
import { tableOf } from "../../tools/bench/table.ts";

const named = { id: "D1", workload: "sync", goal: 0.5 };

describe("a row", () => {
  it("has the ratio of each round, and the median decides", () => {
    const row = rowOf(named, { ours: [1, 4, 2], baseline: [4, 4, 4], unit: "ns" });
    expect(row).toEqual({
      ...named,
      min: 0.25,
      median: 0.5,
      max: 1,
      met: true,
      ours: 2,
      baseline: 4,
      unit: "ns",
    });
    expect(rowOf(named, { ours: [3, 4, 2], baseline: [4, 4, 4], unit: "ns" }).met).toBe(false);
  });

  it("has the figures it is given, and neither met nor missed without a goal", () => {
    const sides = { ours: [9, 9], baseline: null, unit: "ms", figures: [1, 2] } as const;
    expect(rowOf({ ...named, goal: null }, sides)).toMatchObject({
      min: 1,
      median: 1.5,
      max: 2,
      met: null,
      baseline: null,
    });
  });

  it("is missed if there is nothing to divide by", () => {
    const row = rowOf(named, { ours: [1], baseline: [], unit: "ns" });
    expect(row).toMatchObject({ median: Number.NaN, met: false });
  });
});

it("the median of an even number of values is between the middle two", () => {
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(medianOf([10, 9, 2])).toBe(9);
});

it("the table has a line for each row, in columns, with the units of its sides", () => {
  const rows = [
    rowOf(named, { ours: [10], baseline: [40], unit: "ns" }),
    rowOf({ ...named, id: "D12", goal: null }, { ours: [2], baseline: null, unit: "ms" }),
    rowOf({ ...named, id: "H1" }, { ours: [30], baseline: [20], unit: "B" }),
  ];
  expect(tableOf(rows)).toEqual([
    " id  workload  goal    min  median    max              ours  baseline",
    " D1  sync       0.5  0.250   0.250  0.250       met   10 ns     40 ns",
    "D12  sync         –    NaN     NaN    NaN  reported  2.0 ms          ",
    " H1  sync       0.5  1.500   1.500  1.500    missed    30 B      20 B",
  ]);
});
