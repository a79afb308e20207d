/** The time in milliseconds as text, compared with what Date says, and the order of strings. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { byCodePoint, instantOf } from "../../../src/core/data/strings.ts";

const dayMs = 86_400_000;
const trimmed = (date: Date) => date.toISOString().replace(/\.?0*Z$/, "Z");

it("a time is written as Date writes it, from the year 0 to 9999", () => {
  const first = Date.parse("0000-01-01T00:00:00Z");
  const last = Date.parse("9999-12-31T23:59:59.999Z");
  for (let time = first; time <= last; time += 211 * dayMs + 12_345_678) {
    expect(instantOf(time)).toBe(trimmed(new Date(time)));
  }
  for (const time of [first, last]) expect(instantOf(time)).toBe(trimmed(new Date(time)));
  for (const time of [first - 1, last + 1]) expect(instantOf(time)).toBeUndefined();
});

it("a time in milliseconds is written as Date writes it", () => {
  const times = fc.date({
    min: new Date("0001-01-01"),
    max: new Date("9999-12-31"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(times, (date) => {
      expect(instantOf(date.getTime())).toBe(date.toISOString().replace(/\.?0*Z$/, "Z"));
    }),
  );
});

it("strings are ordered by code point", () => {
  const texts = [
    "",
    "a",
    "ab",
    "b",
    "\ud7ff",
    "\ue000",
    "\uff61",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ];
  const points = (text: string) => [...text].map((char) => char.codePointAt(0) as number);
  const compare = (a: string, b: string) => {
    const x = points(a);
    const y = points(b);
    for (let i = 0; i < Math.min(x.length, y.length); i++) {
      const difference = (x[i] as number) - (y[i] as number);
      if (difference !== 0) return Math.sign(difference);
    }
    return Math.sign(x.length - y.length);
  };
  for (const a of texts) {
    for (const b of texts) {
      expect(Math.sign(byCodePoint(a, b))).toBe(compare(a, b));
      expect(Math.sign(byCodePoint(`x${a}y`, `x${b}y`))).toBe(compare(`x${a}y`, `x${b}y`));
    }
  }
});
