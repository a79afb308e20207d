/** A document that stops the operation is a denial, whatever else it says. */
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
  it.each<readonly [string, object, object, readonly string[]]>([
    [
      "no code",
      { violation: { reason: "b" } },
      { code: "denied", reason: "b" },
      ["violation.code"],
    ],
    [
      "a code that is not a string",
      { violation: { ...violation, code: 5 } },
      { ...violation, code: "denied" },
      ["violation.code"],
    ],
    [
      "no reason",
      { violation: { code: "a" } },
      { ...unexplained, code: "a" },
      ["violation.reason"],
    ],
    [
      "a reason that is not a string",
      { violation: { code: "a", reason: {} } },
      { ...unexplained, code: "a" },
      ["violation.reason"],
    ],
    ["an invalid violation", { violation: "no" }, unexplained, ["violation"]],
    ["a list for a violation", { violation: [] }, unexplained, ["violation"]],
    ["an empty violation", { violation: {} }, unexplained, ["violation.reason", "violation.code"]],
    ["an invalid record", { violation, executions: [{}] }, violation, ["executions"]],
    ["records that are not a list", { violation, executions: 5 }, violation, ["executions"]],
    [
      "half a character in metadata",
      { violation, metadata: { a: "\ud800" } },
      violation,
      ["metadata"],
    ],
    [
      "half a character in the reason",
      { violation: { ...violation, reason: "\ud800" } },
      { ...violation, reason: unexplained.reason },
      ["violation.reason"],
    ],
    [
      "details that are not an object",
      { violation: { ...violation, details: [] } },
      violation,
      ["violation.details"],
    ],
    [
      "a status below zero",
      { violation: { ...violation, http_status_code: -1 } },
      violation,
      ["violation.http_status_code"],
    ],
    [
      "a header that is not a string",
      { violation: { ...violation, http_headers: { X: 1 } } },
      violation,
      ["violation.http_headers"],
    ],
    [
      "a header beside it that is not a string",
      { violation, http_headers: { X: 1 } },
      violation,
      ["http_headers"],
    ],
    ["a delay below zero", { violation, retry_delay_ms: -1 }, violation, ["retry_delay_ms"]],
    ["null for a delay", { violation, retry_delay_ms: null }, violation, ["retry_delay_ms"]],
    [
      "changes that are not an object",
      { violation, modified_payload: 5, modified_extensions: [] },
      violation,
      ["modified_payload", "modified_extensions"],
    ],
    [
      "unknown fields besides",
      { violation: { ...violation, plugin_name: "p" }, executions: 5, more: 1 },
      violation,
      ["violation.plugin_name", "executions", "more"],
    ],
    [
      "changes besides",
      { violation: { ...violation, details: 5 }, modified_payload: {} },
      violation,
      ["modified_payload", "violation.details"],
    ],
  ])("is a denial: %s", (_name, rest, expected, dropped) => {
    verifies("remote:denial-in-part");
    const document = { ...stop, ...rest };
    for (const read of [decodeResult(document), decodeResult(JSON.stringify(document))]) {
      expect(read.violation).toEqual(expected);
      expect(read.dropped).toEqual(dropped);
      expect(read.droppedCount).toBe(dropped.length);
      expect(read.answer.retryDelayMs).toBe(0);
      expect(read.executions).toEqual([]);
    }
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

  it("keeps what can be read beside it", () => {
    const read = decodeResult({
      ...stop,
      violation: { ...violation, http_status_code: 403, mcp_error_code: "no" },
      http_headers: { "Retry-After": "1", Connection: "close" },
      retry_delay_ms: 5,
      metadata: 5,
    });
    expect(read.violation).toEqual(violation);
    expect(read.answer).toEqual({
      httpHeaders: { "Retry-After": "1" },
      httpStatusCode: 403,
      retryDelayMs: 5,
    });
    expect(read.dropped).toEqual([
      "violation.mcp_error_code",
      "metadata",
      "http_headers.Connection",
    ]);
  });

  it("stays one, whatever limits its parts exceed", () => {
    const deep = JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) as unknown;
    const { violation: read, dropped } = decodeResult({ ...stop, violation, metadata: { deep } });
    expect([read, dropped]).toEqual([violation, ["metadata"]]);
    const wide = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`k${at}`, at]));
    const flood = decodeResult({ ...stop, ...wide, violation: 5 });
    expect([flood.dropped.length, flood.droppedCount]).toEqual([100, 151]);
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
    [
      "a getter for the violation",
      Object.defineProperties({ ...stop }, getter("violation")),
      ["violation"],
    ],
    [
      "a proxy for the violation",
      { ...stop, violation: new Proxy({}, { get: run }) },
      ["violation"],
    ],
    [
      "a getter for metadata",
      Object.defineProperties({ ...stop }, getter("metadata")),
      ["metadata"],
    ],
    ["a getter that nobody knows", Object.defineProperties({ ...stop }, getter("more")), ["more"]],
    ["an object of a class", Object.assign(new (class Reply {})(), stop), []],
    ["a number that JSON cannot say", { ...stop, metadata: { a: 1n } }, ["metadata"]],
    ["a symbol for a key", { ...stop, [Symbol("more")]: 1 }, []],
  ])("is a denial, and none of its code runs: %s", (_name, document, dropped) => {
    verifies("remote:denial-in-part");
    const read = decodeResult(document);
    expect([read.violation, read.dropped]).toEqual([unexplained, dropped]);
    expect(ran).toBe(0);
  });

  it("keeps what is readable of a violation beside a getter", () => {
    const odd = Object.defineProperties({ ...violation }, getter("details"));
    const read = decodeResult({ ...stop, violation: odd });
    expect([read.violation, read.dropped]).toEqual([violation, ["violation.details"]]);
  });

  it.each([
    ["a getter says so", Object.defineProperties({}, getter("continue_processing"))],
    ["a prototype says so", Object.create(stop)],
    ["a proxy says so", new Proxy(stop, { get: run, getOwnPropertyDescriptor: run })],
    ["a list says so", Object.assign([], stop)],
    ["it is not a boolean", { continue_processing: 0, executions: 5 }],
  ])("is not a denial if %s", (_name, document) => {
    expect(refusalOf(() => decodeResult(document))).toMatchObject({ code: "result_shape" });
    expect(ran).toBe(0);
  });
});
