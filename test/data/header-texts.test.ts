/** Names and values of headers, compared with the patterns of the grammar. */

import fc from "fast-check";
import { createExtensions, filterExtensions, setHeader } from "glassine";
import { describe, expect, it } from "vitest";

// RFC 9110 §5.6.2 and §5.5.
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

const units = Array.from({ length: 0x180 }, (_, unit) => String.fromCharCode(unit));
const around = (text: string) => [text, `a${text}`, `${text}a`, `a${text}a`];

const view = filterExtensions(createExtensions({ http: { headers: {} } }), ["write_headers"]);

/** Whether a plugin can set the header. */
function isHeader(name: string, value: string): boolean {
  try {
    setHeader(view, name, value);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "header_invalid" });
    return false;
  }
}
const isHeaderName = (text: string) => isHeader(text, "");
const isHeaderValue = (text: string) => isHeader("a", text);

describe.each([
  ["a header name", isHeaderName, token],
  ["a header value", isHeaderValue, fieldValue],
] as const)("%s", (_, is, pattern) => {
  it("may be empty or not, and have each unit or not, at any position", () => {
    const hostile = ["\ud800", "\udc00", "\u2028", "😀", "\ufeff", "\uffff"];
    for (const text of ["", ...[...units, ...hostile].flatMap(around)]) {
      expect([text, is(text)]).toEqual([text, pattern.test(text)]);
    }
  });

  it("agrees with the pattern for any string", () => {
    const texts = fc.string({ unit: fc.oneof(fc.constantFrom(...units), fc.string()) });
    // No map can have the first one as a key, and no plugin may write the others.
    const usable = texts.filter((text) => !/^(?:__proto__|host|te|trailer|upgrade)$/i.test(text));
    fc.assert(fc.property(usable, (text) => is(text) === pattern.test(text)));
  });
});
