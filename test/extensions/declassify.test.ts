import process from "node:process";
import {
  addLabels,
  createExtensions,
  declassify,
  filterExtensions,
  isGlassineError,
} from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

const extensions = createExtensions({
  request: { request_id: "r-1" },
  security: { labels: ["PII", "EU", "\u{1d4b3}", "\uff61"], subject: { id: "u", type: "user" } },
});
const words = { reason: "The export was checked.", authority: "policy-7" };

describe("declassify", () => {
  it("removes the named labels, and nothing else", () => {
    const { extensions: next } = declassify(extensions, { labels: ["PII", "EU"], ...words });
    expect(next.security?.labels).toEqual(["\uff61", "\u{1d4b3}"]);
    expect(next.security?.subject).toBe(extensions.security?.subject);
    expect(next.request).toBe(extensions.request);
    expect(extensions.security?.labels).toHaveLength(4);
    expect(Object.isFrozen(next.security?.labels)).toBe(true);
  });

  it("returns an envelope that can be declassified again, and accepts labels again", () => {
    const { extensions: next } = declassify(extensions, { labels: ["PII"], ...words });
    expect(addLabels(next, "PII").security?.labels).toContain("PII");
    expect(
      declassify(next, { labels: ["EU"], ...words }).extensions.security?.labels,
    ).not.toContain("EU");
  });

  it("writes a record of one line: what, why, by whom, when, for which request", () => {
    const reason = "line one\nline two\u2028";
    const { record } = declassify(extensions, {
      labels: ["\uff61", "\u{1d4b3}", "EU", "EU"],
      ...words,
      reason,
    });
    expect(record).toEqual({
      event: "extensions.declassified",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/),
      labels: ["EU", "\uff61", "\u{1d4b3}"],
      reason,
      authority: "policy-7",
      request_id: "r-1",
    });
    expect(JSON.stringify(record)).not.toContain("\n");
    expect(Object.isFrozen(record) && Object.isFrozen(record.labels)).toBe(true);
    const bare = createExtensions({ security: { labels: ["PII"] } });
    expect(declassify(bare, { labels: ["PII"], ...words }).record.request_id).toBeNull();
  });
});

describe("the audit", () => {
  it("is not left out for a misspelled name", () => {
    const misspelled = { labels: ["PII"], ...words, adit: () => undefined };
    const run = () => declassify(extensions, misspelled as never);
    expect(codeOf(run)).toBe("options_invalid");
    expect(run).toThrow('Did you mean "audit"?');
    expect(codeOf(() => declassify(extensions, null as never))).toBe("options_invalid");
  });

  it("receives the record before the labels are removed", () => {
    const records: unknown[] = [];
    const { record } = declassify(extensions, {
      labels: ["PII"],
      ...words,
      audit: (each) => records.push(each),
    });
    expect(records).toEqual([record]);
  });

  it("keeps the labels if it throws", () => {
    const full = new Error("disk full");
    const audit = () => {
      throw full;
    };
    expect(() => declassify(extensions, { labels: ["PII"], ...words, audit })).toThrow(full);
    expect(extensions.security?.labels).toContain("PII");
  });

  it("keeps the labels if it returns a promise, which nobody could await", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const audits = [async () => {}, () => Promise.reject(new Error("disk full"))];
      for (const audit of audits) {
        const attempt = () => declassify(extensions, { labels: ["PII"], ...words, audit });
        expect(codeOf(attempt)).toBe("declassify_refused");
      }
      expect(extensions.security?.labels).toContain("PII");
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });

  it("removes only the labels that it was given, even if the list grows", () => {
    const labels = ["PII"];
    const audit = () => void labels.push("EU");
    const { extensions: next } = declassify(extensions, { labels, ...words, audit });
    expect(next.security?.labels).toContain("EU");
  });

  it("does not record a refused removal", () => {
    const records: unknown[] = [];
    const audit = (each: unknown) => void records.push(each);
    expect(codeOf(() => declassify(extensions, { labels: ["none"], ...words, audit }))).toBe(
      "declassify_refused",
    );
    expect(records).toEqual([]);
  });
});

describe("a declassification that is refused", () => {
  const tried = (changes: object) => () =>
    declassify(extensions, { labels: ["PII"], ...words, ...changes } as never);

  it.each([
    ["names no label", { labels: [] }],
    ["names one that is not there", { labels: ["PII", "pii"] }],
    ["names what is not a string", { labels: [Object.create(null)] }],
    ["names labels as a string", { labels: "PII" }],
    ["names labels as a set", { labels: new Set(["PII"]) }],
    ["has no reason", { reason: undefined }],
    ["has a blank reason", { reason: " \n" }],
    ["has a reason that is too long", { reason: "x".repeat(2001) }],
    ["has a reason that is not a string", { reason: ["r"] }],
    ["has no authority", { authority: "" }],
    ["has an audit that is a list", { audit: [] }],
    ["has an audit that is a string", { audit: "stderr" }],
  ])("%s", (_, changes) => {
    expect(codeOf(tried(changes))).toBe("declassify_refused");
  });

  it("says what came in place of the labels", () => {
    expect(tried({ labels: "PII" })).toThrow("Expected an array of labels; got string.");
    expect(tried({ labels: [] })).toThrow("Name the labels to remove; got none.");
  });

  it("has a view, even one with all labels, or a foreign value", () => {
    const view = filterExtensions(extensions, ["append_labels"]);
    for (const foreign of [
      view,
      addLabels(view, "x"),
      { ...extensions },
      structuredClone(extensions),
      null,
    ]) {
      expect(codeOf(() => declassify(foreign as never, { labels: ["PII"], ...words }))).toBe(
        "declassify_refused",
      );
    }
  });

  it("does not print its arguments except the name of the label", () => {
    try {
      declassify(extensions, { labels: ["no\nsuch\u202e"], reason: "secret", authority: "secret" });
    } catch (error) {
      expect(isGlassineError(error) && error.message).toMatch(/^[ -~]*$/);
      expect(String(error)).not.toContain("secret");
    }
    expect.assertions(2);
  });
});
