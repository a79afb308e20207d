import { createPluginManager } from "glassine";
import type { AuditOptions } from "glassine/audit";
import { describe, expect, it } from "vitest";

const misuse = { name: "GlassineError", code: "options_invalid" };

describe("the options of a trail", () => {
  it.each<[unknown, string]>([
    [5, "audit expects its options in an object, got number."],
    [[], "audit expects its options in an object, got array."],
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
  ])("are refused: %j", async (options, message) => {
    const audit = options as AuditOptions;
    await expect(createPluginManager({ plugins: [], audit })).rejects.toMatchObject({
      ...misuse,
      message,
    });
    expect(message).not.toContain("hunter2");
  });
});
