import { createPluginManager, definePlugin } from "glassine";
import type { AuditEvent, AuditOptions } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

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

it("a sink may take as long as timers allow", async () => {
  const audit = { timeoutMs: 2 ** 31 - 1 };
  await expect(createPluginManager({ plugins: [], audit })).resolves.toBeDefined();
});

describe("the secrets of a trail", () => {
  it("are replaced while the manager runs, in records and in the log", async () => {
    verifies("audit:secrets-replaced");
    const records: AuditEvent[] = [];
    const lines: string[] = [];
    const secrets = ["zebra-old"];
    const manager = await createPluginManager({
      plugins: [
        definePlugin({
          name: "throws",
          version: "1.0.0",
          hooks: {
            tool_pre_invoke({ name }) {
              throw new Error(`zebra-old and zebra-new in ${name}`);
            },
          },
        }),
      ],
      audit: { sink: (event) => records.push(event), secrets },
      logger: { warn: () => {}, error: (text) => lines.push(text) },
    });
    // They were read once.
    secrets.length = 0;
    const said = async () => {
      await manager.invoke("tool_pre_invoke", { name: "t" });
      return [records.at(-1)?.metadata.error, lines.at(-1)?.replace(/.*Error: /, "")];
    };
    const once = (text: string) => [text, text];
    expect(await said()).toEqual(once("[REDACTED] and zebra-new in t"));
    manager.setSecrets(["zebra-new"]);
    expect(await said()).toEqual(once("zebra-old and [REDACTED] in t"));
    manager.setSecrets(["zebra-new", "zebra-old"]);
    expect(await said()).toEqual(once("[REDACTED] and [REDACTED] in t"));
    expect(() => manager.setSecrets([""])).toThrow(
      "secrets must be an array of well-formed strings that are not empty.",
    );
  });
});
