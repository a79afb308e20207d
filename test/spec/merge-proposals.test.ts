import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  capabilities as all,
  codeOf,
  envelope,
  everything,
  hop,
  host,
  merge,
  plain,
  view,
} from "./support.ts";

const full = envelope(everything);

/** Returns the error code for an odd value in a place that accepts any JSON. */
const codeFor = (value: unknown) => codeOf(() => merge(full, { custom: { value } }));

describe("a proposal", () => {
  it("is a change to the view", () => {
    verifies("merge:difference", "merge:unseen-kept");
    const start = envelope({
      http: { headers: { a: "1", b: "1" } },
      custom: { x: 1 },
      security: { labels: ["one"] },
    });
    const given = view(start, "write_headers", "append_labels");
    const meanwhile = host.addLabels(
      host.setHeader(host.setCustom(start, "y", 2), "b", "2"),
      "two",
    );
    const returned = {
      http: { headers: { a: "9", b: "1" } },
      custom: {},
      security: { labels: ["one", "three"] },
    };
    const { extensions } = merge(meanwhile, returned, ["write_headers", "append_labels"], {
      view: given,
    });
    expect(plain(extensions)).toMatchObject({
      http: { headers: { a: "9", b: "2" } },
      custom: { y: 2 },
      security: { labels: ["one", "three", "two"] },
    });
  });

  it("counts where both changed the same thing, except for headers that others added", () => {
    verifies("merge:unseen-kept");
    const start = envelope({ http: { headers: { a: "1" } }, custom: { x: 1 } });
    const given = view(start, "write_headers");
    const theirs = { http: { headers: { a: "2", b: "2" } }, custom: { x: 2, y: 2 } };
    const meanwhile = merge(start, theirs, ["write_headers"]).extensions;
    const returned = { http: { headers: { a: "3", b: "3" } }, custom: { x: 3, y: 3 } };
    const options = { view: given };
    const { extensions, rejections } = merge(meanwhile, returned, ["write_headers"], options);
    expect(plain(extensions.custom)).toEqual({ x: 3, y: 3 });
    expect(plain(extensions.http?.headers)).toEqual({ a: "3", b: "2" });
    expect(rejections.map(({ path }) => path)).toEqual(["http.headers"]);
  });

  it("has the authority of the plugin, not of its shape", () => {
    verifies("merge:own-authority");
    const wide = view(full, ...all);
    const edited = host.setHeader(wide, "X-A", "forged");
    const { extensions, rejections } = merge(full, edited, []);
    expect(extensions).toBe(full);
    expect(
      rejections.every(({ code }) => code === "capability_missing" || code === "tier_immutable"),
    ).toBe(true);
    expect(rejections.map(({ path }) => path)).toContain("http");
  });

  it("may be absent", () => {
    verifies("merge:nothing-returned", "merge:same-object");
    for (const capabilities of [[], all]) {
      const shown = view(full, ...capabilities);
      for (const returned of [undefined, null, shown, { ...shown }, plain(shown), {}]) {
        const outcome = merge(full, returned, capabilities, { view: shown });
        expect(outcome.extensions).toBe(full);
        expect(outcome.rejections).toEqual([]);
      }
    }
  });

  it("does not change what it omits", () => {
    verifies("merge:left-out-untouched", "merge:null-slot");
    const returned = [
      { security: {} },
      { security: { classification: undefined } },
      { http: {} },
      { delegation: {} },
      { custom: undefined },
      { security: null, http: null, delegation: null, custom: null },
    ];
    for (const each of returned) expect(merge(full, each, all).extensions).toBe(full);
    const { extensions } = merge(full, { http: { headers: { "X-A": "1", b: "2" } } }, all);
    expect(plain(extensions)).toEqual({
      ...(plain(full) as object),
      http: { headers: { "X-A": "1", b: "2" }, method: "GET" },
    });
  });

  it("must not have null for what grows or maps", () => {
    verifies("merge:null-part");
    const nulls = [
      { security: { labels: null } },
      { delegation: { chain: null } },
      { http: { headers: null } },
      { http: { request_headers: null } },
      { http: { response_headers: null } },
    ];
    for (const each of nulls) expect(codeOf(() => merge(full, each, all))).toBe("extensions_shape");
  });
});

describe("reading a proposal", () => {
  it("runs no code of it", () => {
    verifies("merge:read-once");
    let calls = 0;
    const count = () => {
      calls += 1;
      return {};
    };
    const traps = new Proxy({}, { get: () => count });
    const values = [
      Object.defineProperty({}, "x", { get: count, enumerable: true }),
      new Proxy({}, traps as ProxyHandler<object>),
      { toJSON: count },
      // biome-ignore lint/suspicious/noThenProperty: this test needs a thenable.
      { then: count },
      { valueOf: count, toString: count },
      Object.create(new Proxy({}, traps as ProxyHandler<object>)),
    ];
    for (const value of values) {
      expect(codeFor(value)).toMatch(/^snapshot_/);
      expect(codeOf(() => merge(full, { security: { labels: [value] } }, all))).toMatch(
        /^snapshot_/,
      );
      expect(codeOf(() => merge(full, value))).toMatch(/^snapshot_|slot_unknown/);
    }
    expect(calls).toBe(0);
  });

  it("accepts plain data only", () => {
    verifies("merge:plain-data");
    class Labels extends Array {}
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const hole = [1, 2];
    delete hole[0];
    const cases: readonly (readonly [unknown, string])[] = [
      [
        {
          get a() {
            return 1;
          },
        },
        "snapshot_accessor",
      ],
      [new Proxy([], {}), "snapshot_proxy"],
      [{ [Symbol("a")]: 1 }, "snapshot_key"],
      [Object.defineProperty({}, "a", { value: 1 }), "snapshot_key"],
      [Object.assign([1], { a: 1 }), "snapshot_key"],
      [new Date(0), "snapshot_prototype"],
      [new Set(["a"]), "snapshot_prototype"],
      [new Labels(), "snapshot_prototype"],
      [Object.create({ a: 1 }), "snapshot_prototype"],
      [() => 1, "snapshot_type"],
      [1n, "snapshot_type"],
      [Number.NaN, "snapshot_type"],
      [hole, "snapshot_type"],
      [cycle, "snapshot_cycle"],
      ["\ud800", "snapshot_string"],
      ["x".repeat(2 ** 20), "snapshot_limit"],
    ];
    for (const [value, code] of cases) expect(codeFor(value)).toBe(code);
  });

  it("treats __proto__ as data", () => {
    verifies("merge:proto-key");
    for (const json of [
      '{"__proto__":{"a":1}}',
      '{"custom":{"a":{"__proto__":{}}}}',
      '{"http":{"headers":{"__proto__":"x"}}}',
    ]) {
      expect(codeOf(() => merge(full, JSON.parse(json), all))).toBe("snapshot_key");
    }
    const custom = { constructor: { prototype: { admin: 1 } }, toString: 2 };
    expect(plain(merge(full, { custom }).extensions.custom)).toEqual(custom);
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it.each([
    ['{"custom":{"__proto__":{"a":1},"b":1}}', '{"custom":{"__proto__":{"a":2},"b":2}}'],
    [
      '{"http":{"headers":{"__proto__":"1","b":"1"}}}',
      '{"http":{"headers":{"__proto__":"2","b":"1"}}}',
    ],
  ])("lets a plugin keep and change a __proto__ that it was shown: %s", (before, after) => {
    verifies("merge:proto-key");
    const start = host.decodeExtensions(before).extensions;
    for (const json of [before, after]) {
      const { extensions, rejections } = merge(start, JSON.parse(json), all);
      expect(rejections).toEqual([]);
      expect(host.encodeExtensions(extensions)).toBe(json);
    }
    expect(codeOf(() => merge(start, JSON.parse('{"custom":{"c":{"__proto__":1}}}'), all))).toBe(
      "snapshot_key",
    );
  });

  it("copies what it accepts", () => {
    verifies("merge:copied");
    const list = [1];
    const custom = { list };
    const { extensions } = merge(full, { custom });
    list.push(2);
    expect(plain(extensions.custom)).toEqual({ list: [1] });
    expect(Object.isFrozen(extensions.custom?.list)).toBe(true);
    expect(Object.isFrozen(list)).toBe(false);
  });

  it("refuses unknown names if they matter", () => {
    verifies("merge:unknown-refused");
    const unknown = [
      { Security: {} },
      { raw_credentials: {} },
      { raw_credentials: undefined },
      { security: { removed_labels: ["PII"] } },
      { security: { subject: { ...everything.security.subject, admin: true } } },
      { delegation: { broken: true } },
      { delegation: { chain: [...everything.delegation.chain, { ...hop("b"), extra: 1 }] } },
    ];
    for (const returned of unknown)
      expect(codeOf(() => merge(full, returned, all))).toBe("slot_unknown");
    const { extensions, rejections } = merge(
      full,
      { request: { added: 1 }, http: { added: 1 }, agent: { added: undefined } },
      all,
    );
    expect([extensions === full, rejections]).toEqual([true, []]);
  });

  it("checks shape even if a change would be ignored", () => {
    verifies("merge:shape-everywhere");
    expect(codeOf(() => merge(full, { request: { request_id: 1 } }))).toBe("extensions_shape");
    expect(codeOf(() => merge(full, { agent: [] }))).toBe("extensions_shape");
    expect(codeOf(() => merge(full, { security: { labels: [" x"] } }))).toBe("label_invalid");
  });

  it("measures what was returned, not what is hidden", () => {
    verifies("merge:limits");
    const headers = Object.fromEntries(
      Array.from({ length: 128 }, (_, at) => [`h${at}`, "v".repeat(8000)]),
    );
    const big = envelope({ http: { headers } });
    const note = "x".repeat(1_000_000);
    expect(merge(big, { custom: { note } }).extensions.custom?.note).toBe(note);
    expect(codeOf(() => merge(full, { http: { headers: { ...headers, more: "v" } } }, all))).toBe(
      "snapshot_limit",
    );
  });
});
