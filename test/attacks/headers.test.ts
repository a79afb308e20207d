/** Headers. */
import {
  createExtensions,
  filterExtensions,
  getHeader,
  mergeExtensions,
  removeHeader,
  setHeader,
} from "glassine";
import { expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import type { Capability } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

const shown = { "X-A": "1", Host: "here", b: "2" };
const extensions = createExtensions({
  http: { headers: shown, response_headers: { "set-cookie": "s" }, method: "GET" },
});
const capabilities: readonly Capability[] = ["write_headers"];
const view = filterExtensions(extensions, ["write_headers"]);
const written = (more: object, map = "headers") => ({
  extensions,
  returned: { http: { [map]: { ...(map === "headers" ? shown : {}), ...more } } },
  capabilities,
});
const mergedHeaders = (headers: object) =>
  mergeExtensions(extensions, { http: { headers } }, capabilities).extensions.http?.headers;
const invalid = ["header_invalid", "http.headers"] as const;

/** Expects a name or value to be refused in every map and by the helper. */
async function expectNowhere(name: string, value: unknown): Promise<void> {
  await expectRefused(written({ [name]: value }), ...invalid);
  for (const map of ["request_headers", "response_headers"]) {
    await expectRefused(written({ [name]: value }, map), "header_invalid", `http.${map}`);
  }
  expect(codeOf(() => setHeader(view, name, value as string))).toBe("header_invalid");
}

attack(
  "A-122",
  "Split a message with a control character in a header value",
  "refused with `header_invalid`",
  () => {
    it.each([
      ["CR LF and another header", "a\r\nEvil: 1"],
      ["CR LF twice and a body", "a\r\n\r\nGET / HTTP/1.1"],
      ["a bare line feed", "a\n"],
      ["a bare carriage return", "a\rb"],
      ["a folded line", "a\r\n b"],
      ["NUL", "a\0b"],
      ["a vertical tab", "a\vb"],
      ["escape", "\u001b[2J"],
      ["DEL", "a\u007f"],
      ["a line separator", "a\u2028b"],
    ])("%s", (_, value) => expectNowhere("x", value));

    it("every control character except tab, and no other Latin-1 character", () => {
      const refused: number[] = [];
      for (let code = 0; code < 256; code++) {
        const returned = { http: { headers: { ...shown, x: `a${String.fromCharCode(code)}b` } } };
        try {
          mergeExtensions(extensions, returned, capabilities);
        } catch {
          refused.push(code);
        }
      }
      const controls = Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 9);
      expect(refused).toEqual([...controls, 127]);
    });
  },
);

attack(
  "A-123",
  "Write an invalid header name, or one in upper case",
  "refused with `header_invalid`; upper case is kept, and compared case-insensitively in ASCII",
  () => {
    it.each([
      ["a space", "x y"],
      ["a space at the end", "x "],
      ["a colon", "x:y"],
      ["a line feed", "x\n"],
      ["NUL", "x\0"],
      ["nothing", ""],
      ["a bracket", "x[0]"],
      ["a Kelvin sign", "\u212aey"],
      ["a long s, which is S in upper case", "ho\u017ft"],
      ["a dotless i", "\u0131f-match"],
      ["full width", "\uff21uthorization"],
    ])("%s", (_, name) => expectNowhere(name, "1"));

    it("upper case", () => {
      expect(mergedHeaders({ ...shown, AUTHORIZATION: "1" })).toEqual({
        ...shown,
        AUTHORIZATION: "1",
      });
      const other = createExtensions({ http: { headers: { "\u212aey": "host's" } } });
      expect(getHeader(other, "key")).toBeUndefined();
      const added = setHeader(filterExtensions(other, ["write_headers"]), "key", "mine");
      expect(added.http?.headers).toEqual({ "\u212aey": "host's", key: "mine" });
    });
  },
);

attack(
  "A-124",
  "Add `x-a` next to `X-A`",
  "refused with `header_duplicate`; in a host's document both are kept, and the first is read",
  () => {
    const duplicate = ["header_duplicate", "http.headers"] as const;

    it.each([
      ["beside one that was shown", { "x-a": "2" }],
      ["beside one that was shown, with the same value", { "x-a": "1" }],
      ["two new ones", { c: "1", C: "2" }],
      ["before the one that was shown", { "X-a": "2", ...shown }],
    ])("%s", (_, more) => expectRefused(written(more), ...duplicate));

    it("the helper changes the existing one", () => {
      expect(setHeader(view, "x-a", "2").http?.headers).toEqual({ ...shown, "X-A": "2" });
    });

    it("a document", () => {
      const twice = createExtensions({ http: { headers: { "X-A": "1", "x-a": "2" } } });
      expect(Object.keys(twice.http?.headers ?? {})).toEqual(["X-A", "x-a"]);
      expect(getHeader(twice, "X-a")).toBe("1");
    });

    it("with one that was added since the view was taken: only that one stays", () => {
      verifies("merge:header-by-name", "merge:unseen-kept");
      const now = createExtensions({ http: { headers: { ...shown, Authorization: "host's" } } });
      for (const name of ["authorization", "Authorization"]) {
        const returned = { http: { headers: { ...shown, [name]: "mine", b: "3" } } };
        const merged = mergeExtensions(now, returned, capabilities, { view });
        expect(merged.extensions.http?.headers).toEqual({
          ...shown,
          b: "3",
          Authorization: "host's",
        });
        expect(merged.rejections).toEqual([
          {
            path: "http.headers",
            code: "capability_missing",
            reason: "A header that the plugin was not shown has that name.",
          },
        ]);
      }
    });
  },
);

attack(
  "A-125",
  "Write a header named `__proto__`, or like a built-in property",
  "`__proto__` is refused with `snapshot_key`; any other is an ordinary name",
  () => {
    const own = (name: string) => Object.fromEntries([...Object.entries(shown), [name, "1"]]);

    it("__proto__", () =>
      expectRefused(
        { extensions, returned: { http: { headers: own("__proto__") } }, capabilities },
        "snapshot_key",
        "http.headers",
      ));

    it.each(["constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__Proto__"])(
      "%s",
      (name) => {
        expect(getHeader(extensions, name)).toBeUndefined();
        const headers = mergedHeaders(own(name));
        expect(Object.entries(headers ?? {})).toEqual([...Object.entries(shown), [name, "1"]]);
        expect(Object.getPrototypeOf(headers)).toBeNull();
      },
    );
  },
);

attack(
  "A-126",
  "Write a value that is a list, a number or anything else but a string",
  "refused with `header_invalid`",
  () => {
    it.each([
      ["a list", ["1"]],
      ["an empty list", []],
      ["a number", 1],
      ["true", true],
      ["null", null],
      ["an object", { value: "1" }],
    ])("%s", (_, value) => expectNowhere("x", value));
  },
);

attack(
  "A-127",
  "Write or remove a framing or hop-by-hop header",
  "refused with `header_invalid`",
  () => {
    it.each([
      "Content-Length",
      "Transfer-Encoding",
      "TRANSFER-ENCODING",
      "Connection",
      "Keep-Alive",
      "Proxy-Connection",
      "TE",
      "Trailer",
      "Upgrade",
      "host",
      ":authority",
      ":path",
    ])("%s", (name) => expectNowhere(name, "1"));

    it("`host` is changed", () => expectRefused(written({ Host: "evil.test" }), ...invalid));

    it("`host` is removed", async () => {
      const { Host: _, ...others } = shown;
      const returned = { http: { headers: others } };
      await expectRefused({ extensions, returned, capabilities }, ...invalid);
      await expectRefused(
        { extensions, returned: { http: { headers: {} } }, capabilities },
        ...invalid,
      );
      expect(codeOf(() => removeHeader(view, "HOST"))).toBe("header_invalid");
    });

    it("`host` is returned unchanged", () => expectIgnored(written({}), []));
  },
);

attack(
  "A-128",
  "Return only the visible headers, so that the hidden ones are lost",
  "the hidden ones stay",
  () => {
    const secret = { authorization: "Bearer s", "Set-Cookie": "c" };
    const now = createExtensions({
      http: { headers: { ...secret, ...shown }, response_headers: secret },
    });
    const cut = filterExtensions(createExtensions({ http: { headers: shown } }), ["write_headers"]);

    it.each([
      ["as they are", shown, { ...secret, ...shown }],
      ["with one changed", { ...shown, b: "3" }, { ...secret, ...shown, b: "3" }],
      ["with one added", { ...shown, c: "3" }, { ...secret, ...shown, c: "3" }],
      ["less one", { "X-A": "1", Host: "here" }, { ...secret, "X-A": "1", Host: "here" }],
    ])("%s", (_, headers, expected) => {
      const merged = mergeExtensions(now, { http: { headers } }, capabilities, { view: cut });
      expect(merged.extensions.http?.headers).toEqual(expected);
      expect(merged.extensions.http?.response_headers).toBe(now.http?.response_headers);
      expect(merged.rejections).toEqual([]);
    });
  },
);
