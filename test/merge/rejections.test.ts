/** Ignored changes are reported by known names; refusals state the most serious reason. */
import { createExtensions, mergeExtensions, TierViolationError } from "glassine";
import { defineHost, jsonValue, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf, refusalOf } from "../data/support.ts";
import { verifies } from "../support/verifies.ts";

const extensions = createExtensions({
  request: { request_id: "r" },
  security: { labels: ["PII"] },
  custom: { a: 1 },
});

/** A host with one immutable slot. */
function hostWith(value: z.ZodType) {
  const schema = z.object({ value });
  return defineHost({
    slots: { fixed: { tier: "immutable", read: "everyone", description: "Of a test.", schema } },
  });
}

describe("a change that is ignored", () => {
  it("is reported with its path, its code and a reason, in the order of the table", () => {
    const returned = {
      custom: { a: 2 },
      meta: { scope: "s" },
      request: { request_id: "x" },
      agent: { turn: 1 },
    };
    const { rejections, extensions: merged } = mergeExtensions(extensions, returned, []);
    expect(rejections).toEqual([
      { path: "request", code: "tier_immutable", reason: expect.stringMatching(/\S/) },
      { path: "agent", code: "tier_immutable", reason: expect.stringMatching(/\S/) },
      { path: "meta", code: "tier_immutable", reason: expect.stringMatching(/\S/) },
    ]);
    expect(merged.custom).toEqual({ a: 2 });
    expect(Object.isFrozen(rejections) && rejections.every(Object.isFrozen)).toBe(true);
  });

  // Found by L8: the report revealed to a plugin whether something hidden existed.
  it("is reported if it is a key of a map, even without a value", () => {
    verifies("merge:empty-unreported");
    const proposed = { http: {}, security: { data: { a: {} } } };
    const grant = ["write_headers", "read_workload"] as const;
    for (const document of [{}, { security: { this_workload: {} } }]) {
      const envelope = createExtensions(document);
      const merged = mergeExtensions(envelope, proposed, grant);
      expect(merged.rejections).toMatchObject([{ path: "security.data", code: "tier_immutable" }]);
      const strict = () => mergeExtensions(envelope, proposed, grant, { strict: true });
      expect(codeOf(strict)).toBe("tier_immutable");
    }
    const empty = { security: { data: {}, objects: {}, labels: [] } };
    expect(mergeExtensions(createExtensions({}), empty, grant).rejections).toEqual([]);
  });

  // A plugin that fills in defaults returns `roles: []` for roles that it may not see.
  it("is not reported if it is an empty part that was not shown, beside parts that were", () => {
    verifies("merge:empty-unreported");
    const subject = { id: "ada", type: "user" } as const;
    const grant = ["read_subject", "read_agent", "read_headers"] as const;
    const proposed = {
      agent: { input: "x", conversation: { history: [] } },
      http: { request_headers: {}, method: "GET" },
      security: { subject: { ...subject, roles: [], claims: {} } },
    };
    for (const hidden of [{}, { roles: ["admin"] }]) {
      const envelope = createExtensions({
        agent: { input: "x" },
        http: { method: "GET" },
        security: { subject: { ...subject, ...hidden } },
      });
      const merged = mergeExtensions(envelope, proposed, grant, { strict: true });
      expect(merged).toEqual({ extensions: envelope, rejections: [] });
      const more = { security: { subject: { ...subject, roles: [], id: "eve" } } };
      expect(mergeExtensions(envelope, more, grant).rejections).toMatchObject([
        { path: "security.subject", code: "tier_immutable" },
      ]);
    }
  });

  it("has the path of the outermost part that cannot change, or that the plugin may not write", () => {
    verifies("merge:rejection-path", "merge:empty-unreported");
    const text = z.string().default("new");
    const inner = z.object({ a: text, b: text }).optional();
    const hook = { read: "everyone", description: "Of a test." } as const;
    const write = { tier: "mutable", write: "write_it" } as const;
    const host = defineHost({
      slots: {
        fixed: { ...hook, tier: "immutable", schema: z.object({ inner }) },
        desk: { ...hook, ...write, schema: z.object({ inner }) },
        mixed: {
          ...hook,
          tier: "immutable",
          schema: z.object({ a: text, inner }),
          fields: { inner: { fields: { b: write } } },
        },
      },
    });
    const pathsFor = (proposed: object, grant: readonly "write_it"[] = []) =>
      host
        .mergeExtensions(host.createExtensions({}), proposed as never, grant)
        .rejections.map(({ path }) => path);
    const changed = { inner: { a: "x", b: "y" } };
    expect(pathsFor({ fixed: changed, desk: changed })).toEqual(["fixed", "desk"]);
    expect(pathsFor({ mixed: changed })).toEqual(["mixed.inner.a", "mixed.inner.b"]);
    expect(pathsFor({ desk: changed, mixed: changed }, ["write_it"])).toEqual(["mixed.inner.a"]);
    // A default is reported unless it is part of a level that the plugin may create.
    const lent = { inner: { a: "new" } };
    const defaults = { fixed: lent, desk: lent, mixed: { a: "new", ...lent } };
    expect(pathsFor(defaults)).toEqual(["fixed", "desk", "mixed.a", "mixed.inner.a"]);
    const written = { desk: lent, mixed: { a: "new", inner: { a: "new", b: "y" } } };
    expect(pathsFor(written, ["write_it"])).toEqual([]);
  });

  it("is not reported if it is a default that amend lent, next to a field that may be written", () => {
    verifies("merge:empty-unreported");
    const host = defineHost({
      slots: {
        review: {
          tier: "immutable",
          read: "read_review",
          description: "Of a test.",
          schema: z.object({ note: z.string().default(""), state: z.string().default("new") }),
          fields: {
            note: { tier: "mutable", read: "read_note", write: "write_note" },
            state: { tier: "mutable", read: "read_state", write: "write_state" },
          },
        },
      },
    });
    const envelope = host.createExtensions({});
    const grant = ["write_note", "read_state"] as const;
    const view = host.filterExtensions(envelope, grant);
    const noted = host.amend(view, (draft) => {
      draft.review.note = "Seen";
    });
    expect(noted.review).toEqual({ note: "Seen", state: "new" });
    for (const strict of [false, true]) {
      const merged = host.mergeExtensions(envelope, noted, grant, { view, strict });
      expect(merged.extensions.review).toEqual({ note: "Seen", state: "new" });
      expect(merged.rejections).toEqual([]);
    }
    const decided = { review: { state: "done" } };
    expect(host.mergeExtensions(envelope, decided, grant, { view }).rejections).toMatchObject([
      { path: "review.state", code: "capability_missing" },
    ]);
  });

  it("is a default only if the plugin may not write it", () => {
    verifies("merge:empty-unreported", "merge:same-object");
    const state = { tier: "mutable", read: "read_state", write: "write_state" } as const;
    const schema = z.object({
      note: z.string().default(""),
      place: z.object({ room: z.string(), floor: z.number() }).default({ room: "hall", floor: 1 }),
      state: z.string().default("new"),
    });
    const slot = { read: "everyone", description: "Of a test.", schema } as const;
    const host = defineHost({
      slots: {
        review: { ...slot, tier: "immutable", fields: { place: state, state } },
        desk: { ...slot, tier: "mutable", write: "write_desk", fields: { state } },
      },
    });
    const envelope = host.createExtensions({});
    const merged = (returned: object, ...grant: ("write_state" | "write_desk")[]) => {
      const { extensions, rejections } = host.mergeExtensions(envelope, returned, grant);
      return [JSON.parse(host.encodeExtensions(extensions)), rejections.map(({ path }) => path)];
    };
    const created = { note: "", place: { room: "hall", floor: 1 }, state: "new" };
    const asDefault = { state: "new" };
    const both = { review: asDefault, desk: asDefault };
    expect(merged(both, "write_state")).toEqual([{ review: created, desk: created }, []]);
    expect(merged(both)).toEqual([{}, ["review.state", "desk"]]);
    expect(merged(both, "write_desk")).toEqual([{ desk: created }, ["review.state"]]);
    expect(merged({ review: { note: "" } }, "write_state")).toEqual([{}, ["review.note"]]);
    const ignored = { review: { state: "new", note: "n" } };
    expect(merged(ignored, "write_state")).toEqual([{ review: created }, ["review.note"]]);
    const inside = { review: { place: { room: "yard" } } };
    const place = { room: "yard", floor: 1 };
    expect(merged(inside, "write_state")).toEqual([{ review: { ...created, place } }, []]);
  });

  it("is an empty part only if the plugin may not write it", () => {
    verifies("merge:empty-unreported", "merge:same-object");
    const host = defineHost({
      slots: {
        desk: {
          tier: "mutable",
          read: "everyone",
          write: "write_desk",
          description: "Of a test.",
          schema: z.object({
            list: z.array(z.string()).optional(),
            map: z.record(z.string(), z.string()).optional(),
            level: z.object({ a: z.string().optional() }).optional(),
            set: stringSet().optional(),
          }),
          fields: { set: { tier: "monotonic" } },
        },
      },
    });
    const proposed = { desk: { list: [], map: {}, level: {}, set: [] } };
    for (const document of [{}, { desk: {} }]) {
      const envelope = host.createExtensions(document);
      const ignored = host.mergeExtensions(envelope, proposed, []);
      expect(ignored).toEqual({ extensions: envelope, rejections: [] });
      const { extensions, rejections } = host.mergeExtensions(envelope, proposed, ["write_desk"]);
      expect(rejections).toEqual([]);
      expect(JSON.parse(JSON.stringify(extensions.desk))).toEqual({ list: [], map: {}, level: {} });
    }
  });

  it("is reported if it is a null that the schema accepts, and nothing was shown", () => {
    const host = hostWith(jsonValue());
    const envelope = host.createExtensions({});
    const merged = host.mergeExtensions(envelope, { fixed: { value: null } }, []);
    expect(merged.extensions).toBe(envelope);
    expect(merged.rejections).toMatchObject([{ path: "fixed", code: "tier_immutable" }]);
  });

  const optional = z.object({ a: z.string(), b: z.string().optional() });
  it.each([
    ["a value that only zod reads", z.union([optional.required(), z.object({ a: z.string() })])],
    ["any JSON", jsonValue()],
    ["an object or null", optional.nullable()],
    ["an object that is looked up later", z.lazy(() => optional)],
    [
      "an object of a tagged union",
      z.discriminatedUnion("a", [optional.extend({ a: z.literal("1") })]),
    ],
  ] as [string, z.ZodType][])("is reported if it leaves out a part of %s", (_, value) => {
    const host = hostWith(value);
    const envelope = host.createExtensions({ fixed: { value: { a: "1", b: "2" } } });
    const merged = host.mergeExtensions(envelope, { fixed: { value: { a: "1" } } }, []);
    expect(merged.extensions).toBe(envelope);
    expect(merged.rejections).toMatchObject([{ path: "fixed", code: "tier_immutable" }]);
  });

  it("is reported if it is an empty object where null was shown", () => {
    const host = hostWith(z.object({ a: z.string().optional() }).nullable());
    const envelope = host.createExtensions({ fixed: { value: null } });
    const merged = host.mergeExtensions(envelope, { fixed: { value: {} } }, []);
    expect(merged.extensions).toBe(envelope);
    expect(merged.rejections).toMatchObject([{ path: "fixed", code: "tier_immutable" }]);
  });

  it("has the plugin's name if the host passes it", () => {
    const { rejections } = mergeExtensions(extensions, { request: {}, meta: { scope: "s" } }, [], {
      plugin: "p",
    });
    expect(rejections).toMatchObject([{ plugin: "p", path: "meta" }]);
  });
});

describe("many ignored changes", () => {
  const wide = defineHost({
    slots: Object.fromEntries(
      Array.from({ length: 103 }, (_, at) => [
        `p${at}`,
        {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({ a: z.number() }),
        },
      ]),
    ) as never,
  });
  const none = wide.createExtensions({} as never);
  const rejectionsOf = (count: number) => {
    const given = Array.from({ length: count }, (_, at) => [`p${at}`, { a: 1 }]);
    return wide.mergeExtensions(none, Object.fromEntries(given), []).rejections;
  };

  it("are reported up to a hundred, then as a count", () => {
    const hundred = rejectionsOf(100);
    expect(hundred.map(({ path }) => path)).toEqual(
      Array.from({ length: 100 }, (_, at) => `p${at}`),
    );
    const more = rejectionsOf(103);
    expect(more).toHaveLength(101);
    expect(more.slice(0, 100)).toEqual(hundred);
    const reason = "3 more changes were rejected.";
    expect(more[100]).toEqual({ path: "(result)", code: "tier_immutable", reason });
    expect(Object.isFrozen(more) && Object.isFrozen(more[100])).toBe(true);
    expect(rejectionsOf(101)[100]?.reason).toBe("1 more change was rejected.");
  });
});

describe("with strict", () => {
  it("refuses the result, and names the tier", () => {
    const run = (returned: unknown) => () =>
      mergeExtensions(extensions, returned, [], { strict: true, plugin: "p" });
    const immutable = refusalOf(run({ request: { request_id: "x" }, custom: { a: 2 } }));
    expect(immutable).toBeInstanceOf(TierViolationError);
    expect([immutable.code, immutable.data]).toEqual([
      "tier_immutable",
      { slot: "request", tier: "immutable", plugin: "p" },
    ]);
    const denied = refusalOf(run({ security: { labels: ["PII", "EU"] } }));
    expect([denied.code, denied.data]).toEqual([
      "capability_missing",
      { slot: "security.labels", tier: "monotonic", plugin: "p" },
    ]);
  });

  it("accepts a valid change", () => {
    expect(
      mergeExtensions(extensions, { custom: {} }, [], { strict: true }).extensions.custom,
    ).toEqual({});
  });
});

describe("one refusal decides", () => {
  const all = ["append_labels", "append_delegation", "write_headers"] as const;
  const code = (returned: unknown, strict = false) =>
    codeOf(() => mergeExtensions(extensions, returned, all, { strict }));
  const unsafe = { custom: { f: () => 0 } };
  const misshapen = { agent: { turn: "1" } };
  const unlabelled = { security: { labels: [] } };
  const badHeader = { http: { headers: { a: "\n" } } };
  const forged = { request: { request_id: "x" } };

  it("unreadable values before shape, before tier, before content", () => {
    expect(code({ ...misshapen, ...unlabelled, ...badHeader, ...unsafe })).toBe("snapshot_type");
    expect(code({ ...unlabelled, ...badHeader, ...misshapen })).toBe("extensions_shape");
    expect(code({ ...badHeader, ...unlabelled })).toBe("tier_monotonic");
    expect(code({ ...badHeader, ...forged }, true)).toBe("tier_immutable");
    expect(code(badHeader)).toBe("header_invalid");
  });

  it("labels before the chain, in the order of the table", () => {
    const hop = { subject_id: "a", subject_type: "user" };
    const both = createExtensions({ security: { labels: ["PII"] }, delegation: { chain: [hop] } });
    const returned = { delegation: { chain: [] }, security: { labels: [] } };
    const error = refusalOf(() => mergeExtensions(both, returned, all));
    expect(error.data.slot).toBe("security.labels");
  });

  it("the shape of a part counts, even if its change would be ignored", () => {
    expect(codeOf(() => mergeExtensions(extensions, misshapen, []))).toBe("extensions_shape");
    expect(codeOf(() => mergeExtensions(extensions, { security: { labels: [""] } }, []))).toBe(
      "label_invalid",
    );
  });
});

describe("a slot that a plugin creates", () => {
  const description = "Of a test.";
  const schema = z.object({ list: z.array(z.number()).default([]), owner: z.string() });
  const host = defineHost({
    slots: {
      growing: {
        tier: "monotonic",
        read: "everyone",
        write: "everyone",
        grows: "list",
        description,
        schema,
      },
      free: { tier: "mutable", read: "everyone", write: "everyone", description, schema },
    },
  });

  it("is refused without a required field", () => {
    const none = host.createExtensions({});
    for (const returned of [{ growing: { list: [1] } }, { free: { list: [1] } }]) {
      expect(codeOf(() => host.mergeExtensions(none, returned, []))).toBe("extensions_shape");
    }
    const { free } = host.mergeExtensions(none, { free: { owner: "o" } }, []).extensions;
    expect(free).toEqual({ list: [], owner: "o" });
  });
});
