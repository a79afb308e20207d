import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codeOf, envelope, hop, host, refusal } from "./support.ts";

describe("limits", () => {
  const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
  const many = (count: number, of: (at: number) => unknown) =>
    Array.from({ length: count }, (_, at) => of(at));
  const record = (count: number, value: unknown) =>
    Object.fromEntries(many(count, (at) => [`k${at}`, value]) as [string, unknown][]);
  const hops = (count: number) => ({ delegation: { chain: many(count, () => hop("a")) } });
  const scopes = (count: number) => ({
    delegation: { chain: [{ ...hop("a"), scopes_granted: many(count, () => "s") }] },
  });
  const labels = (count: number) => ({ security: { labels: many(count, (at) => `l${at}`) } });

  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ["depth", { custom: nested(31) }, { custom: nested(32) }],
    ["values", { custom: { a: many(19_997, () => 0) } }, { custom: { a: many(19_998, () => 0) } }],
    ["text", { custom: { a: "x".repeat(1_048_575) } }, { custom: { a: "x".repeat(1_048_576) } }],
    ["keys", { custom: { ["k".repeat(256)]: 1 } }, { custom: { ["k".repeat(257)]: 1 } }],
    ["labels", labels(256), labels(257)],
    ["headers", { http: { headers: record(128, "v") } }, { http: { headers: record(129, "v") } }],
    [
      "header names",
      { http: { headers: { ["n".repeat(128)]: "v" } } },
      { http: { headers: { ["n".repeat(129)]: "v" } } },
    ],
    [
      "header values",
      { http: { headers: { n: "v".repeat(8_192) } } },
      { http: { headers: { n: "v".repeat(8_193) } } },
    ],
    ["hops", hops(16), hops(17)],
    ["scopes", scopes(64), scopes(65)],
  ];

  it.each(pairs)("apply to %s", (_name, fits, exceeds) => {
    verifies("envelope:limits");
    expect(() => envelope(fits)).not.toThrow();
    expect(refusal(() => envelope(exceeds)).problems).toEqual(["snapshot_limit"]);
    expect(codeOf(() => host.decodeExtensions(JSON.stringify(exceeds)))).toBe("extensions_invalid");
  });

  it("can be set", () => {
    verifies("envelope:limits-set");
    expect(() => envelope(labels(300), { limits: { labels: 300 } })).not.toThrow();
    expect(codeOf(() => envelope(labels(3), { limits: { labels: 2 } }))).toBe("extensions_invalid");
  });

  it("apply to JSON text before it is parsed", () => {
    verifies("envelope:text-limit");
    const fits = `{"custom":{}}${" ".repeat(4_194_304 - 13)}`;
    expect(host.decodeExtensions(fits).extensions.custom).toEqual({});
    // Neither is parsed: only the brace is a syntax error, but both fail because of the limit.
    for (const exceeds of [`${fits} `, `${fits}}`]) {
      const refused = refusal(() => host.decodeExtensions(exceeds));
      expect(refused).toEqual({ code: "extensions_invalid", problems: ["snapshot_limit"] });
    }
    const narrow = { limits: { textUnits: 12 } };
    expect(codeOf(() => host.decodeExtensions('{"custom":{}}', narrow))).toBe("extensions_invalid");
    expect(host.decodeExtensions({ custom: {} }, narrow).extensions.custom).toEqual({});
    const wide = { limits: { textUnits: 4_194_305 } };
    expect(codeOf(() => host.decodeExtensions(`${fits}}`, wide))).toBe("syntax_invalid");
  });

  it("apply to edits, to the sum of the steps and to the depth", () => {
    verifies("envelope:edits-limited");
    const shown = envelope({ custom: { kept: 1 } });
    const seen = host.filterExtensions(shown, []);
    const once = host.setCustom(
      seen,
      "k0",
      many(15_000, () => 0),
    );
    const twice = host.setCustom(
      once,
      "k1",
      many(15_000, () => 0),
    );
    const amended = host.amend(once, (draft) => {
      draft.custom.k1 = many(15_000, () => 0) as never;
    });
    const folded = (edited: object) => host.mergeExtensions(shown, edited, [], { view: seen });
    expect(Object.keys(folded(once).extensions.custom ?? {})).toEqual(["kept", "k0"]);
    for (const edited of [twice, amended]) {
      expect(codeOf(() => folded(edited))).toBe("snapshot_limit");
    }
    const deepest = host.setCustom(seen, "k", nested(30));
    const { extensions } = folded(deepest);
    expect(host.decodeExtensions(host.encodeExtensions(extensions)).extensions).toEqual(extensions);
    expect(codeOf(() => host.setCustom(seen, "k", nested(31)))).toBe("snapshot_limit");
  });

  it("apply to a conversation", () => {
    verifies("envelope:history-limit");
    const of = (count: number) => ({
      agent: { conversation: { history: many(count, () => ({ a: 1 })) } },
    });
    expect(envelope(of(100)).agent?.conversation?.history).toHaveLength(100);
    expect(refusal(() => envelope(of(101))).problems).toEqual(["extensions_shape"]);
  });
});
