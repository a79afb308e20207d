/** Reading: what counts, how deep it goes, and which problems are reported. */

import { jsonValue } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { problemsOf, readingOf } from "./reads.ts";

const f = (schema: z.ZodType) => z.object({ f: schema });
const many = (count: number, item: unknown) => Array.from({ length: count }, () => item);

describe("problems", () => {
  it("are reported up to 100", () => {
    const list = z.array(z.string());
    expect(problemsOf(list, many(99, 1))).toHaveLength(99);
    expect(problemsOf(list, many(100, 1))).toHaveLength(100);
    expect(problemsOf(list, many(150, 1))).toHaveLength(100);
  });

  it("of a host continue after an unsafe value, and end at a limit", () => {
    const list = z.array(z.string());
    expect(problemsOf(list, [Number.NaN, 1, "\ud800", 2])).toHaveLength(4);
    expect(problemsOf(list, [1, "abcd", 2], "host", { units: 3 })).toHaveLength(2);
  });

  it.each([
    [
      "an accessor",
      {
        get a() {
          return 1;
        },
      },
    ],
    [
      "a cycle",
      (() => {
        const a: unknown[] = [];
        a.push(a);
        return a;
      })(),
    ],
    ["a symbol", { [Symbol("a")]: 1 }],
    ["a key", { "\ud800": 1 }],
    ["too long a key", { ["k".repeat(300)]: 1 }],
    ["an instance", new Date(0)],
    ["a proxy", new Proxy({}, {})],
    ["half a pair", "\ud800"],
    ["a function", () => 0],
  ])("of a plugin end at the first unsafe value: %s", (_, value) => {
    expect(problemsOf(z.array(z.any()), [value, value], "plugin")).toHaveLength(1);
  });

  it("name the first of several promises, and whatever is wrong besides", () => {
    const list = z.array(z.any());
    const promise = () => Promise.resolve(1);
    expect(problemsOf(list, [promise(), promise()])).toHaveLength(1);
    expect(problemsOf(list, [new Date(0), promise(), promise()])).toHaveLength(2);
  });

  it("of a plugin end with the copying that found a promise", () => {
    const list = z.array(z.string());
    expect(problemsOf(list, [Promise.resolve(1), 1], "plugin")).toHaveLength(1);
  });

  it("of a plugin continue after a value of another type", () => {
    expect(problemsOf(z.array(z.string()), [1, 2], "plugin")).toHaveLength(2);
  });
});

describe("what counts as a value", () => {
  it.each<[string, z.ZodType, unknown, number]>([
    ["a text", f(z.string()), { f: "a" }, 2],
    ["a number", f(z.number()), { f: 1 }, 2],
    ["a truth", f(z.boolean()), { f: true }, 2],
    ["a name", f(z.enum(["a"])), { f: "a" }, 2],
    ["a list, and each element", f(z.array(z.number())), { f: [1, 2] }, 4],
    ["a record, and each value", f(z.record(z.string(), z.number())), { f: { a: 1, b: 2 } }, 4],
    ["each of free-form data", f(jsonValue()), { f: [null, true, 1, "a", {}] }, 7],
    ["null where it is a value", f(z.array(z.null())), { f: [null] }, 3],
    ["not what is absent", f(jsonValue()), { f: { a: undefined } }, 2],
  ])("%s", (_, schema, value, nodes) => {
    expect(problemsOf(schema, value, "host", { nodes })).toEqual([]);
    expect(problemsOf(schema, value, "host", { nodes: nodes - 1 })).toHaveLength(1);
  });

  it("keys count, even those of absent values", () => {
    const absent = { a: undefined, b: undefined };
    expect(problemsOf(jsonValue(), absent, "host", { nodes: 2 })).toEqual([]);
    expect(problemsOf(jsonValue(), { ...absent, c: undefined }, "host", { nodes: 2 })).toHaveLength(
      1,
    );
  });

  it.each<[string, z.ZodType, unknown, number]>([
    ["a text", f(z.string()), { f: "abc" }, 3],
    ["a name", f(z.enum(["abc"])), { f: "abc" }, 3],
    ["keys that are data", f(jsonValue()), { f: { ab: "c" } }, 3],
    ["keys of a record", f(z.record(z.string(), z.number())), { f: { abc: 1 } }, 3],
    ["not the keys of a level", f(z.object({ long: z.string() })), { f: { long: "a" } }, 1],
  ])("the length of text is %s", (_, schema, value, units) => {
    expect(problemsOf(schema, value, "host", { units })).toEqual([]);
    expect(problemsOf(schema, value, "host", { units: units - 1 })).toHaveLength(1);
  });
});

describe("how deep a value is", () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  it("is read up to the limit, and refused beyond", () => {
    expect(problemsOf(f(jsonValue()), { f: nested(3) }, "host", { depth: 4 })).toEqual([]);
    expect(problemsOf(f(jsonValue()), { f: nested(4) }, "host", { depth: 4 })).toHaveLength(1);
  });

  it("is counted separately for siblings", () => {
    const beside = { f: [nested(2), nested(2), { a: nested(1) }, nested(2)] };
    expect(problemsOf(f(jsonValue()), beside, "host", { depth: 4 })).toEqual([]);
  });

  it("accepts one value in many places, but not inside itself", () => {
    const shared = { a: [1] };
    expect(readingOf(f(jsonValue()), { f: [shared, shared, { b: shared }] })).toEqual({
      f: [shared, shared, { b: shared }],
    });
    const knot: Record<string, unknown> = { a: { b: {} } };
    (knot.a as Record<string, unknown>).b = knot;
    expect(problemsOf(f(jsonValue()), { f: knot })).toEqual([
      "f/a/b | snapshot_cycle | a tree | a value that contains itself",
    ]);
  });
});

describe("zero", () => {
  it("has no sign", () => {
    const read = readingOf(z.object({ f: jsonValue(), g: z.number() }), { f: [-0], g: -0 });
    expect(read).toStrictEqual({ f: [0], g: 0 });
  });
});
