/** What a plugin may do to headers. Attack numbers as in the threat model. */
import { createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf, refusalOf } from "../admit/support.ts";

const extensions = createExtensions({
  http: {
    headers: { "X-A": "1", Host: "here", b: "2" },
    response_headers: { "set-cookie": "s" },
    method: "GET",
  },
});
const grant = ["write_headers"] as const;
const shown = { "X-A": "1", Host: "here", b: "2" };
const merge = (headers: unknown) => mergeExtensions(extensions, { http: { headers } }, grant);

describe("a header that is refused", () => {
  it.each([
    ["A-122: with a line break", { x: "a\r\nEvil: 1" }],
    ["A-122: with a bare line feed", { x: "a\n" }],
    ["A-122: with NUL", { x: "a\0" }],
    ["A-122: with DEL", { x: "\u007f" }],
    ["A-132: beyond Latin-1", { x: "\u0100" }],
    ["A-123: with a space in its name", { "x y": "1" }],
    ["A-123: with a colon in it", { "x:y": "1" }],
    ["A-123: without a name", { "": "1" }],
    ["A-123: with a Kelvin sign", { "\u212aey": "1" }],
    ["A-126: that is a list", { x: ["1"] }],
    ["A-126: that is a number", { x: 1 }],
    ["A-126: that is null", { x: null }],
    ["A-127: that frames", { "Content-Length": "0" }],
    ["A-127: that upgrades", { upgrade: "h2c" }],
    ["A-127: that is a pseudo header", { ":authority": "evil.test" }],
    ["A-127: that changes the host", { Host: "evil.test" }],
  ])("%s", (_, headers) => {
    const error = refusalOf(() => merge({ ...shown, ...headers }));
    expect([error.code, error.data]).toEqual(["header_invalid", { slot: "http.headers" }]);
  });

  it("A-127: that takes the host away", () => {
    expect(codeOf(() => merge({ "X-A": "1", b: "2" }))).toBe("header_invalid");
  });

  it("A-124: beside the same name in another case, shown or new", () => {
    expect(codeOf(() => merge({ ...shown, "x-a": "2" }))).toBe("header_duplicate");
    expect(codeOf(() => merge({ ...shown, c: "1", C: "2" }))).toBe("header_duplicate");
  });

  it("A-125: named __proto__", () => {
    const own = Object.fromEntries([...Object.entries(shown), ["__proto__", "1"]]);
    expect(codeOf(() => merge(own))).toBe("snapshot_key");
    expect(merge({ ...shown, constructor: "1" }).extensions.http?.headers.constructor).toBe("1");
  });
});

describe("a header that is written", () => {
  it("keeps its spelling, and everything that was not touched", () => {
    const { http } = merge({ ...shown, "X-New": "a\tb", "X-A": "caf\u00e9" }).extensions;
    expect(http?.headers).toEqual({ "X-A": "caf\u00e9", Host: "here", b: "2", "X-New": "a\tb" });
    expect(http?.response_headers).toBe(extensions.http?.response_headers);
    expect(http?.method).toBe("GET");
  });

  it("is gone when it is left out, and may come back in another case", () => {
    expect(merge({ Host: "here", b: "2" }).extensions.http?.headers).toEqual({
      Host: "here",
      b: "2",
    });
    expect(merge({ Host: "here", b: "2", "x-a": "1" }).extensions.http?.headers).toEqual({
      Host: "here",
      b: "2",
      "x-a": "1",
    });
  });

  it("leaves a malformed one of the host alone", () => {
    const odd = createExtensions({ http: { headers: { "bad name": "\n", ok: "1" } } });
    const merged = mergeExtensions(
      odd,
      { http: { headers: { "bad name": "\n", ok: "2" } } },
      grant,
    );
    expect(merged.extensions.http?.headers).toEqual({ "bad name": "\n", ok: "2" });
  });

  it("leaves two spellings that the host wrote, and takes a change of either", () => {
    const twice = createExtensions({ http: { headers: { "x-a": "1", "X-A": "2" } } });
    const merged = mergeExtensions(twice, { http: { headers: { "x-a": "1", "X-A": "3" } } }, grant);
    expect(merged.extensions.http?.headers).toEqual({ "x-a": "1", "X-A": "3" });
  });

  it("A-128: leaves what came since the view was given", () => {
    const view = filterExtensions(createExtensions({ http: { headers: { a: "1" } } }), grant);
    const now = createExtensions({ http: { headers: { a: "1", authorization: "Bearer" } } });
    const merged = mergeExtensions(now, { http: { headers: { a: "2" } } }, grant, { view });
    expect(merged.extensions.http?.headers).toEqual({ a: "2", authorization: "Bearer" });
  });
});

describe("what is not a header", () => {
  it("never changes: method, path, host and scheme", () => {
    const returned = { http: { method: "POST", path: "/x", host: "evil.test", scheme: "http" } };
    const { extensions: merged, rejections } = mergeExtensions(extensions, returned, grant);
    expect(merged).toBe(extensions);
    expect(rejections.map(({ path, code }) => [path, code])).toEqual(
      ["method", "path", "host", "scheme"].map((field) => [`http.${field}`, "tier_immutable"]),
    );
  });

  it("is not reached without the capability", () => {
    for (const capabilities of [[], ["read_headers"]] as const) {
      const { extensions: merged, rejections } = mergeExtensions(
        extensions,
        { http: { headers: {} } },
        capabilities,
      );
      expect(merged).toBe(extensions);
      if (capabilities.length > 0)
        expect(rejections).toMatchObject([{ path: "http", code: "capability_missing" }]);
    }
  });
});
