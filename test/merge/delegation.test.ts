/** A chain only grows at its end. The attacks on it are in test/attacks. */
import {
  appendHop,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { describe, expect, it } from "vitest";

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

describe("a chain that grows", () => {
  it("keeps its hops, and its derived fields are computed", () => {
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

  it("starts if there is none, frozen even if empty", () => {
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

  it("starts from a draft's empty container without rejecting its defaults, even with strict", () => {
    const none = createExtensions({});
    const lent = { chain: [d], depth: 0, delegated: false, age_seconds: 0 };
    const merged = mergeExtensions(none, { delegation: lent }, grant, { strict: true });
    expect(merged.rejections).toEqual([]);
    expect(merged.extensions.delegation?.depth).toBe(1);
  });
});
