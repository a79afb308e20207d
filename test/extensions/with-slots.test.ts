import { createExtensions, filterExtensions, mergeExtensions, withSlots } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf, refusalOf } from "../data/support.ts";

const hop = { subject_id: "a", subject_type: "user", timestamp: "2026-01-01T00:00:00Z" };
const extensions = createExtensions({
  request: { request_id: "r" },
  security: { labels: ["PII"] },
  delegation: { chain: [hop] },
  custom: { a: 1 },
});

describe("withSlots", () => {
  it.each([
    [{ limit: {} }, 'withSlots has no option "limit"'],
    [{ limits: { depth: 0 } }, "limits.depth must be a whole number from 1 to 1000."],
    [null, "options"],
  ])("refuses options that are not valid, also without changes: %j", (options, text) => {
    for (const changes of [{}, { custom: {} }])
      expect(refusalOf(() => withSlots(extensions, changes, options as never)).message).toContain(
        text,
      );
  });

  it("replaces the slots given, and shares the others", () => {
    const next = withSlots(extensions, { request: { request_id: "r2" }, custom: {} });
    expect(next.request?.request_id).toBe("r2");
    expect(next.custom).toEqual({});
    expect(next.security).toBe(extensions.security);
    expect(extensions.request?.request_id).toBe("r");
    expect(Object.isFrozen(next)).toBe(true);
  });

  it("leaves a slot that is absent, null or undefined as it is", () => {
    const next = withSlots(extensions, { request: null, custom: undefined });
    expect([next.request, next.custom]).toEqual([extensions.request, extensions.custom]);
  });

  it("shares what equals its earlier value", () => {
    const next = withSlots(extensions, { custom: { a: 1 }, security: { labels: ["PII", "PII"] } });
    expect(next.custom).toBe(extensions.custom);
    expect(next.security).toBe(extensions.security);
  });

  it("returns an envelope of the host, which can be merged, filtered and amended", () => {
    const next = withSlots(extensions, { custom: { b: 2 } });
    const merged = mergeExtensions(next, { security: { labels: ["PII", "EU"] } }, [
      "append_labels",
    ]).extensions;
    expect(withSlots(merged, {}).security?.labels).toEqual(["EU", "PII"]);
  });

  it("lets labels and chains grow, with the existing hops or copies of them", () => {
    const more = { subject_id: "b", subject_type: "agent" };
    for (const first of [
      extensions.delegation?.chain[0],
      hop,
      structuredClone(extensions.delegation?.chain[0]),
    ]) {
      const next = withSlots(extensions, { delegation: { chain: [first as typeof hop, more] } });
      expect(next.delegation?.chain[0]).toBe(extensions.delegation?.chain[0]);
      expect(next.delegation?.chain).toHaveLength(2);
    }
    const labels = withSlots(extensions, { security: { labels: ["EU", "PII"] } });
    expect(labels.security?.labels).toEqual(["EU", "PII"]);
  });

  it("accepts the slots of another envelope", () => {
    const other = createExtensions({ delegation: { chain: [hop, { ...hop, subject_id: "b" }] } });
    expect(withSlots(extensions, other).delegation?.chain).toHaveLength(2);
  });
});

describe("withSlots refuses", () => {
  it("a label or a hop that is gone, changed or moved", () => {
    const shrunk = [
      { security: { labels: [] } },
      { security: { labels: ["pii"] } },
      { security: {} },
      { delegation: { chain: [] } },
      { delegation: {} },
      { delegation: { chain: [{ ...hop, subject_id: "b" }] } },
      { delegation: { chain: [{ ...hop, subject_id: "b" }, hop] } },
    ];
    for (const changes of shrunk) {
      const error = refusalOf(() => withSlots(extensions, changes));
      expect([error.name, error.code]).toEqual(["TierViolationError", "tier_monotonic"]);
      // It removes labels only, no hops.
      expect(error.message.includes("declassify")).toBe("security" in changes);
      expect(error.data).toEqual({
        slot: Object.keys(changes)[0] === "security" ? "security.labels" : "delegation",
        tier: "monotonic",
      });
    }
  });

  it("a view, and anything that only looks like an envelope", () => {
    for (const foreign of [filterExtensions(extensions, []), { ...extensions }, {}, null]) {
      expect(codeOf(() => withSlots(foreign as never, { custom: {} }))).toBe("edit_denied");
    }
  });

  it("what createExtensions refuses, with the same codes", () => {
    expect(codeOf(() => withSlots(extensions, { secruity: {} } as never))).toBe("slot_unknown");
    expect(codeOf(() => withSlots(extensions, { custom: { f: () => 0 } } as never))).toBe(
      "extensions_invalid",
    );
    expect(codeOf(() => withSlots(extensions, null as never))).toBe("extensions_invalid");
    expect(
      codeOf(() => withSlots(extensions, { custom: { a: 1 } }, { limits: { nodes: 1 } })),
    ).toBe("extensions_invalid");
  });
});
