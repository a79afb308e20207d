/** The limits, listed a second time in `defaultLimits`. A change needs an entry in CHANGELOG.md. */
import { expect, it } from "vitest";
import { extensionsLimits } from "../../src/core/data/index.ts";
import { defaultLimits } from "../support/limits.ts";

it("limits of extensions", () => {
  expect(extensionsLimits).toEqual(defaultLimits);
});
