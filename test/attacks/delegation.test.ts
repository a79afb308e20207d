/** Delegation. */
import {
  amend,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { describe, expect, it } from "vitest";
import type { Capability } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
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
  "with `strictDelegation`, as in the gateway, refused with `delegation_scope`; otherwise accepted",
  () => {
    describe("without a policy, accepted; earlier hops stay the same objects", () => {
      it.each([["admin"], ["*"], ["read:*"]])("%s", (scope) => {
        const { delegation, rejections } = taken([a, b, c, hop("d", { scopes_granted: [scope] })]);
        expect(delegation?.chain[3]?.scopes_granted).toEqual([scope]);
        for (const at of [0, 1, 2])
          expect(delegation?.chain[at]).toBe(extensions.delegation?.chain[at]);
        expect(rejections).toEqual([]);
      });
    });

    describe("with strictDelegation", () => {
      const options = { strictDelegation: true };
      const widening = ["delegation_scope", "delegation.chain"] as const;
      const granting = (...scopes: readonly string[]) => hop("d", { scopes_granted: scopes });

      it.each([["admin"], ["*"], ["read:*"], ["Read"], ["read write"], [""]])("%s", (scope) =>
        expectRefused({ ...chained([a, b, c, granting("read", scope)]), options }, ...widening),
      );

      it("a wildcard that the hop before has, and one at the start of a chain", async () => {
        const wild = { ...c, scopes_granted: ["*"] };
        const delegation = { chain: [a, b, wild] as never };
        const wide = createExtensions({ delegation });
        const after = { ...chained([a, b, wild, granting("*")]), extensions: wide, options };
        await expectRefused(after, ...widening);
        const security = { subject: { id: "d", type: "user" } } as const;
        const start = { ...chained([granting("*")]), extensions: createExtensions({ security }) };
        const reads: readonly Capability[] = ["append_delegation", "read_subject"];
        await expectRefused({ ...start, capabilities: reads, options }, ...widening);
      });

      it("in two steps, by way of a hop that narrows", () =>
        expectRefused(
          { ...chained([a, b, c, granting("read"), granting("read", "write")]), options },
          ...widening,
        ));

      it("fewer scopes, the same and none are accepted", () => {
        const chain = [a, b, c, granting("write", "read"), granting("read", "read"), granting()];
        const returned = { delegation: { chain } };
        const merged = mergeExtensions(extensions, returned, capabilities, options);
        expect(merged.extensions.delegation?.depth).toBe(6);
      });
    });
  },
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
