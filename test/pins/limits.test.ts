/** The limits, spelt out a second time. A changed line there is a line in CHANGELOG.md. */
import { expect, it } from "vitest";
import { extensionsLimits } from "../../src/core/data/index.ts";
import { defaultLimits } from "../support/limits.ts";

it("limits of extensions", () => {
  expect(extensionsLimits).toEqual(defaultLimits);
});
