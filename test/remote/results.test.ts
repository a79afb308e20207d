import { addLabels, allow, deny, setCustom } from "glassine";
import { decodeResult, encodeError, encodeResult, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { contextOf, hook, payload, refusalOf, turnOf } from "./support.ts";

const written = (returned: unknown, options = {}): unknown =>
  JSON.parse(encodeResult(returned, options));

describe("encodeResult", () => {
  it("writes continuations, changes and denials", () => {
    verifies("remote:result", "remote:as-returned");
    for (const returned of [undefined, null, allow()]) {
      expect(written(returned)).toEqual({ continue_processing: true });
    }
    const { extensions } = turnOf(["append_labels"]);
    const returned = {
      modifiedPayload: { content: [] },
      modifiedExtensions: addLabels(extensions, "EU"),
      metadata: { found: 1 },
    };
    expect(written(returned)).toEqual({
      continue_processing: true,
      modified_payload: { content: [] },
      modified_extensions: {
        request: { request_id: "r-1" },
        security: { labels: ["EU", "PII"], objects: {}, data: {} },
        custom: { note: 1 },
      },
      as_returned: true,
      metadata: { found: 1 },
    });
    const nothing = { modifiedPayload: null, modifiedExtensions: undefined, metadata: null };
    expect(written(nothing)).toEqual({ continue_processing: true });
  });

  it("writes a violation without the plugin's name, and always with a description", () => {
    verifies("remote:violation");
    const rest = { code: "pii", reason: "PII may not leave" };
    expect(written(deny(rest))).toEqual({
      continue_processing: false,
      violation: { ...rest, description: "" },
    });
    const full = { ...rest, description: "Found in part 0", details: { part: 0 } };
    expect(written(deny(full))).toEqual({ continue_processing: false, violation: full });
    expect(decodeResult(encodeResult(deny(rest))).violation).toEqual(rest);
    expect(decodeResult(encodeResult(deny(full))).violation).toEqual(full);
    // In-process plugins' empty descriptions are ignored as well.
    expect(decodeResult(encodeResult(deny({ ...rest, description: "\n" }))).violation).toEqual(
      rest,
    );
  });

  it("writes answer headers and codes beside changes, and into the violation of a denial", () => {
    const answer = {
      httpHeaders: { "Retry-After": "1" },
      retryDelayMs: 1_000,
      mcpErrorCode: -32600,
      httpStatusCode: 403,
    };
    expect(written(undefined, answer)).toEqual({
      continue_processing: true,
      http_headers: { "Retry-After": "1" },
      retry_delay_ms: 1_000,
    });
    expect(written(deny("No"), answer)).toEqual({
      continue_processing: false,
      violation: {
        code: "denied",
        reason: "No",
        description: "",
        mcp_error_code: -32600,
        http_status_code: 403,
        http_headers: { "Retry-After": "1" },
      },
      retry_delay_ms: 1_000,
    });
  });

  it("never quotes the value of a header that it refuses", () => {
    verifies("remote:answer-headers");
    const httpHeaders = { "X-A": "s3cr3t\n" };
    const refusal = refusalOf(() => encodeResult(undefined, { httpHeaders }));
    expect(String(refusal)).toContain('"X-A"');
    expect(String(refusal)).not.toContain("s3cr3t");
  });

  it.each([
    [{ httpHeaders: ["a"] }, "httpHeaders"],
    [{ httpHeaders: null }, "httpHeaders"],
    [{ httpHeaders: { a: 1 } }, "httpHeaders"],
    [{ httpHeaders: { a: "1\r\nb: 2" } }, "httpHeaders"],
    [{ httpHeaders: { "a b": "1" } }, "httpHeaders"],
    [{ httpHeaders: { "Transfer-Encoding": "chunked" } }, "httpHeaders"],
    [{ httpHeaders: { a: "1", A: "1" } }, "httpHeaders"],
    [{ httpHeaders: Object.defineProperty({}, "a", { get: () => "1" }) }, "httpHeaders"],
    [{ retryDelayMs: -1 }, "retryDelayMs"],
    [{ retryDelayMs: 0.5 }, "retryDelayMs"],
    [{ mcpErrorCode: 1.5 }, "mcpErrorCode"],
    [{ httpStatusCode: "403" }, "httpStatusCode"],
  ])("refuses the answer options %j", (answer, option) => {
    expect(refusalOf(() => encodeResult(undefined, answer as never))).toMatchObject({
      code: "options_invalid",
      data: { option },
    });
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  it.each([
    ["a string", "no", "result_shape"],
    ["an array", [], "result_shape"],
    ["an unknown key", { continueProcessing: true }, "result_shape"],
    ["a copy of a denial", { ...(deny("No") as object) }, "result_shape"],
    ["a class", new (class Result {})(), "snapshot_prototype"],
    [
      "a getter",
      Object.defineProperty({}, "metadata", { get: () => 1, enumerable: true }),
      "snapshot_accessor",
    ],
    [
      "a set of labels",
      { modifiedExtensions: { security: { labels: new Set() } } },
      "snapshot_prototype",
    ],
    ["a cycle", { metadata: cycle }, "snapshot_cycle"],
    ["no number", { modifiedPayload: { n: Number.NaN } }, "snapshot_type"],
    ["half a character", { metadata: { a: "\ud800" } }, "snapshot_string"],
    ["__proto__", { modifiedExtensions: JSON.parse('{"custom":{"__proto__":1}}') }, "snapshot_key"],
    ["an unknown slot", { modifiedExtensions: { secruity: {} } }, "slot_unknown"],
    ["invalid extensions", { modifiedExtensions: 1 }, "extensions_shape"],
    ["an invalid payload", { modifiedPayload: [] }, "payload_shape"],
    ["invalid metadata", { metadata: "m" }, "result_shape"],
  ])("refuses %s like a dispatch", (_name, returned, code) => {
    verifies("remote:result-refused");
    const refusal = refusalOf(() => encodeResult(returned));
    expect(refusal).toMatchObject({ code });
    expect(String(refusal)).toMatch(/No part of it was written\.$/);
  });

  it("checks each part against the limits of payloads, or given ones", () => {
    const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) });
    expect(encodeResult({ metadata: deep(64) })).toContain("metadata");
    expect(refusalOf(() => encodeResult({ metadata: deep(65) }))).toMatchObject({
      code: "snapshot_limit",
    });
    expect(encodeResult({ metadata: deep(70) }, { limits: { depth: 70 } })).toContain("metadata");
    const limits = { depth: 3 };
    expect(refusalOf(() => encodeResult({ metadata: deep(4) }, { limits }))).toMatchObject({
      code: "snapshot_limit",
    });
  });

  it("refuses limits that there are not, and keeps those that are left undefined", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(70)}1${"}".repeat(70)}`) as object;
    const unset = { limits: { depth: undefined } } as never;
    expect(refusalOf(() => encodeResult({ metadata: deep }, unset))).toMatchObject({
      code: "snapshot_limit",
    });
    const document = { metadata: deep };
    expect(refusalOf(() => decodeResult(document, unset))).toMatchObject({ code: "result_shape" });
    for (const limits of [{ node: 5 }, { nodes: "5" }, { nodes: Number.NaN }] as never[]) {
      const refusal = { code: "options_invalid" };
      expect(refusalOf(() => encodeResult({ metadata: {} }, { limits }))).toMatchObject(refusal);
      expect(refusalOf(() => decodeResult("{}", { limits }))).toMatchObject(refusal);
    }
  });

  it("suggests a similar slot", () => {
    const refusal = refusalOf(() => encodeResult({ modifiedExtensions: { secruity: {} } }));
    expect(String(refusal)).toContain('Did you mean "security"?');
  });
});

describe("decodeResult", () => {
  const decode = (document: object, turn = turnOf(["append_labels"])) =>
    decodeResult(document, turn);

  it("returns what a handler returns", () => {
    const { extensions } = turnOf(["append_labels"]);
    const modifiedExtensions = setCustom(extensions, "a", 1);
    const read = decode(JSON.parse(encodeResult({ modifiedExtensions, metadata: { m: [1] } })));
    expect(read.result).toEqual({
      modifiedExtensions: JSON.parse(JSON.stringify(modifiedExtensions)),
      metadata: { m: [1] },
    });
    expect(read.answer).toEqual({ retryDelayMs: 0 });
    expect([read.violation, read.executions, read.dropped]).toEqual([undefined, [], []]);
    expect(Object.isFrozen(read)).toBe(true);
    expect(decode({}).result).toBeUndefined();
    expect(decode({ continue_processing: true, metadata: {} }).result).toEqual({ metadata: {} });
  });

  it("reads nulls, absent fields and the names of the newer generation", () => {
    verifies("remote:both-generations");
    const newer = {
      continue_processing: false,
      modified_payload: null,
      violation: {
        code: "pii",
        reason: "No",
        details: {},
        plugin_name: "scanner",
        proto_error_code: -32001,
      },
    };
    const read = decode(newer);
    expect(read.violation).toEqual({ code: "pii", reason: "No", details: {} });
    expect(read.answer.mcpErrorCode).toBe(-32001);
    expect(read.dropped).toEqual(["violation.plugin_name"]);
    const older = {
      continue_processing: true,
      modified_payload: null,
      modified_extensions: null,
      violation: null,
      metadata: null,
      http_headers: null,
      executions: ["enforce", "permissive", "enforce_ignore_error", "audit"].map((mode) => ({
        plugin_id: "p",
        plugin_name: "p",
        plugin_kind: "external",
        hook_name: "evaluate",
        mode,
        status: "completed",
        requested_allow: null,
      })),
    };
    const { result, executions } = decode(older);
    expect(result).toBeUndefined();
    expect(executions.map(({ mode }) => mode)).toEqual([
      "sequential",
      "transform",
      "sequential",
      "audit",
    ]);
    expect(executions[0]).toMatchObject({ effectiveAllow: true, applied: false, durationNs: 0 });
  });

  it("treats a document that stops the operation as a denial, whatever else it says", () => {
    verifies("remote:denial-stands", "remote:denial-alone");
    const unexplained = { code: "denied", reason: "Denied without a reason." };
    expect(decode({ continue_processing: false }).violation).toEqual(unexplained);
    const odd = decode({
      continue_processing: false,
      violation: { code: "no spaces please", reason: "\u202e \n", description: "" },
      modified_payload: {},
      modified_extensions: { security: { labels: [] } },
      metadata: { a: 1 },
    });
    expect(odd.violation).toEqual(unexplained);
    expect(odd.dropped).toEqual([
      "violation.code",
      "modified_payload",
      "modified_extensions",
      "metadata",
    ]);
    const proto = JSON.parse('{"a":{"__proto__":1}}') as object;
    const wide = Object.fromEntries(Array.from({ length: 20_001 }, (_, at) => [`k${at}`, at]));
    for (const details of [proto, wide]) {
      const violation = { code: "a", reason: `${" ".repeat(2_000)}b`, details };
      const read = decode({ continue_processing: false, violation });
      expect(read.violation).toEqual({ ...unexplained, code: "a" });
      expect(read.dropped).toEqual(["violation.details"]);
    }
    const going = decode({
      continue_processing: true,
      violation: { code: "a", reason: "b", description: "c" },
    });
    expect([going.result, going.violation, going.dropped]).toEqual([
      undefined,
      undefined,
      ["violation"],
    ]);
  });

  it("drops unknown slots and fields, and reports them", () => {
    verifies("remote:unknown-dropped");
    const read = decode({
      continue_processing: true,
      more: 1,
      modified_extensions: { raw_credentials: {}, "a b": 1, custom: { a: 1 } },
    });
    expect(read.result).toEqual({ modifiedExtensions: { custom: { a: 1 } } });
    expect(read.dropped).toEqual([
      "more",
      "modified_extensions.raw_credentials",
      'modified_extensions["a b"]',
    ]);
  });

  it("returns the answer headers and codes, those of the violation first", () => {
    verifies("remote:answer");
    const violation = { code: "a", reason: "b", description: "c", http_status_code: 429 };
    const own = { "x-own": "1" };
    const outer = { "x-outer": "1" };
    const stopped = decode({
      continue_processing: false,
      violation: { ...violation, http_headers: own },
      http_headers: outer,
      retry_delay_ms: 5,
    });
    expect(stopped.answer).toEqual({ httpHeaders: own, httpStatusCode: 429, retryDelayMs: 5 });
    expect(stopped.dropped).toEqual(["http_headers"]);
    const plain = decode({ continue_processing: false, violation, http_headers: outer });
    expect(plain.answer).toMatchObject({ httpHeaders: outer, httpStatusCode: 429 });
    // An operation that continues has no violation, so the violation's headers do not count.
    const going = decode({
      continue_processing: true,
      violation: { ...violation, http_headers: own },
      http_headers: outer,
    });
    expect(going.answer).toEqual({ httpHeaders: outer, retryDelayMs: 0 });
  });

  it("drops answer headers that a plugin may not write, and reports them", () => {
    verifies("remote:answer-headers");
    const http_headers = {
      "Retry-After": "1",
      "X-Split": "a\r\nSet-Cookie: b",
      "Transfer-Encoding": "chunked",
      "content-length": "0",
      "a b": "1",
      "retry-after": "2",
      "X-Wide": "\u0100",
      Cookie: "s3cr3t",
    };
    const odd = [
      "cookie",
      '["X-Split"]',
      '["Transfer-Encoding"]',
      '["content-length"]',
      '["a b"]',
      '["retry-after"]',
      '["X-Wide"]',
    ];
    const pathsAt = (at: string) =>
      odd.map((name) => (/^\[/.test(name) ? "" : ".") + name).map((name) => at + name);
    const going = decode({ http_headers });
    expect(going.answer.httpHeaders).toEqual({ "Retry-After": "1" });
    expect(going.dropped).toEqual(pathsAt("http_headers"));
    const violation = { code: "a", reason: "b", http_headers };
    const stopped = decode({ continue_processing: false, violation });
    expect(stopped.answer.httpHeaders).toEqual({ "Retry-After": "1" });
    expect(stopped.dropped).toEqual(pathsAt("violation.http_headers"));
    const text = encodeResult(undefined, going.answer);
    expect(decodeResult(text).answer).toEqual(going.answer);
  });

  const record = {
    plugin_id: "p",
    plugin_name: "p",
    plugin_kind: "external",
    hook_name: "evaluate",
    mode: "audit",
    status: "completed",
  };
  const stopping = (violation: object) => ({
    continue_processing: false,
    violation: { code: "a", reason: "b", ...violation },
  });
  const executing = (more: object) => ({ executions: [{ ...record, ...more }] });
  const optional: readonly (readonly [string, (more: object) => object])[] = [
    ...["modified_payload", "modified_extensions", "violation", "metadata", "http_headers"].map(
      (field) => [field, (more: object) => more] as const,
    ),
    ...[
      "description",
      "details",
      "mcp_error_code",
      "proto_error_code",
      "http_status_code",
      "http_headers",
    ].map((field) => [field, stopping] as const),
    ...["requested_allow", "matched", "reason", "error_code"].map(
      (field) => [field, executing] as const,
    ),
  ];
  it.each(optional)("reads null at %s of %s as absent", (field, documentWith) => {
    verifies("envelope:null-is-absent");
    expect(decode(documentWith({ [field]: null }))).toEqual(decode(documentWith({})));
  });

  it("reads a violation of the newer generation with a description of null", () => {
    const { violation, dropped } = decode(stopping({ description: null }));
    expect([violation, dropped]).toEqual([{ code: "a", reason: "b" }, []]);
  });

  it.each([
    ["a list", []],
    ["null", null],
    ["a string for a boolean", { continue_processing: "false" }],
    ["null where there is a default", { continue_processing: null }],
    ["a violation without a code", { violation: { reason: "a" } }],
    ["changes that are not an object", { modified_extensions: [] }],
    ["an invalid mode", { executions: [{ mode: "other" }] }],
    ["a delay below zero", { retry_delay_ms: -1 }],
  ])("refuses %s", (_name, document) => {
    const refusal = refusalOf(() => decodeResult(document));
    expect(refusal).toMatchObject({ code: "result_shape" });
    expect((refusal as { data: { problems: unknown[] } }).data.problems.length).toBeGreaterThan(0);
  });

  const turn = { payload, context: contextOf([]) };
  it.each<readonly [string, unknown]>([
    ["an error", encodeError(new Error("No"), { plugin: "p" })],
    ["a task", encodeTask(turn)],
    ["a denial that was not encoded", { ...deny("No") }],
    ["a result of `invoke` that was not encoded", { continueProcessing: false }],
    ["an error of a gateway", { error: { code: 503 } }],
    ["a violation alone", { violation: { code: "a", reason: "b" } }],
    ["changes beside an unknown field", { metadata: {}, status: "error" }],
  ])("refuses %s, which does not say whether to continue", (_name, document) => {
    verifies("remote:result-says-so");
    const text = typeof document === "string" ? document : JSON.stringify(document);
    for (const input of [text, JSON.parse(text) as unknown]) {
      const refusal = refusalOf(() => decodeResult(input));
      expect(refusal).toMatchObject({ code: "result_shape" });
      expect(String(refusal)).toContain("continue_processing: expected a boolean, because");
    }
    const said = { ...(JSON.parse(text) as object), continue_processing: true };
    expect(decodeResult(said).dropped.length).toBeGreaterThan(0);
  });

  it.each([
    {},
    { violation: null, modified_payload: null },
    { metadata: { a: 1 }, executions: [] },
  ])("reads %j as a result that continues", (document) => {
    verifies("remote:result-says-so");
    const { violation, dropped } = decodeResult(JSON.stringify(document));
    expect([violation, dropped]).toEqual([undefined, []]);
  });

  it("reads text, and refuses text that is not JSON or too long", () => {
    const text = encodeResult({ metadata: { a: 1 } }, { hook });
    expect(decodeResult(text).result).toEqual({ metadata: { a: 1 } });
    expect(refusalOf(() => decodeResult(`${text}}`))).toMatchObject({ code: "syntax_invalid" });
    const limits = { textUnits: text.length - 1 };
    expect(refusalOf(() => decodeResult(text, { limits }))).toMatchObject({ code: "result_shape" });
  });

  it("round trips records of handlers", () => {
    const { executions } = decode({
      executions: [
        {
          plugin_id: "id",
          plugin_name: "name",
          plugin_kind: "kind",
          hook_name: "evaluate",
          mode: "concurrent",
          status: "error",
          requested_allow: true,
          effective_allow: false,
          matched: true,
          applied: true,
          payload_modified: true,
          extensions_modified: true,
          duration_ns: 12,
          reason: "why",
          error_code: "E",
          config_keys: ["a"],
        },
      ],
    });
    const text = encodeResult(undefined, { executions });
    expect(decodeResult(text).executions).toEqual(executions);
    expect(executions[0]).toEqual({
      pluginId: "id",
      plugin: "name",
      pluginKind: "kind",
      hook: "evaluate",
      mode: "concurrent",
      status: "error",
      requestedAllow: true,
      effectiveAllow: false,
      matched: true,
      applied: true,
      payloadModified: true,
      extensionsModified: true,
      durationNs: 12,
      reason: "why",
      errorCode: "E",
      configKeys: ["a"],
    });
  });
});
