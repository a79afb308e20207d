import { expect, it } from "vitest";
import { exportOf } from "../../../src/core/plugins/index.ts";
import { verifies } from "../../support/verifies.ts";

// The test runner unwraps compiled CommonJS itself, so the namespaces are written as Node makes them.
it("the default export of compiled CommonJS is exports.default", () => {
  verifies("discovery:entry-point");
  const compiled = Object.defineProperty({ default: "own" }, "__esModule", { value: true });
  expect(exportOf({ default: compiled }, "default")).toBe("own");
  expect(exportOf({ default: compiled, make: compiled }, "make")).toBe(compiled);
  const written = { default: "own" };
  expect(exportOf({ default: written }, "default")).toBe(written);
  expect(exportOf({ make: 1 }, "default")).toBeUndefined();
});
