/** Delegation. */
import {
  amend,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { expect, it } from "vitest";
import type { Capability } from "../dispatch/support.ts";
import { attack, attackWaits } from "./attack.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

const hop = (subject_id: string, more: object = {}) => ({
  subject_id,
  subject_type: "user",
  audience: "tools",
  scopes_granted: ["read", "write"],
  timestamp: "2026-01-01T00:00:00Z",
  ttl_seconds: 60,
  ...more,
});
const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => hop(id)) as [object, object, object, object];
const extensions = createExtensions({
  security: { subject: { id: "first", type: "user" } },
  delegation: {
    chain: [a, b, c] as never,
    depth: 3,
    origin_subject_id: "first",
    actor_subject_id: "c",
    delegated: true,
    age_seconds: 5,
  },
});
const capabilities: readonly Capability[] = ["append_delegation"];
const chained = (chain: unknown, more: object = {}) => ({
  extensions,
  returned: { delegation: { chain, ...more } },
  capabilities,
});
const broken = ["tier_monotonic", "delegation"] as const;
/** The chain after an accepted proposal. */
function taken(chain: unknown, more: object = {}, from: Extensions = extensions) {
  const returned = { delegation: { chain, ...more } };
  const merged = mergeExtensions(from, returned, capabilities);
  return { delegation: merged.extensions.delegation, rejections: merged.rejections };
}

attack(
  "A-111",
  "Drop the first, the last, a middle or every hop",
  "refused with `tier_monotonic`",
  () => {
    it.each([
      ["the first", [b, c]],
      ["the last", [a, b]],
      ["one in the middle", [a, c]],
      ["one in the middle, with another at the end", [a, c, d]],
      ["all", []],
      ["all, for others", [d, d, d, d]],
    ])("%s", (_, chain) => expectRefused(chained(chain), ...broken));

    it("by an edit of the view, which succeeds, and is refused when returned", () => {
      const edited = amend(filterExtensions(extensions, ["append_delegation"]), (draft) => {
        (draft.delegation as unknown as { chain: unknown[] }).chain.shift();
      });
      return expectRefused({ extensions, returned: edited, capabilities }, ...broken);
    });
  },
);

attack(
  "A-112",
  "Edit an earlier hop, or swap hops",
  "refused with `tier_monotonic`; an equivalent form of a hop is not a change",
  () => {
    it.each([
      ["subject", { subject_id: "x" }],
      ["kind of subject", { subject_type: "system" }],
      ["audience", { audience: "all" }],
      ["audience, taken away", { audience: undefined }],
      ["scopes, widened", { scopes_granted: ["read", "write", "admin"] }],
      ["scopes, in another order", { scopes_granted: ["write", "read"] }],
      ["scopes, none", { scopes_granted: [] }],
      ["time", { timestamp: "2026-01-01T00:00:01Z" }],
      [
        "time, by a thousand-millionth of a second",
        { timestamp: "2026-01-01T00:00:00.000000001Z" },
      ],
      ["lifetime", { ttl_seconds: 61 }],
      ["lifetime, taken away", { ttl_seconds: undefined }],
      ["strategy", { strategy: "token_exchange" }],
      ["source", { from_cache: true }],
      ["details", { authorization_details: [{ type: "all" }] }],
    ])("its %s", async (_, edit) => {
      await expectRefused(chained([{ ...a, ...edit }, b, c]), ...broken);
      await expectRefused(chained([a, b, { ...c, ...edit }, d]), ...broken);
    });

    it.each([
      ["two change places", [b, a, c]],
      ["all are turned round", [c, b, a]],
    ])("%s", (_, chain) => expectRefused(chained(chain), ...broken));

    it("the same instant in another form", () => {
      const again = { ...a, timestamp: "2026-01-01T01:00:00.000+01:00" };
      return expectIgnored(chained([again, b, c]), []);
    });
  },
);

attack("A-113", "Insert a hop before the end", "refused with `tier_monotonic`", () => {
  it.each([
    ["at the beginning", [d, a, b, c]],
    ["in the middle", [a, d, b, c]],
    ["before the last", [a, b, d, c]],
    ["a repeat of the one that follows", [a, a, b, c]],
  ])("%s", (_, chain) => expectRefused(chained(chain), ...broken));
});

attack(
  "A-114",
  "Append a hop with a scope that its predecessor lacks, or a wildcard",
  "accepted by the merge, which enforces no policy; earlier hops stay the same objects",
  () => {
    it.each([["admin"], ["*"], ["read:*"]])("%s", (scope) => {
      const { delegation, rejections } = taken([a, b, c, hop("d", { scopes_granted: [scope] })]);
      expect(delegation?.chain[3]?.scopes_granted).toEqual([scope]);
      for (const at of [0, 1, 2])
        expect(delegation?.chain[at]).toBe(extensions.delegation?.chain[at]);
      expect(rejections).toEqual([]);
    });
  },
);

attackWaits(
  "A-114",
  "Append a hop that widens the scopes under a policy that narrows them",
  "the gateway's delegation policies",
);

attack(
  "A-115",
  "Forge `origin`, `actor`, `depth`, `delegated` or `age`",
  "ignored and reported as `tier_immutable`: they are derived from the chain",
  () => {
    const forged = {
      depth: 99,
      origin_subject_id: "me",
      actor_subject_id: "me",
      delegated: false,
      age_seconds: 0,
    };
    const rejected = (fields: readonly string[]) =>
      fields.map((field) => [`delegation.${field}`, "tier_immutable"] as const);

    it.each(Object.entries(forged))("%s alone", (field, value) =>
      expectIgnored(
        { ...chained(undefined), returned: { delegation: { [field]: value } } },
        rejected([field]),
      ),
    );

    it("all, with the chain unchanged", () =>
      expectIgnored(chained([a, b, c], forged), rejected(Object.keys(forged))));

    it("all, with a hop, of which only the hop is accepted", () => {
      const { delegation, rejections } = taken([a, b, c, d], forged);
      expect(delegation).toMatchObject({
        depth: 4,
        origin_subject_id: "first",
        actor_subject_id: "d",
        delegated: true,
        age_seconds: 5,
      });
      expect(rejections.map(({ path, code }) => [path, code])).toEqual(
        rejected(Object.keys(forged)),
      );
    });
  },
);
