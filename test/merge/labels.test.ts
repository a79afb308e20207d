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
