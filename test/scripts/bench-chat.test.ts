/** The workloads of the L rows: both sides do what the rows say. */
import { describe, expect, it } from "vitest";
import { firstText, streamedAnswer, wholeAnswers } from "../../tools/bench/chat.ts";

describe.each([...wholeAnswers, streamedAnswer])("$id, $workload", ({ ours, baseline, check }) => {
  it("both sides return what is checked", () => {
    check(ours());
    check(baseline());
  });

  it("the check notices an answer that is cut short", () => {
    const said = ours();
    expect(() => check(said?.slice(0, -1))).toThrow();
  });
});

it("a whole answer has 10 KB", () => {
  for (const { baseline } of wholeAnswers) {
    const { length } = baseline() as string;
    expect(length).toBeGreaterThan(8_500);
    expect(length).toBeLessThan(10_500);
  }
});

it("the first text leaves with the delta that goes beyond the window", async () => {
  const rows = await firstText.measure(() => true, 1);
  expect(rows.map(({ goal, median, met }) => [goal, median, met])).toEqual([
    [1, 1, true],
    [41, 41, true],
  ]);
});
