import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyJson } from "../../../../src/providers/mcp/json.ts";
import { sameJson } from "../../../../src/providers/rewrite/index.ts";

/** JSON data as a parser returns it, with keys that trip careless code. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.array(tie("json"), { maxLength: 4 }),
    fc
      .array(
        fc.tuple(
          fc.oneof(
            fc.constantFrom("__proto__", "constructor", "toString", "then", "a"),
            fc.string(),
          ),
          tie("json"),
        ),
        { maxLength: 4 },
      )
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Every object and array in a value. */
function nodes(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(nodes)];
}

describe("copyJson", () => {
  it("is equal, and shares nothing", () => {
    fc.assert(
      fc.property(json, (value) => {
        const copy = copyJson(value);
        expect(sameJson(copy, value)).toBe(true);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        const own = new Set(nodes(value));
        expect(nodes(copy).every((node) => !own.has(node) && !Object.isFrozen(node))).toBe(true);
      }),
    );
  });

  it("writes what JSON writes", () => {
    const value = { at: new Date(0), gone: undefined, list: [new URL("http://a/")] };
    expect(copyJson(value)).toStrictEqual({ at: "1970-01-01T00:00:00.000Z", list: ["http://a/"] });
  });
});

describe("sameJson", () => {
  it("treats only values with the same canonical text as equal", () => {
    const canonical = (value: unknown): string =>
      JSON.stringify(value, (_, field: unknown) =>
        typeof field === "object" && field !== null && !Array.isArray(field)
          ? Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))
          : field,
      );
    fc.assert(
      fc.property(json, json, (a, b) => {
        // An object and the list of its entries have the same canonical text.
        fc.pre(Array.isArray(a) === Array.isArray(b));
        expect(sameJson(a, a)).toBe(true);
        expect(sameJson(a, b)).toBe(sameJson(b, a));
        if (sameJson(a, b)) expect(canonical(a)).toBe(canonical(b));
      }),
    );
  });
});
