import fc from "fast-check";
import { appendHop, createExtensions, filterExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "./support.ts";

/** The one form in which an instant is kept. */
const kept = (timestamp: string) =>
  createExtensions({
    delegation: { chain: [{ subject_id: "s", subject_type: "user", timestamp }] },
  }).delegation?.chain[0]?.timestamp;

describe("an instant", () => {
  it.each([
    ["in UTC", "2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"],
    ["in lower case", "2026-11-20t08:00:00z", "2026-11-20T08:00:00Z"],
    ["with a space", "2026-11-20 08:00:00Z", "2026-11-20T08:00:00Z"],
    ["without a zone, which is UTC", "2026-11-20T08:00:00", "2026-11-20T08:00:00Z"],
    ["with nothing for a zone", "2026-11-20T08:00:00+00:00", "2026-11-20T08:00:00Z"],
    ["east", "2026-11-20T08:00:00+05:30", "2026-11-20T02:30:00Z"],
    ["west, over midnight", "2026-11-20T23:30:00-01:45", "2026-11-21T01:15:00Z"],
    ["west, over the year", "2026-12-31T23:00:00-02:00", "2027-01-01T01:00:00Z"],
    ["as far as zones go", "2026-11-20T00:00:00+23:59", "2026-11-19T00:01:00Z"],
    ["with a fraction", "2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.5Z"],
    ["with idle zeros", "2026-11-20T08:00:00.120000Z", "2026-11-20T08:00:00.12Z"],
    ["with a fraction of nothing", "2026-11-20T08:00:00.000000000Z", "2026-11-20T08:00:00Z"],
    ["with nine digits", "2026-11-20T08:00:00.123456789Z", "2026-11-20T08:00:00.123456789Z"],
    ["on a leap day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["on the leap day of a fourth century", "2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z"],
    ["before 1970", "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"],
    ["in the year 99", "0099-03-01T00:00:00Z", "0099-03-01T00:00:00Z"],
    ["in the year 0, which leaps", "0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z"],
    ["at the first moment", "0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"],
    ["at the last moment", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"],
  ])("%s", (_, text, expected) => {
    expect(kept(text)).toBe(expected);
    expect(kept(expected)).toBe(expected);
  });

  it("agrees with Date, wherever Date can parse it", () => {
    const zones = fc.tuple(fc.constantFrom("+", "-"), fc.nat(23), fc.nat(59));
    const two = (n: number) => String(n).padStart(2, "0");
    fc.assert(
      fc.property(
        fc.date({
          min: new Date("0001-01-02T00:00:00Z"),
          max: new Date("9999-12-30T00:00:00Z"),
          noInvalidDate: true,
        }),
        zones,
        (date, [sign, hours, minutes]) => {
          const text = `${date.toISOString().slice(0, -1)}${sign}${two(hours)}:${two(minutes)}`;
          const iso = new Date(text).toISOString();
          expect(kept(text)).toBe(iso.replace(/\.?0*Z$/, "Z"));
        },
      ),
    );
  });
});

describe("not an instant", () => {
  it.each([
    "",
    "now",
    "2026-11-20",
    "08:00:00Z",
    "2026-11-20T08:00Z",
    "2026-11-20T08:00:00.Z",
    "2026-11-20T08:00:00.1234567890Z",
    "2026-11-20T24:00:00Z",
    "2026-11-20T08:60:00Z",
    "2026-11-20T08:00:60Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-11-20T08:00:00+24:00",
    "2026-11-20T08:00:00+05:60",
    "2026-11-20T08:00:00+0530",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "+010000-01-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "2026-11-20T08:00:00Z\n",
    "\uff12026-11-20T08:00:00Z",
  ])("%j", (text) => {
    expect(codeOf(() => kept(text))).toBe("extensions_invalid");
  });
});

describe("the instant of now", () => {
  it("replaces a hop's missing time, in the same form", () => {
    const before = Date.now();
    const view = filterExtensions(createExtensions({}), ["append_delegation"]);
    const at = appendHop(view, { subject_id: "s", subject_type: "user" }).delegation?.chain[0]
      ?.timestamp as string;
    expect(kept(at)).toBe(at);
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
  });
});
