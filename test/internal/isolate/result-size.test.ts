/** How large an answer of a far side may be. Its text is counted before it is parsed. */
import * as fc from "fast-check";
import { createPluginManager, definePlugin } from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { remoteHandler } from "../../../src/operate/isolate/isolate-plugin.ts";
import { poolOf } from "../../../src/operate/isolate/pool.ts";
import { protocolVersion } from "../../../src/operate/isolate/protocol.ts";
import { valuesIn } from "../../../src/operate/isolate/result-size.ts";
import { afterTest } from "../../support/cleanup.ts";
import { verifies } from "../../support/verifies.ts";

const hook = "message_pre_invoke";
const manifest = { name: "played", version: "1.0.0", hooks: {}, hasHealthCheck: false };
const ready = JSON.stringify({ type: "ready", protocol: protocolVersion, manifest });

/** Returns what was thrown when the far side answered with this text. */
async function answered(
  type: "result" | "error",
  text: string,
  words = "hello",
): Promise<readonly unknown[]> {
  const pool = poolOf({
    start: ({ onLine }) => ({
      send(line) {
        const { id } = JSON.parse(line.split("\t", 1)[0] ?? "") as { readonly id?: string };
        const answer = id === undefined ? ready : `${JSON.stringify({ type, id })}\t${text}`;
        queueMicrotask(() => onLine(answer));
      },
      kill() {},
    }),
    load: { file: "/played.mjs", exportName: "default" },
    startTimeoutMs: 1_000,
    closeTimeoutMs: 1_000,
    maxTurns: 4,
    size: 1,
  });
  afterTest(() => pool.close());
  const thrown: unknown[] = [];
  const plugin = definePlugin({
    ...{ name: "played", version: "1.0.0" },
    hooks: { [hook]: { handler: remoteHandler(pool, hook), extensions: true } },
  } as never);
  const onHandlerError = (error: unknown) => thrown.push(error);
  const manager = await createPluginManager({ plugins: [plugin], onHandlerError, logger: {} });
  const content = words.split(" ").map((each) => ({ content_type: "text" as const, text: each }));
  await manager.invoke("cmf.llm_input", createMessage({ role: "user", content }));
  return thrown;
}

const list = (values: number) => JSON.stringify(Array.from({ length: values }, () => 0));
const resultWith = (values: number, goesOn = true) =>
  `{"continue_processing":${goesOn},"unknown":${list(values)}}`;

it("counts what a value has, however it is written", () => {
  const count = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? Object.values(value).reduce<number>((sum, each) => sum + count(each), 1)
      : 1;
  const awkward = fc.constantFrom('",[{', "\\", '\\"', "[]", "{}", "");
  const values = fc.letrec<{ readonly value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      awkward,
      fc.string(),
      fc.constantFrom(null, true, -1.5e300),
      fc.array(tie("value")),
      fc.dictionary(awkward, tie("value")),
    ),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      expect(valuesIn(JSON.stringify(value), Number.POSITIVE_INFINITY)).toBe(count(value));
    }),
  );
});

it.each(["[[[", '{"a":', '"\\', '"', "[1,", "]}", ""])("counts in %j, which is no JSON", (text) => {
  expect(valuesIn(text, 10)).toBeLessThan(10);
});

describe("a result", () => {
  it("may have many values more than its turn", async () => {
    verifies("isolation:size");
    expect(await answered("result", resultWith(99_990))).toEqual([]);
  });

  it.each([true, false])("with too many values fails its turn (goes on: %s)", async (goesOn) => {
    verifies("isolation:size", "isolation:failure");
    expect(await answered("result", resultWith(101_000, goesOn))).toMatchObject([
      {
        code: "result_shape",
        message: expect.stringMatching(/more than 1000[0-9]{2} values, which is the most/),
      },
    ]);
  });

  it("may have several times the values of a large turn", async () => {
    verifies("isolation:size");
    const words = "a ".repeat(20_000);
    expect(await answered("result", resultWith(250_000), words)).toEqual([]);
    expect(await answered("result", resultWith(1_100_000), words)).toMatchObject([
      { code: "result_shape" },
    ]);
  });
});

it("fails with another error where an error is too long", async () => {
  verifies("isolation:size");
  const error = (length: number) =>
    JSON.stringify({ message: "x".repeat(length), plugin_name: "played" });
  expect(await answered("error", error(60_000))).toMatchObject([{ code: "handler_error" }]);
  expect(await answered("error", error(70_000))).toMatchObject([{ code: "document_invalid" }]);
});
