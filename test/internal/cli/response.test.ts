/** What to do about a rejected plugin. */
import { expect, it } from "vitest";
import { responseTo } from "../../../src/operate/cli/print/next-steps.ts";

it("is not said twice, nor otherwise, where the reason says it", () => {
  const host = { prefix: "GLASSINE_" };
  const renamed =
    "it does not name it: reinstall what was trusted, or run `plugins untrust guard --reason TEXT`";
  expect(responseTo("hash_mismatch", renamed, host)).toBeUndefined();
  expect(responseTo("hash_mismatch", "its files differ", host)).toMatch(/trust it again/);
});
