import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { readRequirements } from "./requirements.ts";
import {
  codeOf,
  envelope,
  everything,
  hop,
  host,
  plain,
  refusal,
  slotNames,
  subject,
} from "./support.ts";

const problemsOf = (value: unknown) => refusal(() => envelope(value)).problems;

describe("slots and fields", () => {
  it("has these slots, each of them optional", () => {
    verifies("envelope:slots", "envelope:spelling");
    expect(slotNames).toEqual([
      "request",
      "agent",
      "http",
      "security",
      "delegation",
      "mcp",
      "completion",
      "provenance",
      "llm",
      "framework",
      "meta",
      "custom",
    ]);
    const listed = readRequirements().find(({ id }) => id === "envelope:slots")?.text ?? "";
    const names = [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(names, "the slots in spec/envelope.md").toEqual(slotNames);
    expect(plain(envelope({}))).toEqual({});
    expect(Object.keys(envelope(everything))).toEqual(slotNames);
  });

  it("requires required fields", () => {
    verifies("envelope:required");
    expect(problemsOf({ mcp: { tool: {} } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ completion: { tokens: { input_tokens: 1 } } })).toHaveLength(2);
  });

  it("fills in defaults", () => {
    verifies("envelope:defaults");
    const { security, delegation } = envelope({ security: { objects: { a: {} } }, delegation: {} });
    expect(plain(security)).toEqual({
      labels: [],
      objects: { a: { managed_by: "host", permissions: [], data_scope: [] } },
      data: {},
    });
    expect(plain(delegation)).toEqual({ chain: [], depth: 0, delegated: false, age_seconds: 0 });
  });

  it("reads both generations", () => {
    verifies("envelope:generations");
    const both = {
      http: {
        headers: { a: "1" },
        request_headers: { b: "2" },
        response_headers: { c: "3" },
        method: "GET",
        path: "/",
        host: "h",
        scheme: "https",
      },
      security: {
        client: { client_id: "c", trust_level: "internal" },
        caller_workload: { selectors: ["s"] },
        this_workload: { attestor: "x" },
        auth_method: "mtls",
      },
      delegation: { chain: [{ ...hop("a"), authorization_details: [{ type: "t" }] }] },
      meta: { entity_type: "tool", entity_name: "search" },
    };
    expect(plain(envelope(both))).toMatchObject(both);
  });

  it("reads subject_type as type", () => {
    verifies("envelope:subject-alias");
    const { type, ...rest } = subject;
    const { security } = envelope({ security: { subject: { ...rest, subject_type: type } } });
    expect(plain(security?.subject)).toEqual(subject);
    expect(problemsOf({ security: { subject: { ...subject, subject_type: "agent" } } })).toEqual([
      "extensions_shape",
    ]);
  });

  it("keeps unknown fields of an authorization detail", () => {
    verifies("envelope:detail-kept");
    const detail = { type: "payment", actions: ["pay"], amount: { eur: 3 } };
    const { delegation } = envelope({
      delegation: { chain: [{ ...hop("a"), authorization_details: [detail] }] },
    });
    expect(plain(delegation?.chain[0]?.authorization_details)).toEqual([detail]);
  });

  it("adds the time of reading to a hop without one", () => {
    verifies("envelope:hop-time");
    const before = Date.now();
    const { delegation } = envelope({
      delegation: { chain: [{ ...hop("a"), timestamp: undefined }] },
    });
    const at = Date.parse(delegation?.chain[0]?.timestamp ?? "");
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it("drops credentials", () => {
    verifies("envelope:credentials-out");
    const text = '{"raw_credentials":{"inbound_tokens":{}},"candidate_constraint":{}}';
    const { extensions, dropped } = host.decodeExtensions(text);
    expect(plain(extensions)).toEqual({});
    expect(dropped).toEqual(["raw_credentials", "candidate_constraint"]);
  });
});

describe("absent and null", () => {
  it("reads null as absent for optional parts", () => {
    verifies("envelope:null-is-absent");
    const read = envelope({
      agent: null,
      request: { trace_id: null },
      security: { subject: null },
    });
    expect(read).toEqual(envelope({ request: {}, security: {} }));
    expect(read.agent).toBeUndefined();
    expect(read.request?.trace_id).toBeUndefined();
  });

  it("refuses null for fields with a default, and required ones", () => {
    verifies("envelope:null-with-default");
    expect(problemsOf({ security: { labels: null } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ http: { headers: null } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ security: { client: { client_id: null } } })).toEqual(["extensions_shape"]);
  });

  it("keeps null in data", () => {
    verifies("envelope:null-is-data");
    const data = {
      custom: { a: null, b: [null, { c: null }] },
      mcp: { tool: { name: "t", annotations: { d: null } } },
    };
    expect(plain(envelope(data))).toEqual(data);
  });

  it("reads undefined as absent, but not in an array", () => {
    verifies("envelope:undefined-is-absent");
    const read = envelope({
      agent: undefined,
      meta: { scope: undefined },
      custom: { a: undefined, b: 1 },
    });
    expect(plain(read)).toEqual({ meta: { tags: [], properties: {} }, custom: { b: 1 } });
    expect(Object.keys(read.custom ?? {})).toEqual(["b"]);
    expect(problemsOf({ custom: { a: [undefined] } })).toEqual(["snapshot_type"]);
  });
});

describe("types", () => {
  it("converts nothing", () => {
    verifies("envelope:strict-types");
    expect(problemsOf({ agent: { turn: "3" } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ delegation: { delegated: "yes" } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ delegation: { delegated: 1 } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ request: { request_id: 7 } })).toEqual(["extensions_shape"]);
    expect(problemsOf({ security: { labels: "PII" } })).toEqual(["extensions_shape"]);
  });

  it("accepts only exact whole numbers as counts", () => {
    verifies("envelope:whole-numbers");
    expect(envelope({ agent: { turn: 2 ** 53 - 1 } }).agent?.turn).toBe(2 ** 53 - 1);
    for (const turn of [-1, 1.5, 2 ** 53]) {
      expect(problemsOf({ agent: { turn } })).toEqual(["extensions_shape"]);
    }
    expect(host.decodeExtensions('{"agent":{"turn":1.0}}').extensions.agent?.turn).toBe(1);
  });

  it("accepts finite numbers, and reads minus zero as zero", () => {
    verifies("envelope:finite-numbers");
    for (const n of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(problemsOf({ custom: { n } })).toEqual(["snapshot_type"]);
    }
    expect(codeOf(() => host.decodeExtensions('{"custom":{"n":1e400}}'))).toBe(
      "extensions_invalid",
    );
    const read = envelope({ custom: { n: -0 }, agent: { turn: -0 } });
    expect([read.custom?.n, read.agent?.turn]).toEqual([0, 0]);
  });

  it("refuses a negative age", () => {
    verifies("envelope:not-negative");
    expect(envelope({ delegation: { age_seconds: 1.5 } }).delegation?.age_seconds).toBe(1.5);
    expect(problemsOf({ delegation: { age_seconds: -1 } })).toEqual(["extensions_shape"]);
  });

  it("accepts only listed values where the list is closed", () => {
    verifies("envelope:closed-enums");
    expect(problemsOf({ security: { subject: { id: "a", type: "User" } } })).toHaveLength(1);
    expect(problemsOf({ completion: { stop_reason: "stop" } })).toHaveLength(1);
  });

  it("accepts any string where the list is open", () => {
    verifies("envelope:open-enums");
    const open = {
      security: {
        objects: { a: { managed_by: "x", trust_domain: "y" } },
        data: { a: { retention: { policy: "z" } } },
        client: { client_id: "c", trust_level: "w" },
      },
      delegation: { chain: [{ ...hop("a"), subject_type: "robot", strategy: "v" }] },
    };
    expect(plain(envelope(open))).toMatchObject(open);
  });

  it("accepts JSON values of the host, and nothing else", () => {
    verifies("envelope:json-only");
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const cases: readonly (readonly [unknown, string])[] = [
      [() => 1, "snapshot_type"],
      [Symbol("s"), "snapshot_type"],
      [1n, "snapshot_type"],
      [new Date(), "snapshot_prototype"],
      [new Map(), "snapshot_prototype"],
      [
        {
          get a() {
            return 1;
          },
        },
        "snapshot_accessor",
      ],
      [new Proxy({}, {}), "snapshot_proxy"],
      [{ [Symbol("k")]: 1 }, "snapshot_key"],
      [cycle, "snapshot_cycle"],
    ];
    for (const [value, code] of cases) expect(problemsOf({ custom: { value } })).toEqual([code]);
  });
});
