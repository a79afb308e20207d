/** Names and values of headers, compared with the patterns of the grammar. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHeaderName, isHeaderValue } from "../../../src/core/data/index.ts";

// RFC 9110 §5.6.2 and §5.5.
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

const units = Array.from({ length: 0x180 }, (_, unit) => String.fromCharCode(unit));
const around = (text: string) => [text, `a${text}`, `${text}a`, `a${text}a`];

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
    fc.assert(fc.property(texts, (text) => is(text) === pattern.test(text)));
  });
});
