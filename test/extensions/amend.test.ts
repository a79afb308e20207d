import { amend, createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

const extensions = createExtensions({
  request: { request_id: "r" },
  http: { headers: { a: "1" }, method: "GET" },
  security: { labels: ["PII"], subject: { id: "u", type: "user" } },
  custom: { list: [1, { deep: true }] },
});
const all = ["append_labels", "append_delegation", "write_headers", "read_subject"] as const;
const view = filterExtensions(extensions, all);
const applied = (edited: object) => mergeExtensions(extensions, edited, all, { view });

describe("a recipe over a view", () => {
  it("may use one draft in many places, changed or not", () => {
    const start = createExtensions({ custom: { i: { v: 1 } } });
    const many = (change: (inner: { v: number }) => void) =>
      amend(start, (draft) => {
        const custom = draft.custom as Record<string, unknown>;
        const inner = custom.i as { v: number };
        change(inner);
        custom.rows = Array.from({ length: 9 }, () => ({ inner }));
      }).custom?.rows;
    expect(many(() => {})).toEqual(Array(9).fill({ inner: { v: 1 } }));
    expect(many((inner) => (inner.v = 2))).toEqual(Array(9).fill({ inner: { v: 2 } }));
  });

  it("changes what the capabilities let it change, and shares the rest", () => {
    const edited = amend(view, (draft) => {
      draft.security.labels.push("EU");
      draft.http.headers.b = "2";
      draft.custom.mine = { at: [1] };
      draft.delegation.chain.push({ subject_id: "s", subject_type: "agent" });
    });
    const merged = applied(edited);
    expect(merged.rejections).toEqual([]);
    expect(merged.extensions).toMatchObject({
      security: { labels: ["EU", "PII"], subject: { id: "u" } },
      http: { headers: { a: "1", b: "2" }, method: "GET" },
      custom: { list: [1, { deep: true }], mine: { at: [1] } },
      delegation: { chain: [{ subject_id: "s" }], depth: 1 },
    });
    expect(merged.extensions.request).toBe(extensions.request);
    expect(merged.extensions.security?.subject).toBe(extensions.security?.subject);
    expect(view.security.labels).toEqual(["PII"]);
  });

  it("has a container for each slot it may write, and drops unused ones", () => {
    const bare = createExtensions({});
    const seen = filterExtensions(bare, all);
    const touched: string[] = [];
    const edited = amend(seen, (draft) => {
      touched.push(typeof draft.http.headers, typeof draft.custom, typeof draft.delegation.chain);
      draft.security.labels.push("EU");
    });
    expect(touched).toEqual(["object", "object", "object"]);
    const merged = mergeExtensions(bare, edited, all, { view: seen }).extensions;
    expect(JSON.parse(JSON.stringify(merged))).toEqual({
      security: { labels: ["EU"], objects: {}, data: {} },
    });
  });

  it("returns the same view if it changed nothing, or undid its changes", () => {
    expect(amend(view, () => {})).toBe(view);
    expect(
      amend(view, (draft) => {
        draft.custom.x = 1;
        delete draft.custom.x;
      }),
    ).toBe(view);
    expect(amend(view, (draft) => draft.security.labels.push("PII"))).toBe(view);
  });

  it("ignores the value of an arrow function", () => {
    expect(amend(view, (draft) => draft.security.labels.push("EU")).security.labels).toEqual([
      "EU",
      "PII",
    ]);
  });

  it("is read when it ends: references it keeps can change nothing later", () => {
    const mine = { n: 1 };
    const edited = amend(view, (draft) => {
      draft.custom.mine = mine;
    });
    Reflect.set(mine, "n", 2);
    expect(edited.custom?.mine).toEqual({ n: 1 });
  });
});

describe("a recipe over something else", () => {
  it("changes the host's own envelope, where labels may only grow as well", () => {
    const next = amend(extensions, (draft) => {
      Object.assign(draft, { request: { request_id: "r2" } });
    });
    expect(next.request?.request_id).toBe("r2");
    expect(next.security).toBe(extensions.security);
    expect(codeOf(() => amend(extensions, (draft) => draft.security?.labels.pop()))).toBe(
      "tier_monotonic",
    );
  });

  it("changes a frozen payload", () => {
    const args: { a: number } = Object.freeze({ a: 1 });
    const payload = Object.freeze({ name: "t", args });
    const next = amend(payload, (draft) => {
      draft.args.a = 2;
    });
    expect([payload.args.a, next.args.a]).toEqual([1, 2]);
  });

  it("is refused with a code for values that cannot be drafted", () => {
    for (const value of [new Date(), new (class A {})(), () => 0, 5, null]) {
      expect(codeOf(() => amend(value as never, () => {}))).toBe("edit_denied");
    }
  });
});
