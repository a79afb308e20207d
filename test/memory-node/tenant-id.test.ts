import { tenantIdFault } from "glassine/memory-node";
import { expect, it } from "vitest";

it.each([
  "a",
  "default",
  "system",
  "acme-eu",
  "a_b",
  "7",
  "a".repeat(64),
  "123e4567-e89b-42d3-a456-426614174000",
])("%s may be the id of a tenant", (id) => {
  expect(tenantIdFault(id)).toBeUndefined();
});

it.each([
  [undefined, "it is not a string"],
  [7, "it is not a string"],
  [["acme"], "it is not a string"],
  ["", "it is empty"],
  ["a".repeat(65), "it has more than 64 characters"],
  ["acme/eu", "it has U+002F at character 5"],
  ["../etc", "it has U+002E at character 1"],
  ["acme\n", "it has U+000A at character 5"],
  [" acme", "it has U+0020 at character 1"],
  ["Acme", "it has U+0041 at character 1"],
  ["acmé", "it has U+00E9 at character 4"],
  ["a\u{1f512}", "it has U+D83D at character 2"],
  ["-acme", "it begins or ends with - or _"],
  ["acme_", "it begins or ends with - or _"],
  ["-", "it begins or ends with - or _"],
])("%j may not: %s", (id, fault) => {
  expect(tenantIdFault(id)).toBe(fault);
});
