/** The fields of a profile that a host leaves out. */
import { expect, it } from "vitest";
import { readProfile, standardProfile } from "../../../src/core/plugins/index.ts";

it("have defaults, and the range of a manifest is named after the host", () => {
  expect(readProfile({ hostName: "acme-node" }).requiresField).toBe("requires_acme_node");
  expect(readProfile({ hostName: "a".repeat(64) }).requiresField).toHaveLength(73);
  const own = { hostName: "acme", requiresField: "needs_acme" };
  expect(readProfile(own).requiresField).toBe("needs_acme");
  expect(readProfile({})).toEqual(standardProfile);
  expect(readProfile({ ...readProfile({ hostName: "a".repeat(64) }) })).toBeDefined();
});
