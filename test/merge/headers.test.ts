/** Changes to headers that a plugin may make. For forbidden ones, see test/attacks. */
import { createExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

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

describe("a header that is written", () => {
  it("keeps its spelling, and everything that was not touched", () => {
    const { http } = merge({ ...shown, "X-New": "a\tb", "X-A": "caf\u00e9" }).extensions;
    expect(http?.headers).toEqual({ "X-A": "caf\u00e9", Host: "here", b: "2", "X-New": "a\tb" });
    expect(http?.response_headers).toBe(extensions.http?.response_headers);
    expect(http?.method).toBe("GET");
  });

  it("is removed if omitted, and may be added again in another case", () => {
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

  it("may have the name undefined", () => {
    expect(merge({ ...shown, undefined: "1" }).extensions.http?.headers).toEqual({
      ...shown,
      undefined: "1",
    });
    const odd = createExtensions({ http: { headers: { undefined: "1" } } });
    const more = { undefined: "1", "x-a": "2", "x-b": "3" };
    const merged = mergeExtensions(odd, { http: { headers: more } }, grant);
    expect(merged.extensions.http?.headers).toEqual(more);
  });

  it("cannot be swapped for one that frames the message", () => {
    const framed = createExtensions({ http: { headers: { Host: "here", b: "2", c: "3" } } });
    const run = (headers: object) => () => mergeExtensions(framed, { http: { headers } }, grant);
    expect(codeOf(run({ "x-a": "1" }))).toBe("header_invalid");
    expect(codeOf(run({ "x-a": "1", b: "2", c: "3" }))).toBe("header_invalid");
    expect(codeOf(run({ b: "2", c: "3", "x-a": "1" }))).toBe("header_invalid");
    expect(run({ "x-a": "1", b: "2", Host: "here", c: "3" })).not.toThrow();
  });

  it("leaves a malformed header of the host unchanged", () => {
    const odd = createExtensions({ http: { headers: { "bad name": "\n", ok: "1" } } });
    const merged = mergeExtensions(
      odd,
      { http: { headers: { "bad name": "\n", ok: "2" } } },
      grant,
    );
    expect(merged.extensions.http?.headers).toEqual({ "bad name": "\n", ok: "2" });
  });

  it("keeps two spellings that the host wrote, and accepts a change of either", () => {
    const twice = createExtensions({ http: { headers: { "x-a": "1", "X-A": "2" } } });
    const merged = mergeExtensions(twice, { http: { headers: { "x-a": "1", "X-A": "3" } } }, grant);
    expect(merged.extensions.http?.headers).toEqual({ "x-a": "1", "X-A": "3" });
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

  it("is not written without the capability", () => {
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
