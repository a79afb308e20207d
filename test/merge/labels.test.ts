/** Labels only grow. Attack numbers as in the threat model. */
import { createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../admit/support.ts";

const extensions = createExtensions({
  security: {
    labels: ["EU", "PII"],
    subject: { id: "u", type: "user" },
    objects: { t: {} },
    classification: "secret",
  },
});
const grant = ["append_labels", "read_subject"] as const;
const merge = (returned: unknown, capabilities: readonly string[] = grant) =>
  mergeExtensions(extensions, returned, capabilities as typeof grant);
const security = (more: unknown) => ({ security: more });

describe("a label that was shown and did not come back refuses the result", () => {
  it.each([
    ["A-061: one of them", ["EU"]],
    ["A-062: all, replaced by as many others", ["a", "b"]],
    ["A-063: one, replaced by itself in another case", ["EU", "pii"]],
    ["A-063: one, replaced by a look-alike", ["EU", "\u0420II"]],
    ["A-064: all of them", []],
  ])("%s", (_, labels) => {
    const error = refusalOf(() => merge(security({ labels })));
    expect([error.name, error.code, error.data]).toEqual([
      "TierViolationError",
      "tier_monotonic",
      { slot: "security.labels", tier: "monotonic" },
    ]);
  });

  it("A-063: replaced by what is no label, for that", () => {
    for (const label of ["PII ", "PII\u200b", "P\u0049\u0307I"]) {
      expect(refusalOf(() => merge(security({ labels: ["EU", label] }))).code).toBe(
        "label_invalid",
      );
    }
  });

  it("A-031: null for the labels is no way to clear them", () => {
    expect(refusalOf(() => merge(security({ labels: null }))).code).toBe("extensions_shape");
  });
});

describe("labels that are left out stay", () => {
  it.each([
    ["security left out", {}],
    ["an empty security", security({})],
    ["security null", security(null)],
    ["security undefined", security(undefined)],
    ["labels undefined", security({ labels: undefined })],
  ])("A-064: %s", (_, returned) => {
    expect(merge(returned)).toEqual({ extensions, rejections: [] });
    expect(merge(returned).extensions).toBe(extensions);
  });

  it("A-068: in a slot that was made anew, and its subject is ignored", () => {
    const returned = security({
      subject: { id: "root", type: "system" },
      classification: "public",
    });
    const { extensions: merged, rejections } = merge(returned);
    expect(merged).toBe(extensions);
    expect(rejections).toMatchObject([
      { path: "security.classification", code: "tier_immutable" },
      { path: "security.subject", code: "tier_immutable" },
    ]);
  });
});

describe("without the capability", () => {
  it("A-066: the empty list that a blind plugin saw changes nothing and says nothing", () => {
    for (const returned of [security({ labels: [] }), security({ labels: [], objects: {} })]) {
      expect(merge(returned, []).extensions).toBe(extensions);
    }
    expect(merge(security({ labels: [] }), []).rejections).toEqual([]);
  });

  it("A-067, A-082: an added label is ignored, with one answer whether it was there or not", () => {
    const answers = ["PII", "new"].map((label) => merge(security({ labels: [label] }), []));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.extensions).toBe(extensions);
    expect(answers[0]?.rejections).toMatchObject([
      { path: "security.labels", code: "capability_missing" },
    ]);
  });

  it("a reader that drops a label it saw is ignored as well: it may not write at all", () => {
    const { extensions: merged, rejections } = merge(security({ labels: ["PII"] }), [
      "read_labels",
    ]);
    expect(merged).toBe(extensions);
    expect(rejections).toMatchObject([{ path: "security.labels", code: "capability_missing" }]);
  });
});

describe("labels that grow", () => {
  it("A-065, A-073: join with what was added since the view was given", () => {
    const view = filterExtensions(extensions, grant);
    const later = merge(security({ labels: ["EU", "PII", "z"] })).extensions;
    const merged = mergeExtensions(later, security({ labels: ["EU", "PII", "a"] }), grant, {
      view,
    }).extensions;
    expect(merged.security?.labels).toEqual(["EU", "PII", "a", "z"]);
  });

  it("A-069: take nothing else of the slot along", () => {
    const returned = security({
      labels: ["EU", "PII", "a"],
      objects: {},
      data: { t: { denied_actions: [] } },
    });
    const { extensions: merged, rejections } = merge(returned);
    expect(merged.security).toEqual({ ...extensions.security, labels: ["EU", "PII", "a"] });
    expect(merged.security?.objects).toBe(extensions.security?.objects);
    expect(rejections.map(({ path }) => path)).toEqual(["security.objects", "security.data"]);
  });

  it("make the slot where there is none", () => {
    const none = createExtensions({});
    const { extensions: merged } = mergeExtensions(none, security({ labels: ["a"] }), grant);
    expect(merged.security?.labels).toEqual(["a"]);
    expect(mergeExtensions(none, security({ labels: [] }), grant).extensions).toBe(none);
  });

  it("A-070: are never read from anywhere else", () => {
    const { extensions: merged } = merge({
      custom: { labels: ["a"], security: { labels: ["b"] } },
    });
    expect(merged.security).toBe(extensions.security);
  });
});
