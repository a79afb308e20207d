/** Law of implication: which capabilities imply which. */
import fc from "fast-check";
import { capabilities } from "glassine";
import { describe, expect, it } from "vitest";
import { closureOf, grantsOf } from "./support/documents.ts";
import { standard, worlds } from "./support/tables.ts";

describe.each(worlds)("$name", ({ slots, host }) => {
  const grants = grantsOf(slots);

  it("L31: resolving capabilities is extensive, monotone and idempotent", () => {
    fc.assert(
      fc.property(grants, grants, (some, more) => {
        const closed = host.resolveCapabilities(some);
        expect(closed).toEqual(expect.arrayContaining([...some]));
        expect(host.resolveCapabilities([...some, ...more])).toEqual(
          expect.arrayContaining([...closed]),
        );
        expect(host.resolveCapabilities(closed)).toEqual(closed);
        expect(host.resolveCapabilities([...some].reverse())).toEqual(closed);
      }),
    );
  });

  it("L31: a write implies its read, a field's read implies its parent's, and nothing else is implied", () => {
    fc.assert(
      fc.property(grants, (grant) => {
        expect(host.resolveCapabilities(grant)).toEqual(closureOf(slots, grant));
      }),
    );
  });
});

it("L31: of the standard capabilities, seven imply another", () => {
  const implied = Object.values(capabilities)
    .sort()
    .flatMap((name) => {
      const others = standard.resolveCapabilities([name]).filter((other) => other !== name);
      return others.length === 0 ? [] : [[name, ...others]];
    });
  expect(implied).toEqual([
    ["append_delegation", "read_delegation"],
    ["append_labels", "read_labels"],
    ["read_claims", "read_subject"],
    ["read_permissions", "read_subject"],
    ["read_roles", "read_subject"],
    ["read_teams", "read_subject"],
    ["write_headers", "read_headers"],
  ]);
});
