/** Labels only grow. The attacks on them are in test/attacks. */
import { addLabels, createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";

const extensions = createExtensions({ security: { labels: ["EU", "PII"] } });
const grant = ["append_labels"] as const;
const security = (more: unknown) => ({ security: more });

describe("without the capability", () => {
  it("a reader that drops a label it saw is ignored: it may not write at all", () => {
    const returned = security({ labels: ["PII"] });
    const merged = mergeExtensions(extensions, returned, ["read_labels"]);
    expect(merged.extensions).toBe(extensions);
    expect(merged.rejections).toMatchObject([
      { path: "security.labels", code: "capability_missing" },
    ]);
  });
});

describe("labels that grow", () => {
  it("create the slot if there is none", () => {
    const none = createExtensions({});
    const { extensions: merged } = mergeExtensions(none, security({ labels: ["a"] }), grant);
    expect(merged.security?.labels).toEqual(["a"]);
    expect(mergeExtensions(none, security({ labels: [] }), grant).extensions).toBe(none);
  });

  it("keep a label that the plugin could not see, which was added since", () => {
    const view = filterExtensions(extensions, grant);
    const now = addLabels(extensions, "SALARY");
    for (const labels of [
      ["EU", "PII", "own"],
      ["EU", "PII", "SALARY", "own"],
    ]) {
      const { extensions: merged } = mergeExtensions(now, security({ labels }), grant, { view });
      expect(merged.security?.labels).toEqual(["EU", "PII", "SALARY", "own"]);
    }
  });
});

describe("a label that was shown and is missing", () => {
  const three = createExtensions({ security: { labels: ["A", "M", "Z"] } });
  const view = filterExtensions(three, grant);
  const gone = expect.objectContaining({
    code: "tier_monotonic",
    data: expect.objectContaining({ slot: "security.labels" }),
  });

  it.each([
    ["the first", ["M", "Z"]],
    ["one in the middle", ["A", "Z"]],
    ["the last", ["A", "M"]],
    ["the last, with another in its place", ["A", "B", "M"]],
    ["the last, with more than it in its place", ["A", "B", "C", "M"]],
  ])("is refused: %s", (_, labels) => {
    const returned = security({ labels });
    expect(() => mergeExtensions(three, returned, grant)).toThrow(gone);
    // A label that others add in the meantime does not make up for it.
    const now = addLabels(three, "SALARY");
    expect(() => mergeExtensions(now, returned, grant, { view })).toThrow(gone);
  });
});
