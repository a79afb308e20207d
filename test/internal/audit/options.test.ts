import { describe, expect, it } from "vitest";
import { readAuditOptions } from "../../../src/core/observe/index.ts";

describe("the options of a trail", () => {
  it("have defaults", () => {
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

  it("are read once; later changes have no effect", () => {
    const secrets = ["hunter2"];
    const read = readAuditOptions({ sink: () => 1, strict: true, timeoutMs: 7, secrets });
    secrets.push("other");
    expect(read).toMatchObject({ strict: true, timeoutMs: 7, secrets: ["hunter2"] });
    expect(Object.isFrozen(read) && Object.isFrozen(read.secrets)).toBe(true);
  });
});
