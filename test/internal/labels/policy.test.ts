/** Data policies of plain documents, which a guard judges before a manager has read them. */
import { describe, expect, it } from "vitest";
import { policyLabels, policyViolation } from "../../../src/core/labels/index.ts";

const tool = { kind: "tool", name: "tool" } as const;
const withPolicy = (policy: object) => ({ security: { data: { tool: policy } } });

describe("the policy of a plain document", () => {
  it("counts as that of an envelope does", () => {
    const document = withPolicy({ apply_labels: ["A"], denied_actions: ["receive"] });
    expect(policyLabels(document, tool)).toEqual(["A"]);
    expect(policyViolation(document, tool)).toMatchObject({ code: "data_action_denied" });
  });

  it.each([["A"], [[1]], [{}]])("is refused if its labels are %j", (apply_labels) => {
    expect(() => policyLabels(withPolicy({ apply_labels }), tool)).toThrow(
      expect.objectContaining({ code: "extensions_shape" }),
    );
  });

  it("is refused if its actions are not a list", () => {
    expect(() => policyViolation(withPolicy({ denied_actions: "send" }), tool)).toThrow(
      expect.objectContaining({ code: "extensions_shape" }),
    );
  });
});
