import {
  createExtensions,
  decodeExtensions,
  type Extensions,
  filterExtensions,
  getHeader,
  mergeExtensions,
  removeHeader,
  setHeader,
} from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { defaultLimits } from "../support/limits.ts";

type Header = readonly [name: string, value: string];
const writer = ["write_headers"] as const;
const viewOf = (http: object) => filterExtensions(createExtensions({ http } as never), writer);
const older = viewOf({ headers: { "X-Trace": "1", Accept: "a" } });
const newer = viewOf({
  request_headers: { "X-Trace": "1" },
  response_headers: { "X-Trace": "r" },
  method: "GET",
});

describe("getHeader", () => {
  it("looks in both generations, in any case, and never in the answer's headers", () => {
    expect(getHeader(older, "x-trace")).toBe("1");
    expect(getHeader(newer, "X-TRACE")).toBe("1");
    expect(getHeader(viewOf({ response_headers: { a: "r" } }), "a")).toBeUndefined();
    expect(getHeader(viewOf({}), "a")).toBeUndefined();
    expect(getHeader(createExtensions({}), "a")).toBeUndefined();
  });

  it("returns the first as written if a document has a name twice", () => {
    expect(getHeader(viewOf({ headers: { "x-a": "1", "X-A": "2" } }), "X-a")).toBe("1");
  });

  it.each([undefined, null, 5, ["x-trace"], Symbol("x-trace")])("refuses the name %o", (name) => {
    expect(codeOf(() => getHeader(older, name as never))).toBe("header_invalid");
    expect(() => getHeader(older, name as never)).toThrow(
      /^getHeader expects a name that is a str/,
    );
  });

  it("finds no header under an inherited name", () => {
    for (const name of ["constructor", "__proto__", "toString"])
      expect(getHeader(older, name)).toBeUndefined();
  });

  it("compares by ASCII rules", () => {
    expect(getHeader(viewOf({ headers: { k: "1" } }), "\u212a")).toBeUndefined();
  });
});

describe("setHeader", () => {
  it("keeps the existing spelling, and writes the map that the document uses", () => {
    expect(setHeader(older, "x-trace", "2").http?.headers).toEqual({ "X-Trace": "2", Accept: "a" });
    expect(setHeader(newer, "X-New", "2").http?.request_headers).toEqual({
      "X-Trace": "1",
      "X-New": "2",
    });
    expect(setHeader(newer, "x-trace", "2").http?.response_headers).toBe(
      newer.http?.response_headers,
    );
    expect(setHeader(viewOf({}), "a", "1").http?.headers).toEqual({ a: "1" });
  });

  it("removes other values of the header, in either map and in any spelling", () => {
    const both = viewOf({
      headers: { "X-A": "1", b: "3", "x-a": "2" },
      request_headers: { c: "5", "X-a": "4" },
    });
    const { http } = setHeader(both, "x-a", "new");
    expect(http?.headers).toEqual({ "X-A": "new", b: "3" });
    expect(http?.request_headers).toEqual({ c: "5", "X-a": "new" });
    expect(Object.keys(http?.headers ?? {})).toEqual(["X-A", "b"]);
    const older = viewOf({ headers: { a: "1" }, request_headers: { b: "2" } });
    const second = setHeader(older, "B", "3").http;
    expect([second?.headers, second?.request_headers]).toEqual([{ a: "1" }, { b: "3" }]);
  });

  it.each([0, 1, 15, 16, 17, 18, 100])("works beside %i other headers", (count) => {
    const others = Array.from({ length: count }, (_, i): Header => [`x-${i}`, `${i}`]);
    const entriesOf = (headers: readonly Header[], value?: string) => {
      const view = viewOf({ headers: Object.fromEntries(headers) });
      const { http } = value === undefined ? removeHeader(view, "a") : setHeader(view, "a", value);
      return Object.entries(http?.headers ?? {});
    };
    const half = Math.floor(count / 2);
    const around = (...own: readonly Header[]) => others.toSpliced(half, 0, ...own);
    expect(entriesOf(others, "new")).toEqual([...others, ["a", "new"]]);
    expect(entriesOf(around(["A", "old"]), "new")).toEqual(around(["A", "new"]));
    expect(entriesOf([...around(["A", "old"]), ["a", "1"]], "new")).toEqual(around(["A", "new"]));
    expect(entriesOf(around(["A", "old"]))).toEqual(others);
  });

  it("returns the same view for the same value", () => {
    expect(setHeader(older, "X-TRACE", "1")).toBe(older);
    const both = viewOf({ headers: { "X-A": "1" }, request_headers: { "x-a": "1" } });
    expect(setHeader(both, "X-a", "1")).toBe(both);
  });

  it("creates the slot if there is none", () => {
    const seen = filterExtensions(createExtensions({}), writer);
    const merged = mergeExtensions(createExtensions({}), setHeader(seen, "a", "1"), writer, {
      view: seen,
    });
    expect(merged.extensions.http?.headers).toEqual({ a: "1" });
  });

  it("accepts a tab, Latin-1, and an empty value", () => {
    for (const value of ["a\tb", "caf\u00e9", ""])
      expect(getHeader(setHeader(older, "x", value), "x")).toBe(value);
  });

  it.each([
    ["a line break", "x", "a\r\nb: c"],
    ["a bare line feed", "x", "a\nb"],
    ["folding", "x", "a\r\n b"],
    ["NUL", "x", "a\0"],
    ["DEL", "x", "a\u007f"],
    ["a control character", "x", "a\u0001"],
    ["text beyond Latin-1", "x", "\u0100"],
    ["a space in the name", "x y", "1"],
    ["a colon in the name", "x:", "1"],
    ["an empty name", "", "1"],
    ["a Kelvin sign in the name", "\u212aey", "1"],
    ["a pseudo header", ":authority", "1"],
    ["the length", "Content-Length", "1"],
    ["the framing", "transfer-encoding", "chunked"],
    ["the connection", "CONNECTION", "close"],
    ["the host", "Host", "evil.test"],
    ["an upgrade", "Upgrade", "h2c"],
  ])("refuses %s", (_, name, value) => {
    expect(codeOf(() => setHeader(older, name, value))).toBe("header_invalid");
  });

  it("adds no header named `__proto__`, and keeps one that a document has", () => {
    const { extensions } = decodeExtensions('{"http":{"headers":{"__proto__":"1","a":"2"}}}');
    const entries = (edited: Extensions) => Object.entries(edited.http?.headers ?? {});
    expect(entries(setHeader(extensions, "a", "3"))).toEqual([
      ["__proto__", "1"],
      ["a", "3"],
    ]);
    expect(entries(setHeader(extensions, "__Proto__", "3"))).toEqual([
      ["__proto__", "3"],
      ["a", "2"],
    ]);
    expect(entries(removeHeader(extensions, "a"))).toEqual([["__proto__", "1"]]);
    const without = removeHeader(extensions, "__proto__");
    expect(entries(without)).toEqual([["a", "2"]]);
    expect(codeOf(() => setHeader(without, "__proto__", "1"))).toBe("snapshot_key");
  });

  it("refuses what is not a string, and more headers than allowed", () => {
    expect(codeOf(() => setHeader(older, "x", 5 as never))).toBe("header_invalid");
    expect(codeOf(() => setHeader(older, null as never, "1"))).toBe("header_invalid");
    expect(codeOf(() => setHeader(older, "__proto__", "1"))).toBe("snapshot_key");
    const full = viewOf({
      headers: Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`x-${i}`, ""])),
    });
    expect(codeOf(() => setHeader(full, "y", "1"))).toBe("snapshot_limit");
  });

  it.each([undefined, null, 5, ["2"]])("refuses the value %o, and removes nothing", (value) => {
    const got = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    expect(() => setHeader(older, "x-trace", value as never)).toThrow(
      expect.objectContaining({
        code: "header_invalid",
        message: `setHeader expects strings, got string and ${got}; to remove one, use removeHeader.`,
      }),
    );
  });

  it("refuses without the capability, and names it", () => {
    const reader = filterExtensions(createExtensions({ http: { headers: { a: "1" } } }), [
      "read_headers",
    ]);
    const refusal = (call: string) => `${call} needs the capability "write_headers".`;
    for (const value of ["2", undefined])
      expect(() => setHeader(reader as never, "a", value as never)).toThrow(refusal("setHeader"));
    expect(() => removeHeader(reader as never, "a")).toThrow(refusal("removeHeader"));
  });
});

describe("removeHeader", () => {
  it("removes a header in any case, in every spelling, from both maps", () => {
    expect(removeHeader(older, "x-TRACE").http?.headers).toEqual({ Accept: "a" });
    const twice = viewOf({
      headers: { "x-a": "1", "X-A": "2", b: "3" },
      request_headers: { "X-a": "4", c: "5" },
    });
    const { http } = removeHeader(twice, "X-A");
    expect([http?.headers, http?.request_headers]).toEqual([{ b: "3" }, { c: "5" }]);
    expect(getHeader(removeHeader(twice, "x-a"), "X-A")).toBeUndefined();
  });

  it("returns the same view if there is no such header", () => {
    expect(removeHeader(older, "nothing")).toBe(older);
  });

  it("refuses a name that is not a string", () => {
    expect(() => removeHeader(older, undefined as never)).toThrow(
      expect.objectContaining({
        code: "header_invalid",
        message: "removeHeader expects strings, got undefined.",
      }),
    );
  });

  it("refuses to remove what frames the message", () => {
    expect(codeOf(() => removeHeader(viewOf({ headers: { Host: "a" } }), "host"))).toBe(
      "header_invalid",
    );
  });
});

describe("a header on an envelope with wider limits", () => {
  const limits = {
    headers: 1_000,
    headerNameUnits: 1_000,
    headerValueUnits: 100_000,
    units: 3_000_000,
  };
  const wide = (headers: Readonly<Record<string, string>>) =>
    filterExtensions(createExtensions({ http: { headers } }, { limits }), writer);
  const { headers, headerNameUnits, headerValueUnits, units } = defaultLimits;
  const many = (count: number, value = "") =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, value]));

  it.each([
    [
      "a longer name",
      { ["n".repeat(headerNameUnits + 1)]: "" },
      { ["n".repeat(headerNameUnits)]: "" },
    ],
    [
      "a longer value",
      { n: "v".repeat(headerValueUnits + 1) },
      { n: "v".repeat(headerValueUnits) },
    ],
    ["as many as there may be", many(headers), many(headers - 1)],
    [
      "more text in all",
      many(headers - 1, "v".repeat(units / (headers - 2))),
      many(headers - 1, "v".repeat(units / headers - 6)),
    ],
  ])("is refused with %s, like any edit", (_, over, within) => {
    expect(codeOf(() => setHeader(wide(over), "x-new", "1"))).toBe("snapshot_limit");
    expect(setHeader(wide(within), "x-new", "1").http?.headers).toEqual({
      ...within,
      "x-new": "1",
    });
  });

  it("has limits for its name and its value", () => {
    const name = "n".repeat(headerNameUnits);
    const value = "v".repeat(headerValueUnits);
    expect(getHeader(setHeader(older, name, value), name)).toBe(value);
    for (const [longName, longValue] of [
      [`${name}n`, ""],
      ["n", `${value}v`],
    ] as const) {
      expect(codeOf(() => setHeader(older, longName, longValue))).toBe("snapshot_limit");
    }
  });

  it("set by the host follows the host's rules: any valid text", () => {
    const own = createExtensions({ http: { headers: { a: "1" } } });
    expect(setHeader(own, "not a token", "é€").http?.headers["not a token"]).toBe("é€");
    expect(codeOf(() => setHeader(own, "a", "\ud800"))).toBe("snapshot_string");
  });
});
