/** What a refusal by the delegation policies says, and what it looks at. */
import { type Capability, createExtensions, mergeExtensions } from "glassine";
import { expect, it } from "vitest";

const granted: readonly Capability[] = ["append_delegation", "read_subject"];
const none = createExtensions({ security: { subject: { id: "ada", type: "user" } } });
const hop = (more: object) => ({
  subject_id: "ada",
  subject_type: "user",
  scopes_granted: ["read"],
  timestamp: "2026-01-01T00:00:00Z",
  ...more,
});
const starts = (more: object) => () =>
  mergeExtensions(none, { delegation: { chain: [hop(more)] } }, granted, {
    strictDelegation: true,
  });

it.each([
  [
    "delegation_origin",
    "The first hop must name the subject: the `security.subject.id` that read_subject shows.",
    { subject_id: "secret" },
  ],
  [
    "delegation_scope",
    "A hop has a scope that the hop before it lacks, or one with `*`.",
    { scopes_granted: ["secret*"] },
  ],
  [
    "delegation_time",
    "A hop is over a minute older than the hop before it or in the future, or lasts over a year.",
    { ttl_seconds: 2 ** 31 },
  ],
])("%s: the reason names the rule, and no value", (code, reason, more) => {
  const message = `The proposal was refused at delegation.chain: ${reason} No part of it was applied.`;
  expect(starts(more)).toThrow(expect.objectContaining({ code, message }));
});

it("a first hop follows nothing, even if prototypes have an element before the first", () => {
  const polluted = Array.prototype as unknown as Record<string, unknown>;
  polluted["-1"] = hop({});
  try {
    expect(starts({ subject_id: "eve" })).toThrow(
      expect.objectContaining({ code: "delegation_origin" }),
    );
  } finally {
    delete polluted["-1"];
  }
});
