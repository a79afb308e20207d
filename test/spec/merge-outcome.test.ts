import { errorCodes } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  capabilities as all,
  codeOf,
  envelope,
  everything,
  hop,
  host,
  merge,
  refusal,
  slotNames,
} from "./support.ts";

const full = envelope(everything);

describe("the outcome", () => {
  it("is all or nothing", () => {
    verifies("merge:all-or-nothing");
    const before = host.encodeExtensions(full);
    const returned = {
      custom: { a: 1 },
      http: { headers: { "X-A": "2" } },
      security: { labels: [] },
    };
    expect(refusal(() => merge(full, returned, all))).toMatchObject({
      code: "tier_monotonic",
      slot: "security.labels",
    });
    expect(host.encodeExtensions(full)).toBe(before);
  });

  it("names one fault by a fixed order", () => {
    verifies("merge:order", "merge:labels-first");
    const snapshot = { meta: { scope: 1n } };
    const shape = { llm: { model_id: 3 } };
    const label = { security: { labels: [""] } };
    const capability = { delegation: { chain: [] } };
    const tier = { security: { labels: [] } };
    const content = { http: { headers: { "bad name": "1" } } };
    const strict = { strict: true };
    const some = ["append_labels", "write_headers"];
    expect(codeOf(() => merge(full, { ...shape, ...content, ...tier, ...snapshot }, some))).toBe(
      "snapshot_type",
    );
    expect(codeOf(() => merge(full, { ...content, ...label }, some))).toBe("label_invalid");
    expect(codeOf(() => merge(full, { ...content, ...tier, ...shape }, some))).toBe(
      "extensions_shape",
    );
    const hops = { delegation: { chain: [hop("x")] } };
    expect(codeOf(() => merge(full, { ...content, ...tier, ...hops }, some, strict))).toBe(
      "capability_missing",
    );
    expect(codeOf(() => merge(full, { ...content, ...tier }, some, strict))).toBe("tier_monotonic");
    expect(codeOf(() => merge(full, content, some))).toBe("header_invalid");
    expect(refusal(() => merge(full, { ...capability, ...tier }, all)).slot).toBe(
      "security.labels",
    );
  });

  it("shares what did not change", () => {
    verifies("merge:shared");
    const { extensions } = merge(full, { custom: { a: 1 } }, all);
    for (const name of slotNames) {
      if (name !== "custom") expect(extensions[name as "agent"]).toBe(full[name as "agent"]);
    }
  });

  it("lists what was ignored, in the order of the table", () => {
    verifies("merge:rejections", "merge:no-values-disclosed");
    const returned = {
      llm: { model_id: "canary" },
      http: { headers: { canary: "canary" } },
      request: { request_id: "canary" },
    };
    const { rejections } = merge(full, returned, [], { plugin: "p" });
    expect(rejections.map(({ path, code }) => [path, code])).toEqual([
      ["request", "tier_immutable"],
      ["http", "capability_missing"],
      ["llm", "tier_immutable"],
    ]);
    expect(rejections.every(({ plugin, reason }) => plugin === "p" && reason !== "")).toBe(true);
    expect(JSON.stringify(rejections)).not.toContain("canary");
    const outcomes = [
      { canary: 1 },
      { custom: { canary: 1n } },
      { security: { labels: [" canary"] } },
      { http: { headers: { "canary ": "" } } },
    ];
    expect(outcomes.map((each) => codeOf(() => merge(full, each, all)))).toEqual([
      "slot_unknown",
      "snapshot_type",
      "label_invalid",
      "header_invalid",
    ]);
    for (const each of outcomes) {
      try {
        merge(full, each, all);
      } catch (error) {
        const { message, data } = error as { message: string; data: object };
        expect(message + JSON.stringify(data)).not.toContain("canary");
      }
    }
  });

  it("is the same envelope if all that is proposed for an absent slot is ignored", () => {
    verifies("merge:same-object");
    const absent = host.createExtensions({});
    const { extensions, rejections } = merge(absent, { http: { method: "GET" } }, all);
    expect(extensions).toBe(absent);
    expect(rejections).toMatchObject([{ path: "http.method", code: "tier_immutable" }]);
    for (const http of [{}, { headers: {} }]) {
      expect(merge(absent, { http }, all).extensions).toEqual({ http: { headers: {} } });
    }
    const both = { http: { method: "GET", headers: { a: "b" } } };
    expect(merge(absent, both, all)).toMatchObject({
      extensions: { http: { headers: { a: "b" } } },
      rejections: [{ path: "http.method" }],
    });
    const claimed = merge(absent, { delegation: { origin_subject_id: "ada" } }, all);
    expect(claimed.extensions).toBe(absent);
    expect(claimed.rejections).toMatchObject([
      { path: "delegation.origin_subject_id", code: "tier_immutable" },
    ]);
    expect(merge(absent, { delegation: {} }, all).extensions.delegation).toMatchObject({
      depth: 0,
    });
  });

  it("exists for any value", () => {
    verifies("merge:total");
    const values = [
      true,
      0,
      "",
      "x",
      1n,
      Symbol("s"),
      () => 1,
      [],
      [1],
      new Map(),
      new Error("e"),
      Promise.resolve(),
      new Uint8Array(2),
      globalThis,
      Object.freeze({ security: Object.freeze([]) }),
    ];
    for (const value of values) {
      expect(Object.keys(errorCodes)).toContain(codeOf(() => merge(full, value, all)));
    }
  });
});
