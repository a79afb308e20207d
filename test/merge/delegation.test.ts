/** A chain only grows at its end. Attack numbers as in the threat model. */
import {
  appendHop,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../admit/support.ts";

const timestamp = "2026-01-01T00:00:00Z";
const hop = (subject_id: string) => ({
  subject_id,
  subject_type: "user",
  timestamp,
  ttl_seconds: 60,
});
const [a, b, c, d] = ["a", "b", "c", "d"].map(hop) as [object, object, object, object];
const extensions = createExtensions({
  delegation: { chain: [a, b, c] as never, depth: 3, origin_subject_id: "first", age_seconds: 5 },
});
const grant = ["append_delegation"] as const;
const merge = (chain: unknown, more: object = {}) =>
  mergeExtensions(extensions, { delegation: { chain, ...more } }, grant);

describe("a chain that does not begin as it did refuses the result", () => {
  it.each([
    ["A-111: the first hop is gone", [b, c]],
    ["A-111: the last one is", [a, b]],
    ["A-111: one in the middle is", [a, c, d]],
    ["A-111: all are", []],
    ["A-112: a hop is edited", [a, { ...b, subject_id: "x" }, c, d]],
    ["A-112: its time is", [a, b, { ...c, timestamp: "2026-01-01T00:00:01Z" }]],
    ["A-112: its scopes are", [a, b, { ...c, scopes_granted: ["all"] }]],
    ["A-112: hops have changed places", [b, a, c]],
    ["A-113: a hop is put before the end", [a, b, d, c]],
    ["a hop lacks what it had", [a, b, { subject_id: "c", subject_type: "user", timestamp }]],
  ])("%s", (_, chain) => {
    const error = refusalOf(() => merge(chain));
    expect([error.name, error.code, error.data]).toEqual([
      "TierViolationError",
      "tier_monotonic",
      { slot: "delegation", tier: "monotonic" },
    ]);
  });

  it.each([
    ["A-120: a hop has a field more", [a, b, { ...c, admin: true }], "slot_unknown"],
    ["A-120: a field has another type", [a, b, { ...c, ttl_seconds: "60" }], "extensions_shape"],
    ["A-031: the chain is null", null, "extensions_shape"],
    ["A-118: there is a seventeenth hop", [a, b, c, ...Array(14).fill(d)], "snapshot_limit"],
    ["A-117: a lifetime is negative", [a, b, c, { ...d, ttl_seconds: -1 }], "extensions_shape"],
  ])("%s", (_, chain, code) => {
    expect(refusalOf(() => merge(chain)).code).toBe(code);
  });
});

describe("a chain that grows", () => {
  it("keeps its hops, and what follows from it is derived", () => {
    const { extensions: merged, rejections } = merge([a, b, c, d], { age_seconds: 5 });
    expect(merged.delegation?.chain.slice(0, 3)).toEqual(extensions.delegation?.chain);
    expect(merged.delegation?.chain[0]).toBe(extensions.delegation?.chain[0]);
    expect(merged.delegation).toMatchObject({
      depth: 4,
      delegated: true,
      origin_subject_id: "first",
      actor_subject_id: "d",
    });
    expect(rejections).toEqual([]);
  });

  it("A-112: may come back with an equal instant in another form, and with -0 for 0", () => {
    const zero = createExtensions({ delegation: { chain: [{ ...a, ttl_seconds: 0 }] as never } });
    const again = { ...a, ttl_seconds: -0, timestamp: "2026-01-01T01:00:00+01:00" };
    expect(mergeExtensions(zero, { delegation: { chain: [again] } }, grant).extensions).toBe(zero);
  });

  it("A-115: takes no word of the plugin for depth, origin, actor or age", () => {
    const forged = {
      depth: 99,
      origin_subject_id: "me",
      actor_subject_id: "me",
      delegated: false,
      age_seconds: 0,
    };
    const { extensions: merged, rejections } = merge([a, b, c, d], forged);
    expect(merged.delegation).toMatchObject({
      depth: 4,
      origin_subject_id: "first",
      actor_subject_id: "d",
      age_seconds: 5,
    });
    expect(rejections.map(({ path }) => path)).toEqual(
      ["depth", "origin_subject_id", "actor_subject_id", "age_seconds"].map(
        (field) => `delegation.${field}`,
      ),
    );
    expect(merge([a, b, c], forged).extensions).toBe(extensions);
  });

  it("joins what was appended since the view was given, in the order of the merges", () => {
    const view = filterExtensions(extensions, grant);
    const one = mergeExtensions(extensions, appendHop(view, hop("one")), grant, {
      view,
    }).extensions;
    const two = mergeExtensions(one, appendHop(view, hop("two")), grant, { view }).extensions;
    expect(two.delegation?.chain.map(({ subject_id }) => subject_id)).toEqual([
      "a",
      "b",
      "c",
      "one",
      "two",
    ]);
    expect(two.delegation).toMatchObject({ depth: 5, actor_subject_id: "two" });
  });

  it("starts where there is none, frozen even when it is empty", () => {
    const none = createExtensions({});
    const started = mergeExtensions(
      none,
      { delegation: { chain: [d], age_seconds: 9 } },
      grant,
    ).extensions;
    expect(started.delegation).toMatchObject({ depth: 1, origin_subject_id: "d", age_seconds: 9 });
    const empty = mergeExtensions(none, { delegation: {} }, grant).extensions as Extensions;
    expect(Object.isFrozen(empty.delegation?.chain)).toBe(true);
  });

  it("starts from a lent container without a word about its defaults, also with strict", () => {
    const none = createExtensions({});
    const lent = { chain: [d], depth: 0, delegated: false, age_seconds: 0 };
    const merged = mergeExtensions(none, { delegation: lent }, grant, { strict: true });
    expect(merged.rejections).toEqual([]);
    expect(merged.extensions.delegation?.depth).toBe(1);
  });

  it("A-121: does not without the capability", () => {
    const returned = { delegation: { chain: [a, b, c, d] } };
    for (const capabilities of [[], ["read_delegation"]] as const) {
      const { extensions: merged, rejections } = mergeExtensions(
        extensions,
        returned,
        capabilities,
      );
      expect(merged).toBe(extensions);
      expect(rejections).toMatchObject([{ path: "delegation", code: "capability_missing" }]);
    }
  });
});
