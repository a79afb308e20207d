/** Delegation: the hops that are appended. */
import { appendHop, createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import {
  bytesOf,
  type Capability,
  finishing,
  permutations,
  type Result,
  type Run,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

const hop = (subject_id: string, more: object = {}) => ({
  subject_id,
  subject_type: "user",
  timestamp: "2026-01-01T00:00:00Z",
  ttl_seconds: 0,
  ...more,
});
const chainOf = (count: number) => Array.from({ length: count }, (_, i) => hop(`h${i}`));
const extensions = createExtensions({
  security: { subject: { id: "caller", type: "user" } },
  delegation: { chain: chainOf(2), depth: 2, delegated: true },
});
const [first, second] = chainOf(2) as [object, object];
const capabilities: readonly Capability[] = ["append_delegation"];
const chained = (...chain: unknown[]) => ({
  extensions,
  returned: { delegation: { chain } },
  capabilities,
});
const merge = (into: typeof extensions, chain: unknown) =>
  mergeExtensions(into, { delegation: { chain } }, capabilities).extensions.delegation;
const strict = { strictDelegation: true };
const shape = ["extensions_shape", "delegation.chain"] as const;

attack(
  "A-116",
  "Start a chain with a subject other than the caller",
  "with `strictDelegation`, as in the gateway, refused with `delegation_origin`, also if the plugin cannot see the caller; otherwise accepted",
  () => {
    describe("without a policy, accepted; the origin is derived from the chain", () => {
      const subject = { id: "caller", type: "user" } as const;

      it("without a chain", () => {
        const none = createExtensions({ security: { subject } });
        expect(merge(none, [hop("other")])).toMatchObject({ depth: 1, origin_subject_id: "other" });
      });

      it("with an origin, which stays", () => {
        const delegation = { origin_subject_id: "caller" };
        const known = createExtensions({ security: { subject }, delegation });
        expect(merge(known, [hop("other")])?.origin_subject_id).toBe("caller");
      });
    });

    describe("with strictDelegation", () => {
      const security = { subject: { id: "caller", type: "user" } } as const;
      const none = createExtensions({ security });
      const reads: readonly Capability[] = ["append_delegation", "read_subject"];
      const starts = (granted: readonly Capability[], from: typeof none, ...chain: unknown[]) => ({
        ...chained(...chain),
        extensions: from,
        capabilities: granted,
        options: strict,
      });
      const origin = ["delegation_origin", "delegation.chain"] as const;

      it.each([["other"], [""], ["Caller"]])("%j", (id) =>
        expectRefused(starts(reads, none, hop(id)), ...origin),
      );

      it("with an origin that the host named, and no hop", () => {
        const delegation = { origin_subject_id: "other" };
        const known = createExtensions({ security, delegation });
        return expectRefused(starts(reads, known, hop("other")), ...origin);
      });

      it("without read_subject, a right guess looks like a wrong one", async () => {
        await expectRefused(starts(capabilities, none, hop("caller")), ...origin);
        await expectRefused(starts(capabilities, none, hop("other")), ...origin);
      });

      it("without a caller", () =>
        expectRefused(starts(reads, createExtensions({}), hop("caller")), ...origin));

      it("the caller's own hop starts a chain, which others may continue", () => {
        const returned = { delegation: { chain: [hop("caller"), hop("agent")] } };
        const merged = mergeExtensions(none, returned, reads, strict);
        const after = merged.extensions;
        expect(after.delegation).toMatchObject({ depth: 2, origin_subject_id: "caller" });
        const chain = [hop("caller"), hop("agent"), hop("tool")];
        const more = mergeExtensions(after, { delegation: { chain } }, capabilities, strict);
        expect(more.extensions.delegation?.actor_subject_id).toBe("tool");
      });
    });
  },
);

attack(
  "A-117",
  "Append a hop dated in the past or the far future, or with an odd lifetime",
  "invalid ones are refused with `extensions_shape`; implausible ones with `delegation_time` with `strictDelegation`, as in the gateway, and otherwise accepted",
  () => {
    describe("of any form, without a policy", () => {
      it.each([
        ["a negative lifetime", { ttl_seconds: -1 }],
        ["a lifetime of half a second", { ttl_seconds: 0.5 }],
        ["a lifetime beyond safe integers", { ttl_seconds: 2 ** 53 }],
        ["a lifetime as a string", { ttl_seconds: "60" }],
        ["an invalid day", { timestamp: "2026-02-30T00:00:00Z" }],
        ["a year of five digits", { timestamp: "+12026-01-01T00:00:00Z" }],
        ["an invalid time zone offset", { timestamp: "2026-01-01T00:00:00+24:00" }],
      ])("%s", (_, more) => expectRefused(chained(first, second, hop("x", more)), ...shape));

      it("an infinite lifetime", () =>
        expectRefused(
          chained(first, second, hop("x", { ttl_seconds: Number.POSITIVE_INFINITY })),
          "snapshot_type",
          "delegation.chain",
        ));

      it.each([
        ["a time before its predecessor's", { timestamp: "1970-01-01T00:00:00Z" }],
        ["a time in the year 9999", { timestamp: "9999-12-31T23:59:59Z" }],
        ["the longest lifetime", { ttl_seconds: Number.MAX_SAFE_INTEGER }],
      ])("%s", (_, more) => {
        expect(merge(extensions, [first, second, hop("x", more)])?.chain[2]).toMatchObject(more);
      });
    });

    describe("of a valid form, with strictDelegation", () => {
      const at = (ms: number) => ({ timestamp: new Date(ms).toISOString() });
      const year = 365 * 86_400;

      it.each([
        ["over a minute before its predecessor", { timestamp: "2025-12-31T23:58:59.999Z" }],
        ["in 1970", { timestamp: "1970-01-01T00:00:00Z" }],
        ["in the year 9999", { timestamp: "9999-12-31T23:59:59Z" }],
        ["in two minutes", at(Date.now() + 120_000)],
        ["for over a year", { ttl_seconds: year + 1 }],
        ["for as long as can be", { ttl_seconds: Number.MAX_SAFE_INTEGER }],
      ])("%s", (_, more) =>
        expectRefused(
          { ...chained(first, second, hop("x", more)), options: strict },
          "delegation_time",
          "delegation.chain",
        ),
      );

      it.each([
        ["a minute before its predecessor", { timestamp: "2025-12-31T23:59:00Z" }],
        ["now, by a clock that is half a minute fast", at(Date.now() + 30_000)],
        ["for a year", { ttl_seconds: year }],
        ["for no stated time", { ttl_seconds: undefined }],
      ])("%s: accepted", (_, more) => {
        const returned = { delegation: { chain: [first, second, hop("x", more)] } };
        const merged = mergeExtensions(extensions, returned, capabilities, strict);
        expect(merged.extensions.delegation?.depth).toBe(3);
      });
    });
  },
);

attack(
  "A-118",
  "Append a seventeenth hop, or a hundred thousand",
  "refused with `snapshot_limit`, also if plugins exceed the limit only together",
  () => {
    const limit = ["snapshot_limit", "delegation.chain"] as const;
    const sixteen = createExtensions({ delegation: { chain: chainOf(16) } });

    it.each([
      ["a seventeenth", chainOf(17)],
      ["a hundred thousand", chainOf(100_000)],
      ["places with nothing in them: the length is looked at first", new Array(1e6)],
    ])("%s", (_, chain) =>
      expectRefused(
        { extensions: sixteen, returned: { delegation: { chain } }, capabilities },
        ...limit,
      ),
    );

    it("a sixteenth is accepted, a seventeenth from the helper is not", () => {
      expect(merge(extensions, [...chainOf(16)])?.depth).toBe(16);
      const view = filterExtensions(sixteen, ["append_delegation"]);
      expect(codeOf(() => appendHop(view, hop("x")))).toBe("snapshot_limit");
    });

    it("too many scopes in a hop", () => {
      const scopes_granted = Array.from({ length: 65 }, (_, i) => `s${i}`);
      return expectRefused(chained(first, second, hop("x", { scopes_granted })), ...limit);
    });

    it("fifteen, and two plugins at once that append one each", async () => {
      verifies("merge:limits");
      const fifteen = createExtensions({ delegation: { chain: chainOf(15) } });
      const result = await appending(["one", "two"], fifteen);
      expect(result.errors).toMatchObject([{ plugin: "two", code: "snapshot_limit" }]);
      expect(result.rejections).toMatchObject([{ plugin: "two", path: "delegation.chain" }]);
      expect(result.extensions.delegation?.depth).toBe(16);
      const read = createExtensions(JSON.parse(JSON.stringify(result.extensions)) as never);
      expect(read).toEqual(result.extensions);
    });
  },
);

/** Concurrent plugins that each append a hop with their name, and finish in the given order. */
function appending(
  order: readonly string[],
  given: typeof extensions,
  names: readonly string[] = order,
  more: Readonly<Record<string, Run>> = {},
): Promise<Result> {
  const appends: Run = (_payload, context, view) => ({
    modifiedExtensions: appendHop(view, hop(context.plugin.name)),
  });
  const answer = (name: string) => more[name] ?? appends;
  return finishing(order, answer, { names, given, capabilities, onError: "ignore" });
}

attack(
  "A-119",
  "Append concurrently, to win by finishing first or last, or to widen the scopes of the hop before",
  "all hops are appended in plugin order, with the same bytes whoever finishes first; with `strictDelegation`, as in the gateway, one that then widens is refused with `delegation_scope`",
  () => {
    describe("without a policy", () => {
      const names = ["aaa", "bbb", "ccc"];

      it("each of three", async () => {
        const outcomes = new Set<string>();
        for (const order of permutations(names)) {
          const result = await appending(order, extensions, names);
          outcomes.add(bytesOf(result));
          const { delegation } = result.extensions;
          expect(delegation?.chain.slice(2).map((each) => each.subject_id)).toEqual(names);
          expect(delegation).toMatchObject({ depth: 5, actor_subject_id: "ccc" });
        }
        expect(outcomes.size).toBe(1);
      });

      it("one of them truncates the chain: only that one is refused", async () => {
        const outcomes = new Set<string>();
        const cuts: Run = () => ({ modifiedExtensions: { delegation: { chain: [hop("bbb")] } } });
        for (const order of permutations(names)) {
          const result = await appending(order, extensions, names, { bbb: cuts });
          outcomes.add(bytesOf(result));
          expect(result.errors).toMatchObject([{ plugin: "bbb", code: "tier_monotonic" }]);
          const subjects = result.extensions.delegation?.chain.map((each) => each.subject_id);
          expect(subjects).toEqual(["h0", "h1", "aaa", "ccc"]);
        }
        expect(outcomes.size).toBe(1);
      });
    });

    describe("with strictDelegation", () => {
      it("each may follow what it was shown, but not each other", async () => {
        const names = ["aaa", "bbb", "ccc"];
        const scopes: Readonly<Record<string, readonly string[]>> = {
          aaa: ["read"],
          bbb: ["read", "write"],
          ccc: [],
        };
        const given = createExtensions({
          delegation: { chain: [hop("h0", { scopes_granted: ["read", "write"] })] },
        });
        const appends: Run = (_payload, { plugin: { name } }, view) => ({
          modifiedExtensions: appendHop(view, hop(name, { scopes_granted: scopes[name] })),
        });
        const outcomes = new Set<string>();
        for (const order of permutations(names)) {
          const more = { names, given, capabilities, onError: "ignore", options: strict } as const;
          const result = await finishing(order, () => appends, more);
          outcomes.add(bytesOf(result));
          expect(result.errors).toMatchObject([{ plugin: "bbb", code: "delegation_scope" }]);
          expect(result.rejections).toMatchObject([{ plugin: "bbb", path: "delegation.chain" }]);
          const subjects = result.extensions.delegation?.chain.map((each) => each.subject_id);
          expect(subjects).toEqual(["h0", "aaa", "ccc"]);
        }
        expect(outcomes.size).toBe(1);
      });
    });
  },
);

attack(
  "A-120",
  "Return an earlier hop with another type, an extra key, or `-0` for `0`",
  "another type is refused with `extensions_shape`, an extra key with `slot_unknown`; `-0` counts as `0`",
  () => {
    it.each([
      ["a number in words", { ttl_seconds: "0" }],
      ["a list for a string", { subject_id: ["h0"] }],
      ["scopes as a string", { scopes_granted: "all" }],
      ["false as 0", { from_cache: 0 }],
      ["details as an object", { authorization_details: {} }],
    ])("%s", (_, more) => expectRefused(chained({ ...first, ...more }, second), ...shape));

    it.each([["admin"], ["Subject_id"], ["subject_id "], ["toJSON"], ["constructor"]])(
      "the extra key %s",
      (key) =>
        expectRefused(
          chained({ ...first, [key]: true }, second),
          "slot_unknown",
          "delegation.chain",
        ),
    );

    it("-0 for 0", () => expectIgnored(chained({ ...first, ttl_seconds: -0 }, second), []));
  },
);

attack(
  "A-121",
  "Append a hop without `append_delegation`",
  "ignored and reported as `capability_missing`",
  () => {
    const rejections = [["delegation", "capability_missing"]] as const;

    it.each([
      ["without any capability", []],
      ["with the right to read the chain", ["read_delegation"]],
      ["with every other right to write", ["append_labels", "write_headers"]],
    ] as const)("%s", async (_, granted) => {
      await expectIgnored(
        { ...chained(first, second, hop("x")), capabilities: granted },
        rejections,
      );
      await expectIgnored({ ...chained(hop("x")), capabilities: granted }, rejections);
    });

    it("by an edit of another plugin's view, and by the helper, which throws", async () => {
      const lent = appendHop(filterExtensions(extensions, ["append_delegation"]), hop("x"));
      await expectIgnored({ extensions, returned: lent, capabilities: [] }, rejections);
      const blind = filterExtensions(extensions, ["read_delegation"]);
      expect(codeOf(() => appendHop(blind as never, hop("x")))).toBe("edit_denied");
    });
  },
);
