/** A document that stops the operation is a denial, whatever else it contains. */
import { createPluginManager, definePlugin } from "glassine";
import { decodeResult } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { hook, payload, refusalOf } from "./support.ts";

const stop = { continue_processing: false };
const said = { code: "pii", reason: "No PII" };
const violation = { ...said, description: "Found in part 0" };
const unexplained = { code: "denied", reason: "Denied without a reason." };

describe("a denial with something that cannot be read", () => {
  it.each<readonly [string, object, object]>([
    ["no code", { violation: { reason: "b" } }, { code: "denied", reason: "b" }],
    [
      "a code that is not a string",
      { violation: { ...said, code: 5 } },
      { ...said, code: "denied" },
    ],
    ["no reason", { violation: { code: "a" } }, { ...unexplained, code: "a" }],
    [
      "a reason that is not a string",
      { violation: { code: "a", reason: {} } },
      { ...unexplained, code: "a" },
    ],
    ["an invalid violation", { violation: "no" }, unexplained],
    ["a list for a violation", { violation: [] }, unexplained],
    ["an empty violation", { violation: {} }, unexplained],
    ["an invalid record", { violation, executions: [{}] }, said],
    ["records that are not a list", { violation, executions: 5 }, said],
    ["half a character in metadata", { violation, metadata: { a: "\ud800" } }, said],
    [
      "half a character for a reason",
      { violation: { ...violation, reason: "\ud800" } },
      { ...said, reason: unexplained.reason },
    ],
    ["half a character in the reason", { violation: { ...said, reason: "No\ud800PII" } }, said],
    ["details that are not an object", { violation: { ...violation, details: [] } }, said],
    ["a status below zero", { violation: { ...violation, http_status_code: -1 } }, said],
    [
      "a header that is not a string",
      { violation: { ...violation, http_headers: { X: 1 } } },
      said,
    ],
    ["a header beside it that is not a string", { violation, http_headers: { X: 1 } }, said],
    ["a delay below zero", { violation, retry_delay_ms: -1 }, said],
    ["null for a delay", { violation, retry_delay_ms: null }, said],
    ["changes that are not an object", { violation, modified_payload: 5 }, said],
    ["unknown fields besides", { violation, executions: 5, more: 1 }, said],
    ["changes besides", { violation: { ...violation, details: 5 }, modified_payload: {} }, said],
  ])("is a denial with its code and reason: %s", (_name, rest, expected) => {
    verifies("remote:denial-in-part");
    const document = { ...stop, ...rest };
    for (const read of [decodeResult(document), decodeResult(JSON.stringify(document))]) {
      expect(read.violation).toEqual(expected);
      expect([read.dropped, read.droppedCount]).toEqual([["(result)"], 1]);
      expect(read.answer).toEqual({ retryDelayMs: 0 });
      expect(read.executions).toEqual([]);
    }
  });

  it("with a code that no denial has gets another, which is reported", () => {
    const read = decodeResult({ ...stop, violation: { ...said, code: "a b" }, metadata: 5 });
    expect(read.violation).toEqual({ ...said, code: "denied" });
    expect(read.dropped).toEqual(["(result)", "violation.code"]);
  });

  it("with two protocol codes keeps the older, and reports the newer", () => {
    verifies("remote:both-generations");
    const codes = { ...violation, mcp_error_code: -1, proto_error_code: -2 };
    const read = decodeResult({ ...stop, violation: codes });
    expect([read.violation, read.answer.mcpErrorCode]).toEqual([violation, -1]);
    expect(read.dropped).toEqual(["violation.proto_error_code"]);
    const alike = decodeResult({ ...stop, violation: { ...codes, proto_error_code: -1 } });
    expect([alike.answer.mcpErrorCode, alike.dropped]).toEqual([-1, []]);
  });

  it("stays one, whatever limits its parts exceed", () => {
    const deep = JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) as unknown;
    const { violation: read, dropped } = decodeResult({ ...stop, violation, metadata: { deep } });
    expect([read, dropped]).toEqual([said, ["(result)"]]);
    const long = { code: "c".repeat(10_000_000), reason: `No PII${" ".repeat(10_000_000)}` };
    const cut = decodeResult({ ...stop, violation: { ...long, details: 5 } });
    expect(cut.violation).toEqual({ ...said, code: "denied" });
  });

  it("stops the operation, even if the plugin's failures are ignored", async () => {
    verifies("remote:denial-stands");
    const plugin = definePlugin({
      name: "far-away",
      version: "1.0.0",
      hooks: {
        [hook]: {
          handler: (message) =>
            decodeResult({ ...stop, executions: [{}] }, { payload: message }).result,
          onError: "ignore",
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke(hook, payload);
    expect(result.violation).toMatchObject({ ...unexplained, plugin: "far-away" });
  });
});

describe("a denial that is not encoded as text", () => {
  let ran = 0;
  const run = () => {
    ran += 1;
    throw new Error("ran");
  };
  const getter = (key: string) => ({ [key]: { get: run, enumerable: true } });

  it.each([
    ["a getter for the violation", Object.defineProperties({ ...stop }, getter("violation"))],
    ["a proxy for the violation", { ...stop, violation: new Proxy({}, { get: run }) }],
    ["a getter for metadata", Object.defineProperties({ ...stop }, getter("metadata"))],
    ["a getter that nobody knows", Object.defineProperties({ ...stop }, getter("more"))],
    ["an object of a class", Object.assign(new (class Reply {})(), stop)],
    ["a list", Object.assign([], stop)],
    ["a number that JSON cannot say", { ...stop, metadata: { a: 1n } }],
    ["a symbol for a key", { ...stop, [Symbol("more")]: 1 }],
  ])("is a denial, and none of its code runs: %s", (_name, document) => {
    verifies("remote:denial-in-part");
    const read = decodeResult(document);
    expect([read.violation, read.dropped]).toEqual([unexplained, ["(result)"]]);
    expect(ran).toBe(0);
  });

  it("keeps code and reason of a violation beside a getter", () => {
    const odd = Object.defineProperties({ ...violation }, getter("details"));
    const read = decodeResult({ ...stop, violation: odd });
    expect([read.violation, read.dropped]).toEqual([said, ["(result)"]]);
  });

  it.each([
    ["a getter says so", Object.defineProperties({}, getter("continue_processing"))],
    ["a prototype says so", Object.create(stop)],
    ["a proxy says so", new Proxy(stop, { get: run, getOwnPropertyDescriptor: run })],
    ["it is not a boolean", { continue_processing: 0, executions: 5 }],
  ])("is not a denial if %s", (_name, document) => {
    expect(refusalOf(() => decodeResult(document))).toMatchObject({ code: "result_shape" });
    expect(ran).toBe(0);
  });
});
