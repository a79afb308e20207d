import fc from "fast-check";
import { matchesPattern } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { hook, manage, plugin } from "../dispatch/support.ts";

/** Matching is fast, so these laws run many times as often as others. */
function runs(times: number): number {
  return times * (fc.readConfigureGlobal().numRuns ?? 100);
}

/** A plain definition of matching: for each prefix of `text`, can the pattern so far end there? */
function fitsByTable(pattern: string, text: string): boolean {
  let ends = [true, ...Array.from(text.split(""), () => false)];
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const stars = rest.length - rest.replace(/^\*+/, "").length;
    const before = ends;
    ends = before.map(() => false);
    for (let end = 0; end < ends.length; end += 1) {
      const arrives = end > 0 && ends[end - 1]! && (stars > 1 || text[end - 1] !== "/");
      ends[end] =
        stars > 0
          ? before[end]! || arrives
          : end > 0 && before[end - 1]! && text[end - 1] === rest[0];
    }
    at += Math.max(stars, 1);
  }
  return ends.at(-1)!;
}

describe("what a pattern matches", () => {
  it.each([
    ["", "", true],
    ["", "a", false],
    ["db/users", "db/users", true],
    ["db/users", "db/users/", false],
    ["users", "db/users", false],
    ["*", "", true],
    ["*", "users", true],
    ["*", "db/users", false],
    ["**", "", true],
    ["**", "db/users", true],
    ["get_*", "get_user", true],
    ["get_*", "get_", true],
    ["get_*", "forget_user", false],
    ["get_*", "get_user/all", false],
    ["*_user", "get_user", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a**a", "a", false],
    ["file:///srv/*", "file:///srv/a.md", true],
    ["file:///srv/*", "file:///srv/a/b.md", false],
    ["file:///srv/*/b.md", "file:///srv/a/b.md", true],
    ["file:///srv/**", "file:///srv/a/b.md", true],
    ["file:///srv/**", "file:///srv/", true],
    ["file:///srv/**", "file:///srv", false],
    ["**/*.md", "a/b/c.md", true],
    ["**/*.md", "c.md", false],
    ["**/a*/*.md", "x/ab/y/ab/c.md", true],
    ["**/a*/*.md", "x/ab/y/c.md", false],
    ["a*b**c*d", "a1b/2/c3d", true],
    ["a*b**c*d", "a1/b2c3d", false],
    ["a*b**c*d", "a1b2c/3d", false],
    ["**x*y**", "a/x/y/xy/b", true],
    ["**x*y**", "a/x/y/b", false],
    ["**x/*/y**", "x/x/1/y", true],
    ["**a**a**/*b", "xaa/zb", true],
    ["**a**a**/*b", "xa/zb", false],
    ["**x/**/*b", "x/1b", false],
    ["a***b", "a/1/b", true],
    ["a*****b", "a/1/b", true],
  ])("%j and %j: %j", (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
    expect(fitsByTable(pattern, text)).toBe(expected);
  });

  it.each([
    ["a?c", "abc"],
    ["[ab]", "a"],
    ["{a,b}", "a"],
    ["\\*", "*"],
    ["a.c", "abc"],
    ["(a+)+$", "aa"],
    ["!a", "b"],
    ["A", "a"],
  ])("matches %j literally", (pattern, text) => {
    expect(matchesPattern(pattern, text)).toBe(false);
    expect(matchesPattern(pattern, pattern)).toBe(true);
  });

  it("compares code units, neither folding nor normalising", () => {
    expect(matchesPattern("\u00e9*", "e\u0301")).toBe(false);
    expect(matchesPattern("*\udc00", "\ud800\udc00")).toBe(true);
    expect(matchesPattern("\ud800*", "\ud800")).toBe(true);
  });

  it("keeps no state between strings", async () => {
    let turns = 0;
    const counts = (_payload: unknown) => {
      turns += 1;
    };
    // Conditions are compiled once for all runs.
    const conditions = { tools: ["**/a*/b*/**"] };
    const manager = await manage([plugin("counts", counts, { conditions })]);
    const found: boolean[] = [];
    for (const name of ["x/a1/b1/y", "x/a1/c/b1/y", "/a/b/", "z", "x/a1/b1/y"]) {
      const before = turns;
      await manager.invoke(hook, { name, args: {} });
      found.push(turns > before);
    }
    expect(found).toEqual([true, false, true, false, true]);
    expect(matchesPattern("**/a*/b*/**", "")).toBe(false);
  });
});

const shortText = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 14 });
const pattern = fc
  .array(fc.constantFrom("a", "b", "ab", "/", "*", "*", "**", "***"), { maxLength: 12 })
  .map((parts) => parts.join(""));

const line = fc.constantFrom("", "a", "b", "ab", "aab");
const lines = fc.array(line, { minLength: 30, maxLength: 110 });
const linePattern = fc.constantFrom("*", "a*", "*b", "*a*", "a*b", "a", "");
const row = fc.array(linePattern, { minLength: 1, maxLength: 40 });

describe("against a table of every prefix", () => {
  it("agrees on short patterns and strings", () => {
    fc.assert(
      fc.property(pattern, shortText, (p, text) => {
        expect(matchesPattern(p, text)).toBe(fitsByTable(p, text));
      }),
      { numRuns: runs(30) },
    );
  });

  it("agrees on a string with some of its parts replaced by stars", () => {
    const cuts = fc.array(fc.tuple(fc.nat(14), fc.nat(4), fc.constantFrom("*", "**", "")));
    fc.assert(
      fc.property(shortText, cuts, (text, replaced) => {
        let p = text;
        for (const [from, length, by] of replaced) {
          p = p.slice(0, from) + by + p.slice(from + length);
        }
        expect(matchesPattern(p, text)).toBe(fitsByTable(p, text));
      }),
      { numRuns: runs(10) },
    );
  });

  it("agrees on rows of line patterns among many lines", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), lines, (rows, textLines) => {
        const p = `**/${rows.map((parts) => parts.join("/")).join("/**/")}/**`;
        const text = `/${textLines.join("/")}/`;
        expect(matchesPattern(p, text)).toBe(fitsByTable(p, text));
      }),
      { numRuns: runs(5) },
    );
  });

  it("finds a row wherever it is", () => {
    const parts = fc.tuple(
      lines,
      fc.array(fc.constantFrom("a", "ab", "aab"), { minLength: 1, maxLength: 70 }),
    );
    fc.assert(
      fc.property(parts, fc.nat(), fc.boolean(), ([around, inside], seed, spoiled) => {
        const at = seed % around.length;
        const text = [...around.slice(0, at), ...inside, "c", ...around.slice(at)].join("/");
        const p = `**${inside.map((part) => `${part[0]}*`).join("/")}/${spoiled ? "d" : "c"}*/**`;
        expect(matchesPattern(p, text)).toBe(fitsByTable(p, text));
      }),
      { numRuns: runs(3) },
    );
  });
});

function fill(part: string, length: number): string {
  return part.repeat(Math.ceil(length / part.length)).slice(0, length);
}

/** Patterns with about `n` stars and texts of length 6 n that blow up backtracking matchers. */
const families: Record<string, (n: number) => readonly [string, string, boolean]> = {
  "only stars": (n) => ["*".repeat(n), fill("a/", 6 * n), true],
  "**/ without slashes": (n) => ["**/".repeat(n / 2), fill("a", 6 * n), false],
  "**/ in slashes": (n) => ["**/".repeat(n / 2), fill("/", 6 * n), true],
  "**/ and a missing end": (n) => [`${"**/".repeat(n / 2)}b`, fill("/a", 6 * n), false],
  "*a and a missing end": (n) => [`${"*a".repeat(n)}*b*`, fill("a", 6 * n), false],
  "**a and a missing end": (n) => [`${"**a".repeat(n / 2)}**b**`, fill("a", 6 * n), false],
  "*a without any": (n) => [`${"*a".repeat(n)}*`, fill("b", 6 * n), false],
  "*/ to the end": (n) => [`${"*/".repeat(n)}*`, fill("a/", 6 * n), false],
  "**a*b in one line": (n) => [`${"**a*b".repeat(n / 3)}**`, fill("a", 6 * n), false],
  "**a*b in many lines": (n) => [`${"**a*b".repeat(n / 3)}**`, fill("a/", 6 * n), false],
  "**/a*b/ while they last": (n) => [`${"**/a*b/".repeat(n / 3)}c**`, fill("ab/", 6 * n), false],
  "a long row of stars": (n) => [`**${"/*".repeat(n)}/b**`, fill("/a", 6 * n), false],
  "a long row of a*": (n) => [`**${"/a*".repeat(n)}/b**`, fill("/a", 6 * n), false],
  "a long row and rare b": (n) => [
    `**${"/a*".repeat(n)}/**`,
    fill(`${fill("/a", n)}/b`, 6 * n),
    false,
  ],
};

describe("a pattern that takes a backtracking matcher exponential time", () => {
  it.each(Object.entries(families))("agrees with the table: %s", (_name, family) => {
    const [p, text] = family(120);
    expect(matchesPattern(p, text)).toBe(fitsByTable(p, text));
  });

  it.each(Object.entries(families))("has ten thousand stars: %s", (_name, family) => {
    const [p, text, fits] = family(10_000);
    expect(matchesPattern(p, text)).toBe(fits);
  });
});

it.each([
  [undefined, "a", "undefined and string"],
  [null, "a", "null and string"],
  [["a*"], "a", "array and string"],
  ["a*", undefined, "string and undefined"],
  ["a", 5, "string and number"],
])("refuses %j and %j, which are not both strings", (pattern, text, types) => {
  const message = `matchesPattern expects a pattern and a text, both strings, got ${types}.`;
  const refusal = expect.objectContaining({ code: "options_invalid", message });
  expect(() => matchesPattern(pattern as never, text as never)).toThrow(refusal);
});
