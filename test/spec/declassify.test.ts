import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codeOf, envelope, everything, host, merge, plain, view } from "./support.ts";

describe("declassification", () => {
  const labelled = envelope({
    ...everything,
    security: { ...everything.security, labels: ["EU", "PII"] },
  });
  const words = { reason: "consent given", authority: "policy-7" };
  const refused = (value: object, more: object) =>
    codeOf(() => host.declassify(value as never, { labels: ["PII"], ...words, ...more }));

  it("is the host's, and the only way", () => {
    verifies("declassify:host-only", "declassify:only-way");
    const { extensions } = host.declassify(labelled, { labels: ["PII"], ...words });
    expect(extensions.security?.labels).toEqual(["EU"]);
    expect(refused(view(labelled, "append_labels"), {})).toBe("declassify_refused");
    expect(refused({ ...labelled }, {})).toBe("declassify_refused");
    expect(codeOf(() => host.withSlots(labelled, { security: { labels: ["EU"] } }))).toBe(
      "tier_monotonic",
    );
    expect(codeOf(() => merge(labelled, { security: { labels: ["EU"] } }, ["append_labels"]))).toBe(
      "tier_monotonic",
    );
  });

  it("names labels, reason and authority", () => {
    verifies("declassify:named", "declassify:reasoned");
    const wrong = [
      { labels: [] },
      { labels: ["X"] },
      { labels: "PII" },
      { reason: "" },
      { reason: " " },
      { authority: "x".repeat(2001) },
      { authority: undefined },
    ];
    for (const each of wrong) expect(refused(labelled, each)).toBe("declassify_refused");
    for (const text of ["x", "x".repeat(2000)]) {
      const whole = { labels: ["PII"], reason: text, authority: text };
      expect(host.declassify(labelled, whole).record).toMatchObject(whole);
    }
  });

  it("is recorded before it happens, and changes nothing else", () => {
    verifies("declassify:recorded", "declassify:rest-kept");
    const records: unknown[] = [];
    const { extensions, record } = host.declassify(labelled, {
      labels: ["PII"],
      ...words,
      audit: (each) => records.push(each),
    });
    expect(records).toEqual([record]);
    expect(record).toEqual({
      event: "extensions.declassified",
      at: expect.any(String),
      labels: ["PII"],
      ...words,
      request_id: "r-1",
    });
    expect(plain(extensions)).toEqual({
      ...(plain(labelled) as object),
      security: { ...(plain(labelled.security) as object), labels: ["EU"] },
    });
    const broken = () => {
      throw new Error("disk full");
    };
    expect(() => host.declassify(labelled, { labels: ["PII"], ...words, audit: broken })).toThrow(
      "disk full",
    );
    expect(labelled.security?.labels).toEqual(["EU", "PII"]);
  });
});
