import { expect, it } from "vitest";
import { summaryLine } from "./summary-reporter.ts";

it("states passed and failed always, skipped where there are any", () => {
  expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe("Tests: 12 passed, 0 failed");
  expect(summaryLine({ passed: 1, failed: 2, skipped: 3 })).toBe(
    "Tests: 1 passed, 2 failed, 3 skipped",
  );
});
