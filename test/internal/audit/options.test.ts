import { expect, it } from "vitest";
import { readAuditOptions } from "../../../src/core/observe/index.ts";

it("the options of a trail have defaults", () => {
  expect(readAuditOptions()).toEqual({
    sink: undefined,
    strict: false,
    timeoutMs: 5000,
    secrets: [],
    logger: undefined,
  });
  expect(readAuditOptions({ strict: null, timeoutMs: null, secrets: null })).toMatchObject({
    strict: false,
    timeoutMs: 5000,
    secrets: [],
  });
});
