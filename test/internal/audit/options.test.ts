import { describe, expect, it } from "vitest";
import { readAuditOptions } from "../../../src/core/observe/index.ts";

const misuse = { name: "GlassineError", code: "options_invalid" };

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

  it.each<[unknown, string]>([
    [5, "audit expects its options in an object."],
    [[], "audit expects its options in an object."],
    [{ sinks: [] }, 'audit has no option "sinks". Did you mean "sink"?'],
    [{ sink: "audit.jsonl" }, "audit: sink must be a function that takes an event."],
    [{ strict: "yes" }, 'The option "strict" expects a boolean, got string.'],
    [{ timeoutMs: 0 }, "audit: timeoutMs must be a whole number from 1 to 2147483647."],
    [{ timeoutMs: 1.5 }, "audit: timeoutMs must be a whole number from 1 to 2147483647."],
    [{ timeoutMs: 2 ** 31 }, "audit: timeoutMs must be a whole number from 1 to 2147483647."],
    [
      { secrets: "hunter2" },
      "audit: secrets must be an array of well-formed strings that are not empty.",
    ],
    [
      { secrets: [5] },
      "audit: secrets must be an array of well-formed strings that are not empty.",
    ],
    [
      { secrets: ["hunter2", ""] },
      "audit: secrets must be an array of well-formed strings that are not empty.",
    ],
    [
      { secrets: ["hunter2\ud800"] },
      "audit: secrets must be an array of well-formed strings that are not empty.",
    ],
  ])("are refused: %j", (options, message) => {
    const read = () => readAuditOptions(options);
    expect(read).toThrow(expect.objectContaining({ ...misuse, message }));
    expect(message).not.toContain("hunter2");
  });
});
