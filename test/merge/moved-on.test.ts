/** Merges into an envelope that changed after the view was created: unseen changes are kept. */
import {
  addLabels,
  amend,
  appendHop,
  createExtensions,
  decodeExtensions,
  type Extensions,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  setCustom,
} from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { refusalOf } from "../data/support.ts";

const all = ["append_labels", "append_delegation", "write_headers"] as const;
const moved = (before: Extensions, now: Extensions, returned: unknown) =>
  mergeExtensions(now, returned, all, { view: filterExtensions(before, all) });

describe("what exceeds a limit only after the merge", () => {
  const labels = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => `l${String(from + at).padStart(4, "0")}`);
  const labelled = (list: readonly string[]) => createExtensions({ security: { labels: list } });
  const none = createExtensions({});

  it("is refused: labels", () => {
    const error = refusalOf(() =>
      moved(none, labelled(labels(0, 200)), { security: { labels: labels(200, 57) } }),
    );
    expect([error.code, error.data.slot]).toEqual(["snapshot_limit", "security.labels"]);
    expect(error.message).toBe(
      "The proposal was refused at security.labels: Expected at most 256 elements in the merged value, got more. No part of it was applied.",
    );
    const full = moved(none, labelled(labels(0, 200)), { security: { labels: labels(200, 56) } });
    expect(full.extensions.security?.labels).toHaveLength(256);
  });

  it("is refused: hops", () => {
    const chain = (count: number) =>
      createExtensions({
        delegation: {
          chain: Array.from({ length: count }, (_, at) => ({
            subject_id: `s${at}`,
            subject_type: "user",
          })),
        },
      });
    const hop = { subject_id: "new", subject_type: "user" };
    const view = filterExtensions(none, all);
    const run = (count: number) =>
      mergeExtensions(chain(count), appendHop(view, hop), all, { view });
    expect(run(15).extensions.delegation?.chain).toHaveLength(16);
    expect(refusalOf(() => run(16)).data.slot).toBe("delegation.chain");
  });

  it("is refused: values and text of hops", () => {
    const detail = (size: number) => ({ type: "t", list: Array.from({ length: size }, () => 1) });
    const long = (size: number, subject_id = "s") => ({
      subject_id,
      subject_type: "user",
      timestamp: "2026-01-01T00:00:00Z",
      authorization_details: [detail(size)],
    });
    const now = createExtensions({ delegation: { chain: [long(12_000)] } });
    const run = (size: number) =>
      moved(none, now, { delegation: { chain: [long(size, "new")] } }).extensions;
    expect(decodeExtensions(encodeExtensions(run(7_900))).extensions).toEqual(run(7_900));
    expect(refusalOf(() => run(8_000))).toMatchObject({
      code: "snapshot_limit",
      data: { slot: "delegation" },
    });
  });

  it("is accepted: a transform does not read again the elements it made", () => {
    const schema = z.object({
      items: z
        .array(z.object({ n: z.string().transform((text) => text.length) }))
        .max(3)
        .default([]),
    });
    const host = defineHost({
      slots: {
        trail: {
          tier: "monotonic",
          read: "everyone",
          write: "everyone",
          grows: "items",
          description: "Of a test.",
          schema,
        },
      },
    });
    const empty = host.createExtensions({});
    const view = host.filterExtensions(empty, []);
    const append = (current: typeof empty, ...words: string[]) =>
      host.mergeExtensions(current, { trail: { items: words.map((n) => ({ n })) } }, [], { view })
        .extensions;
    const both = append(append(empty, "one"), "three");
    expect(both.trail?.items).toEqual([{ n: 3 }, { n: 5 }]);
    expect(append(both, "seventh").trail?.items).toHaveLength(3);
    const error = refusalOf(() => append(both, "a", "b"));
    expect([error.code, error.data.slot]).toEqual(["extensions_shape", "trail.items"]);
  });
});

it("a list that two plugins grew is checked as a whole by its schema", () => {
  const items = z.array(z.string()).refine((list) => list.join("") !== "ab");
  const schema = z.object({ items: items.default([]) });
  const host = defineHost({
    slots: {
      trail: {
        tier: "monotonic",
        read: "everyone",
        write: "everyone",
        grows: "items",
        description: "Of a test.",
        schema,
      },
    },
  });
  const none = host.createExtensions({});
  const view = host.filterExtensions(none, []);
  const appended = (to: string, item: string) => {
    const now = host.createExtensions({ trail: { items: [to] } });
    return host.mergeExtensions(now, { trail: { items: [item] } }, [], { view }).extensions;
  };
  expect(appended("a", "c").trail?.items).toEqual(["a", "c"]);
  const error = refusalOf(() => appended("a", "b"));
  expect([error.code, error.data.slot]).toEqual(["extensions_shape", "trail.items"]);
});

describe("a header that was not seen", () => {
  const seen = createExtensions({ http: { headers: { a: "1" } } });
  const now = createExtensions({ http: { headers: { a: "1", "X-B": "theirs" } } });

  it("is not overwritten, whatever its case, and a rejection says so", () => {
    for (const name of ["X-B", "x-b"]) {
      const { extensions, rejections } = moved(seen, now, {
        http: { headers: { a: "2", [name]: "mine", c: "3" } },
      });
      expect(extensions.http?.headers).toEqual({ a: "2", "X-B": "theirs", c: "3" });
      expect(rejections).toEqual([
        {
          path: "http.headers",
          code: "capability_missing",
          reason: "A header that the plugin was not shown has that name.",
        },
      ]);
    }
  });

  it("is not in conflict with a plugin that adds another", () => {
    const { extensions, rejections } = moved(seen, now, { http: { headers: { a: "1", c: "3" } } });
    expect(extensions.http?.headers).toEqual({ a: "1", "X-B": "theirs", c: "3" });
    expect(rejections).toEqual([]);
  });

  it("is kept if the plugin had seen no headers at all", () => {
    const { extensions, rejections } = moved(createExtensions({}), now, {
      http: { headers: { "X-B": "mine", c: "3" } },
    });
    expect(extensions.http?.headers).toEqual({ a: "1", "X-B": "theirs", c: "3" });
    expect(rejections).toHaveLength(1);
  });

  it("does not block changes of headers that were seen, in any case", () => {
    expect(moved(seen, now, { http: { headers: { A: "1" } } }).extensions.http?.headers).toEqual({
      A: "1",
      "X-B": "theirs",
    });
  });

  it("does not matter if the map itself was removed", () => {
    const both = createExtensions({ http: { headers: {}, request_headers: { a: "1" } } });
    const { extensions } = moved(both, createExtensions({ http: { headers: {} } }), {
      http: { request_headers: { a: "2", b: "3" } },
    });
    expect(extensions.http?.request_headers).toEqual({ a: "2", b: "3" });
  });

  it("does not matter once it was removed", () => {
    const { extensions, rejections } = moved(now, createExtensions({}), {
      http: { headers: { a: "1", "X-B": "mine" } },
    });
    expect(extensions.http?.headers).toEqual({ "X-B": "mine" });
    expect(rejections).toEqual([]);
  });
});

describe("a map", () => {
  const custom = (more: object) => createExtensions({ custom: more } as never);

  it("does not restore a key removed meanwhile, but accepts a change of it", () => {
    const before = custom({ a: 1, b: 1, c: 1 });
    const merged = moved(before, custom({ b: 1 }), { custom: { a: 2, b: 1, c: 1 } });
    expect(merged.extensions.custom).toEqual({ a: 2, b: 1 });
  });

  it("removed meanwhile is created again if proposed, without what was shown", () => {
    const before = custom({ a: 1, b: 1 });
    const empty = moved(before, createExtensions({}), { custom: {} });
    expect(empty.extensions.custom).toEqual({});
    const kept = moved(before, createExtensions({}), { custom: { a: 1 } });
    expect(kept.extensions.custom).toEqual({});
  });

  it("stays as it is if it is omitted, or null", () => {
    const before = custom({ a: 1 });
    expect(mergeExtensions(before, { custom: null }, []).extensions).toBe(before);
    const view = filterExtensions(before, []);
    const without = amend(view, (draft) => {
      delete (draft as { custom?: object }).custom;
    });
    expect(mergeExtensions(before, without, [], { view }).extensions).toBe(before);
  });
});

describe("the result of a merge", () => {
  it("into a view shows no more than the view did, and is not an edit of it", () => {
    const extensions = createExtensions({ security: { labels: ["PII"] }, agent: { turn: 1 } });
    const view = filterExtensions(extensions, ["read_agent"]) as Extensions;
    const edited = setCustom(view, "a", 1) as Extensions;
    for (const current of [view, edited]) {
      const { extensions: merged } = mergeExtensions(current, { custom: { b: 1 } }, []);
      const wide = filterExtensions(merged, ["read_agent", "append_labels"]);
      expect(wide).toStrictEqual(filterExtensions(merged, ["read_agent"]));
      expect(merged.agent).toEqual({ turn: 1 });
    }
  });

  it("of an envelope is an envelope, which any grant can filter", () => {
    const extensions = createExtensions({ security: { labels: ["PII"] } });
    const { extensions: merged } = mergeExtensions(extensions, { custom: { b: 1 } }, []);
    expect(filterExtensions(merged, ["append_labels"]).security?.labels).toEqual(["PII"]);
    const more = mergeExtensions(merged, { security: { labels: ["EU", "PII"] } }, all);
    expect(more.extensions.security?.labels).toEqual(["EU", "PII"]);
  });

  it("has the limits of the merge, whoever made the proposal", () => {
    const current = createExtensions({});
    const view = filterExtensions(current, all);
    const limits = { labels: 1 };
    const edited = addLabels(addLabels(view, "a"), "b");
    expect(mergeExtensions(current, edited, all, { view }).extensions.security?.labels).toEqual([
      "a",
      "b",
    ]);
    expect(refusalOf(() => mergeExtensions(current, edited, all, { view, limits })).code).toBe(
      "snapshot_limit",
    );
  });
});

it("the first refusal decides: shape before tier before content", () => {
  const description = "Of a test.";
  const host = defineHost({
    slots: {
      form: {
        tier: "mutable",
        read: "everyone",
        write: "everyone",
        description,
        schema: z.object({ owner: z.string(), note: z.string().optional() }),
      },
    },
  });
  const current = host.createExtensions({ security: { labels: ["PII"] } });
  const bad = { http: { headers: { a: "\n" } }, security: { labels: [] } };
  const code = (returned: object) =>
    refusalOf(() => host.mergeExtensions(current, returned, all)).code;
  expect(code(bad)).toBe("tier_monotonic");
  const touched = { ...bad, request: { request_id: "r" } };
  const strict = () => host.mergeExtensions(current, touched, all, { strict: true });
  expect(refusalOf(strict).code).toBe("tier_immutable");
  expect(code({ ...bad, form: { note: "n" } })).toBe("extensions_shape");
});
