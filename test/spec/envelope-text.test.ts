import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codeOf, envelope, hop, host, plain, refusal } from "./support.ts";

const labels = (...list: readonly string[]) =>
  envelope({ security: { labels: list } }).security?.labels;
const at = (timestamp: string) =>
  envelope({ delegation: { chain: [{ ...hop("a"), timestamp }] } }).delegation?.chain[0]?.timestamp;

describe("text", () => {
  it("is valid Unicode", () => {
    verifies("envelope:unicode");
    const problems = (value: unknown) => refusal(() => envelope(value)).problems;
    expect(problems({ request: { request_id: "\ud800" } })).toEqual(["snapshot_string"]);
    expect(problems({ custom: { a: ["\udc00"] } })).toEqual(["snapshot_string"]);
    expect(problems({ custom: { "\ud800": 1 } })).toEqual(["snapshot_key"]);
    expect(codeOf(() => host.decodeExtensions('{"custom":{"a":"\\ud800"}}'))).toBe(
      "extensions_invalid",
    );
    expect(envelope({ custom: { a: "\u{1f600}" } }).custom?.a).toBe("\u{1f600}");
  });

  it("of a label is short, visible and normalised", () => {
    verifies("envelope:label");
    for (const label of ["PII", "top secret", "für-intern", "机密", "🔒", "x".repeat(128)]) {
      expect(labels(label)).toEqual([label]);
    }
    expect(labels("🔒".repeat(128))).toHaveLength(1);
    const unfit = [
      "",
      " PII",
      "PII ",
      "a\nb",
      "a\u200bb",
      "a\u00a0b",
      "a\u00adb",
      "e\u0301",
      "\u2800",
      "a\ue000",
      "x".repeat(129),
    ];
    for (const label of unfit) {
      expect(refusal(() => labels(label)).problems, JSON.stringify(label)).toEqual([
        "label_invalid",
      ]);
    }
  });

  it("of a label is never corrected", () => {
    verifies("envelope:label-exact");
    expect(labels("pii", "PII")).toEqual(["PII", "pii"]);
    const read = envelope({ security: { labels: ["PII"] } });
    expect([host.hasLabel(read, "PII"), host.hasLabel(read, "pii")]).toEqual([true, false]);
    expect(refusal(() => labels("PII ")).problems).toEqual(["label_invalid"]);
  });

  it("in a set is sorted by code point, once each", () => {
    verifies("envelope:sets");
    expect(labels("\u{1f600}", "b", "\uff5e", "a", "b")).toEqual(["a", "b", "\uff5e", "\u{1f600}"]);
    const set = ["b", "a", "b"];
    const { security, meta } = envelope({
      security: { subject: { id: "s", type: "user", roles: set, permissions: set, teams: set } },
      meta: { tags: set },
    });
    const { roles, permissions, teams } = security?.subject ?? {};
    expect([roles, permissions, teams, meta?.tags]).toEqual(Array(4).fill(["a", "b"]));
  });

  it("in a list stays as it is", () => {
    verifies("envelope:lists");
    const list = ["b", "a", "b"];
    const { llm, security } = envelope({
      llm: { capabilities: list },
      security: { data: { a: { apply_labels: list } } },
    });
    expect([llm?.capabilities, security?.data.a?.apply_labels]).toEqual([list, list]);
  });
});

describe("time", () => {
  it("is read as RFC 3339", () => {
    verifies("envelope:instant");
    expect(at("2026-01-02T03:04:05")).toBe("2026-01-02T03:04:05Z");
    expect(at("2026-01-02 03:04:05z")).toBe("2026-01-02T03:04:05Z");
    const unfit = [
      "2026-01-02",
      "yesterday",
      "2026-02-29T00:00:00Z",
      "2026-01-02T24:00:00Z",
      "2016-12-31T23:59:60Z",
      "2026-01-02T03:04:05.0123456789Z",
    ];
    for (const text of unfit)
      expect(refusal(() => at(text)).problems, text).toEqual(["extensions_shape"]);
    const workload = { attested_at: "2026-01-02T03:04:05+02:00" };
    const { security } = envelope({ security: { this_workload: workload } });
    expect(security?.this_workload?.attested_at).toBe("2026-01-02T01:04:05Z");
  });

  it("is kept in one form", () => {
    verifies("envelope:instant-form");
    expect(at("2026-01-02T03:04:05.120000+01:00")).toBe("2026-01-02T02:04:05.12Z");
    expect(at("2026-01-02T03:04:05.000000001Z")).toBe("2026-01-02T03:04:05.000000001Z");
    expect(at("2026-01-02T03:04:05.000Z")).toBe("2026-01-02T03:04:05Z");
    expect(at("2025-12-31T23:30:00-01:00")).toBe("2026-01-01T00:30:00Z");
  });

  it("of other kinds is plain text", () => {
    verifies("envelope:plain-times");
    const times = {
      request: { timestamp: "noon" },
      completion: { created_at: "2026-01-02T03:04:05+01:00" },
      security: { data: { a: { retention: { delete_after: "30d" } } } },
    };
    expect(plain(envelope(times))).toMatchObject(times);
  });
});

describe("headers", () => {
  const doubled = { headers: { "X-A": "1", "x-a": "2" }, request_headers: { "x-b": "3" } };

  it("keep their spelling, order and content", () => {
    verifies("envelope:header-spelling");
    const { http } = envelope({ http: { ...doubled, response_headers: { "bad name": "\n" } } });
    expect(Object.entries(http?.headers ?? {})).toEqual([
      ["X-A", "1"],
      ["x-a", "2"],
    ]);
    expect(http?.response_headers).toEqual({ "bad name": "\n" });
  });

  it("are looked up in any case, the older map first", () => {
    verifies("envelope:header-lookup");
    const read = envelope({ http: { ...doubled, response_headers: { "x-c": "4" } } });
    expect(host.getHeader(read, "x-A")).toBe("1");
    expect(host.getHeader(read, "X-B")).toBe("3");
    expect(host.getHeader(read, "X-C")).toBeUndefined();
  });

  it("are edited in the map that has them", () => {
    verifies("envelope:header-edit");
    const edited = (http: object, name: string, value: string) =>
      plain(host.setHeader(envelope({ http }), name, value).http);
    expect(edited({ headers: { "X-A": "1" } }, "x-a", "2")).toEqual({ headers: { "X-A": "2" } });
    expect(edited({ request_headers: { a: "1" } }, "B", "2")).toEqual({
      headers: {},
      request_headers: { a: "1", B: "2" },
    });
    expect(edited({}, "B", "2")).toEqual({ headers: { B: "2" } });
    expect(edited(doubled, "X-B", "4")).toEqual({ ...doubled, request_headers: { "x-b": "4" } });
    expect(edited(doubled, "x-a", "4")).toEqual({ ...doubled, headers: { "X-A": "4" } });
    const both = { headers: { "X-A": "1", b: "2" }, request_headers: { "x-a": "3", "X-a": "4" } };
    expect(edited(both, "X-A", "5")).toEqual({
      headers: { "X-A": "5", b: "2" },
      request_headers: { "x-a": "5" },
    });
    expect(edited(both, "C", "5")).toEqual({ ...both, headers: { ...both.headers, C: "5" } });
    const without = host.removeHeader(envelope({ http: both }), "X-a");
    expect(plain(without.http)).toEqual({ headers: { b: "2" }, request_headers: {} });
    const removed = host.removeHeader(
      envelope({ http: { headers: { "X-A": "1", b: "2" } } }),
      "x-a",
    );
    expect(plain(removed.http)).toEqual({ headers: { b: "2" } });
  });
});
