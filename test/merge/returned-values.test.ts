/** What may come back from a plugin at the top level and in slots. Attack numbers as in the threat model. */
import { amend, createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf, refusalOf } from "../admit/support.ts";

const extensions = createExtensions({
  request: { request_id: "r" },
  security: { labels: ["PII"], subject: { id: "u", type: "user", roles: ["a"] } },
  custom: { a: { deep: [1, 2] }, n: 0 },
});
const all = [
  "append_labels",
  "append_delegation",
  "write_headers",
  "read_roles",
  "read_agent",
] as const;
const merge = (returned: unknown) => mergeExtensions(extensions, returned, all);

describe("the whole value", () => {
  it.each([
    ["an array", []],
    ["a text", "x"],
    ["a number", 5],
    ["true", true],
    ["false", false],
  ])("A-043: %s is no extensions", (_, value) =>
    expect(codeOf(() => merge(value))).toBe("extensions_shape"),
  );

  it.each(["Security", "secur\u0131ty", "root", "raw_credentials", "constructor", "toString"])(
    "A-041: with the unknown slot %s is refused, and the name is not echoed",
    (name) => {
      const error = refusalOf(() => merge({ custom: { a: 1 }, [name]: {} }));
      expect([error.code, error.data]).toEqual(["slot_unknown", { slot: "(extensions)" }]);
      expect(error.message).not.toContain(name);
    },
  );

  it("A-042: with an unknown field in a closed slot is refused; elsewhere the field is dropped", () => {
    expect(codeOf(() => merge({ security: { removed_labels: ["PII"] } }))).toBe("slot_unknown");
    expect(codeOf(() => merge({ security: { subject: { admin: true } } }))).toBe("slot_unknown");
    expect(codeOf(() => merge({ delegation: { chain: [], revoked: true } }))).toBe("slot_unknown");
    expect(merge({ agent: { admin: true }, http: { body: "x" } }).extensions.agent).toBeUndefined();
    expect(codeOf(() => merge({ agent: { admin: () => 0 } }))).toBe("snapshot_type");
  });

  it("A-008: a proxy of the very view is refused, and so is the view's heir", () => {
    const view = filterExtensions(extensions, all);
    expect(codeOf(() => merge(new Proxy(view, {})))).toBe("snapshot_proxy");
    expect(codeOf(() => merge(Object.create(view)))).toBe("snapshot_prototype");
  });

  it("A-048: is read alone, also when reading something else starts in between", () => {
    const inner: unknown[] = [];
    const edited = amend(filterExtensions(extensions, all), (draft) => {
      inner.push(mergeExtensions(extensions, { custom: { inner: 1 } }, all).extensions.custom);
      draft.custom.outer = 1;
    });
    expect(merge(edited).extensions.custom).toEqual({ ...extensions.custom, outer: 1 });
    expect(inner).toEqual([{ inner: 1 }]);
  });
});

describe("nothing where something was", () => {
  it("A-030: undefined in a slot or a known field is no change", () => {
    const returned = {
      custom: undefined,
      security: { labels: undefined, subject: undefined },
      http: undefined,
    };
    expect(merge(returned)).toEqual({ extensions, rejections: [] });
  });

  it("A-031: null in a slot or an optional field is none either", () => {
    const returned = {
      custom: null,
      security: null,
      agent: { turn: null },
      http: { method: null },
    };
    const merged = merge({ ...returned, agent: null, http: null });
    expect(merged.extensions).toBe(extensions);
    expect(merge({ security: { subject: null } }).extensions).toBe(extensions);
  });

  it("A-031: null for labels, a chain, or a header map of either generation is refused", () => {
    const bad = [
      { security: { labels: null } },
      { delegation: { chain: null } },
      { http: { headers: null } },
      { http: { request_headers: null } },
      { http: { response_headers: null } },
    ];
    for (const returned of bad) expect(codeOf(() => merge(returned))).toBe("extensions_shape");
  });

  it("A-019: an object that passes for a list is no list of labels", () => {
    expect(codeOf(() => merge({ security: { labels: { 0: "a", length: 1 } } }))).toBe(
      "extensions_shape",
    );
  });
});

describe("a genuine view of another", () => {
  it("A-046, A-047: decides nothing beyond the plugin's own capabilities", () => {
    const other = createExtensions({
      request: { request_id: "old" },
      security: { labels: ["x"] },
      custom: { a: 0 },
    });
    expect(codeOf(() => merge(filterExtensions(other, all)))).toBe("tier_monotonic");
    const blind = mergeExtensions(extensions, other, []);
    expect(blind.extensions.custom).toEqual({ a: 0 });
    expect(blind.extensions.security).toBe(extensions.security);
    expect(blind.rejections.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "request tier_immutable",
      "security.labels capability_missing",
    ]);
  });
});
