/** What a broken law reports. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { law } from "../../../src/testing/laws/law.ts";

/** Waits without letting anything else run. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it("reports the current failure if the time for shrinking ends before the first case", async () => {
  const slow = fc.integer().map((value) => {
    block(5);
    return value;
  });
  const never = law("L0", "Nothing holds.", () =>
    fc.property(slow, () => {
      throw new Error("broken");
    }),
  );
  const checked = never.check({ numRuns: 3, seed: 1, shrinkingMs: 1 });
  await expect(checked).rejects.toThrow(/^L0 does not hold: Nothing holds\.\nbroken\n/);
});

it("says after how many cases the first one failed, however often it was shrunk", async () => {
  const small = law("L0", "All are small.", () =>
    fc.property(fc.nat(1000), (value) => {
      if (value > 50) throw new Error("large");
    }),
  );
  const found = /failed after 4 tests\n\{ seed: 3, path: "3:[\d:]+", endOnFailure: true \}/;
  await expect(small.check({ seed: 3 })).rejects.toThrow(found);
});
