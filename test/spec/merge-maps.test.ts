import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codeOf, envelope, everything, host, merge, plain, view } from "./support.ts";

const full = envelope(everything);
const outcome = (returned: unknown, capabilities: readonly string[] = []) => {
  const { extensions, rejections } = merge(full, returned, capabilities);
  return { extensions, reported: rejections.map(({ path, code }) => `${path} ${code}`) };
};

describe("headers", () => {
  const caps = ["write_headers"];
  const headers = (before: object, after: object) =>
    plain(
      merge(envelope({ http: { headers: before } }), { http: { headers: after } }, caps).extensions
        .http,
    );
  const fault = (before: object, after: object) => codeOf(() => headers(before, after));

  it("change name by name", () => {
    verifies("merge:header-by-name", "merge:http-created");
    expect(headers({ a: "1", b: "2", c: "3" }, { a: "1", b: "9", d: "4" })).toEqual({
      headers: { a: "1", b: "9", d: "4" },
    });
    const newer = envelope({ http: { request_headers: { a: "1" }, response_headers: { b: "2" } } });
    const returned = { http: { response_headers: { b: "3" } } };
    expect(plain(merge(newer, returned, caps).extensions.http)).toEqual({
      headers: {},
      request_headers: { a: "1" },
      response_headers: { b: "3" },
    });
    const made = merge(envelope({}), { http: { headers: { a: "1" } } }, caps);
    expect(plain(made.extensions)).toEqual({ http: { headers: { a: "1" } } });
  });

  it("are all that changes in http", () => {
    verifies("merge:http-fixed");
    const { extensions, reported } = outcome(
      { http: { method: "PUT", path: "/x", host: "h", scheme: "s" } },
      caps,
    );
    expect(extensions).toBe(full);
    expect(reported).toEqual(
      ["method", "path", "host", "scheme"].map((name) => `http.${name} tier_immutable`),
    );
  });

  it("are well formed where a plugin writes them", () => {
    verifies("merge:header-grammar", "merge:header-unchanged");
    for (const name of ["", "a b", "a:", "ä", "a\n", ":authority", "\u212a"]) {
      expect(fault({}, { [name]: "1" }), JSON.stringify(name)).toBe("header_invalid");
    }
    for (const value of ["a\r\nb", "a\n", "\0", "\x7f", "Ā", 1, ["1"], null]) {
      expect(fault({}, { a: value }), JSON.stringify(value)).toBe("header_invalid");
    }
    expect(headers({}, { "X-Ok!": "\t é ~" })).toEqual({ headers: { "X-Ok!": "\t é ~" } });
    expect(headers({ "bad name": "\n" }, { "bad name": "\n", b: "1" })).toEqual({
      headers: { "bad name": "\n", b: "1" },
    });
  });

  it("are strings wherever they are proposed, like the type of any part", () => {
    verifies("merge:header-grammar", "merge:order");
    const strict = { strict: true };
    for (const capabilities of [[], ["read_headers"], caps])
      for (const options of [{}, strict]) {
        const returned = { request: { request_id: "x" }, http: { headers: { "X-A": 1 } } };
        const merged = () => merge(full, returned, capabilities, options);
        expect(codeOf(merged)).toBe("header_invalid");
      }
    const malformed = { http: { headers: { "X-A": "\n" } } };
    expect(outcome(malformed).reported).toEqual(["http capability_missing"]);
    expect(codeOf(() => merge(full, malformed, [], strict))).toBe("capability_missing");
  });

  it("with a malformed name stay as they are", () => {
    verifies("merge:header-grammar");
    for (const name of ["X Bad", "\u00e9", ""]) {
      expect(fault({ [name]: "1" }, {})).toBe("header_invalid");
      expect(fault({ [name]: "1" }, { [name]: "2" })).toBe("header_invalid");
    }
  });

  it("do not frame the message", () => {
    verifies("merge:header-framing");
    const framing = [
      "Connection",
      "Content-Length",
      "HOST",
      "keep-alive",
      "Proxy-Connection",
      "TE",
      "Trailer",
      "Transfer-Encoding",
      "upgrade",
    ];
    for (const name of framing) {
      expect(fault({}, { [name]: "1" })).toBe("header_invalid");
      expect(fault({ [name]: "1" }, { [name]: "2" })).toBe("header_invalid");
      expect(fault({ [name]: "1" }, {})).toBe("header_invalid");
    }
  });

  it("are not added twice", () => {
    verifies("merge:header-duplicate");
    expect(fault({ "X-A": "1" }, { "X-A": "1", "x-a": "2" })).toBe("header_duplicate");
    expect(fault({}, { "X-A": "1", "x-a": "2" })).toBe("header_duplicate");
    expect(fault({}, { b: "1", "X-A": "1", "x-a": "2" })).toBe("header_duplicate");
    expect(fault({ "X-A": "1" }, { b: "1", "x-a": "2", "X-A": "1" })).toBe("header_duplicate");
    expect(fault({ "X-A": "1", b: "2" }, { b: "2", c: "3", "x-b": "4", B: "5" })).toBe(
      "header_duplicate",
    );
    expect(headers({ "X-A": "1", b: "2" }, { b: "2", "x-a": "3", c: "4" })).toEqual({
      headers: { b: "2", "x-a": "3", c: "4" },
    });
    expect(headers({ "X-A": "1", "x-a": "2" }, { "X-A": "1", "x-a": "3" })).toEqual({
      headers: { "X-A": "1", "x-a": "3" },
    });
  });

  it("do not duplicate one that was written in another case since they were shown", () => {
    verifies("merge:header-by-name");
    const seen = view(envelope({ http: { headers: { "X-A": "1", b: "1" } } }), "write_headers");
    const now = envelope({ http: { headers: { "x-a": "v", b: "1" } } });
    const change = (headers: object) => {
      const { extensions, rejections } = merge(now, { http: { headers } }, ["write_headers"], {
        view: seen,
      });
      return [plain(extensions.http?.headers), rejections.map(({ code }) => code)];
    };
    expect(change({ "X-A": "2", b: "1" })).toEqual([
      { "x-a": "v", b: "1" },
      ["capability_missing"],
    ]);
    expect(change({ "X-A": "1", b: "2" })).toEqual([{ "x-a": "v", b: "2" }, []]);
  });
});

describe("custom", () => {
  it("changes key by key, for anyone", () => {
    verifies("merge:custom-by-key", "merge:custom-cleared");
    const start = envelope({ custom: { a: 1, b: { c: 2 }, d: 3 } });
    const { extensions, rejections } = merge(start, { custom: { a: 9, b: { c: 2 }, e: null } });
    expect(plain(extensions.custom)).toEqual({ a: 9, b: { c: 2 }, e: null });
    expect(extensions.custom?.b).toBe(start.custom?.b);
    expect(rejections).toEqual([]);
    const meanwhile = host.setCustom(start, "f", 4);
    expect(
      plain(merge(meanwhile, { custom: {} }, [], { view: view(start) }).extensions.custom),
    ).toEqual({ f: 4 });
  });
});
