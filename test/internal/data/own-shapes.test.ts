/** Second names, defaults and limits of single lists: shapes that only standard slots have. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { limited, withAliases, withDefault } from "../../../src/core/schema/index.ts";
import { expectSameReading, problemsOf, readFrom, readGiven } from "../../data/support.ts";

const list = (element: z.ZodType) => z.array(element);

describe("parsed text is read as a host's value", () => {
  it.each<[string, z.ZodType, string]>([
    ["a level with a default", z.object({ a: withDefault(z.string(), "x") }), "{}"],
    ["second names", withAliases(z.object({ a: z.string() }), { b: "a" }), '{"b":"x"}'],
    ["a list under a limit of its own", limited(list(z.string()), "labels"), '["a","b"]'],
    [
      "a second name beside the first",
      withAliases(z.object({ a: z.string() }), { b: "a" }),
      '{"b":"x","a":"x"}',
    ],
  ])("%s", (_, schema, text) => expectSameReading(schema, text));
});

it("parsed text with second names that differ is refused as a host's value", () => {
  const schema = withAliases(z.object({ a: z.string() }), { b: "a" });
  const text = '{"a":"x","b":"y"}';
  expect(readGiven(schema, text)).toBeUndefined();
  expect(readFrom(schema, text).ok).toBe(false);
});

it("a list with a limit of its own is read at the limit, and refused one past it", () => {
  const schema = limited(list(z.string()), "labels");
  expect(readGiven(schema, '["a","b"]', { labels: 2 })).toBeDefined();
  expect(readFrom(schema, '["a","b"]', { labels: 2 }).ok).toBe(true);
  expect(readGiven(schema, '["a","b"]', { labels: 1 })).toBeUndefined();
  expect(readFrom(schema, '["a","b"]', { labels: 1 }).ok).toBe(false);
});

it("a list with its own limit may be longer than others; one without has that of values", () => {
  const limits = { labels: 1 };
  expect(readGiven(list(z.string()), '["a","b"]', limits)).toEqual(["a", "b"]);
  expect(readGiven(limited(list(z.string()), "hops"), '["a","b"]', limits)).toEqual(["a", "b"]);
});

describe("the problems of a field", () => {
  const aliased = withAliases(z.object({ f: z.string() }), { g: "f" });

  it("under two names with different values", () => {
    expect(problemsOf(aliased, { f: "a", g: "b" })).toEqual([
      'g | extensions_shape | one "f" | two that differ',
    ]);
    expect(problemsOf(aliased, { f: "a", g: "a" })).toEqual([]);
  });

  it("that cannot be read under its second name: it is not missing as well", () => {
    const getter = {
      get g() {
        return "a";
      },
    };
    expect(problemsOf(aliased, getter)).toEqual([
      "g | snapshot_accessor | a value | a getter or setter",
    ]);
  });

  it("that is a list over a limit of the operator", () => {
    const schema = z.object({ f: limited(list(z.number()), "hops") });
    expect(problemsOf(schema, { f: [1, 2] }, "host", { hops: 1 })).toEqual([
      "f | snapshot_limit | at most 1 elements | more",
    ]);
  });
});
