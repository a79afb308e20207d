import { deny } from "glassine";
import { expect, it } from "vitest";
import { answerOf } from "../../../src/core/hooks/results.ts";

it("the violation of a denial, which other copies of the library can reach, is frozen", () => {
  const violation = answerOf(deny("r"));
  expect(violation).toEqual({ code: "denied", reason: "r" });
  expect(Object.isFrozen(violation)).toBe(true);
});
