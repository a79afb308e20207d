/** What is reported to a host for a value that cannot be read safely, or is too large. */

import type { Limits } from "glassine";
import { headerMap, jsonValue, labelSet, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { problemsOf } from "./reads.ts";

const bare = <T extends object>(value: T): T => Object.setPrototypeOf(value, null) as T;

describe("an unsafe value", () => {
  const list: unknown[] = [];
  list.push(list);
  const proxied = "f | snapshot_proxy | plain data | a proxy";
  it.each<[string, z.ZodType, unknown, string]>([
    ["NaN", z.number(), Number.NaN, "f | snapshot_type | a finite number | NaN or an infinity"],
    [
      "infinity in JSON",
      jsonValue(),
      [1, -1 / 0],
      "f/1 | snapshot_type | a finite number | NaN or an infinity",
    ],
    ["a function", jsonValue(), () => 0, "f | snapshot_type | a JSON value | function"],
    ["a big number", jsonValue(), 1n, "f | snapshot_type | a JSON value | bigint"],
    ["a function for a text", z.string(), () => 0, "f | snapshot_type | a JSON value | function"],
    ["a hole", z.array(z.string()), new Array(1), "f/0 | snapshot_type | a value | a hole"],
    ["undefined in a list", jsonValue(), [undefined], "f/0 | snapshot_type | a value | undefined"],
    [
      "a name on a list",
      z.array(z.number()),
      Object.assign([1], { x: 1 }),
      "f | snapshot_key | an array with elements only | further properties",
    ],
    [
      "a list of no prototype",
      z.array(z.number()),
      bare([1]),
      "f | snapshot_prototype | a plain array | an array of another kind",
    ],
    [
      "an instance",
      z.object({}),
      new Date(0),
      "f | snapshot_prototype | plain data | an object of a class",
    ],
    ["a proxy of an object", z.object({}), new Proxy({}, {}), proxied],
    ["a proxy of a list", z.array(z.string()), new Proxy([], {}), proxied],
    ["a proxy of a record", z.record(z.string(), z.string()), new Proxy({}, {}), proxied],
    ["a proxy in JSON", jsonValue(), new Proxy([], {}), proxied],
    [
      "a symbol as key",
      z.object({}),
      { [Symbol("x")]: 1 },
      "f/(symbol) | snapshot_key | keys that are strings | a symbol",
    ],
    [
      "a hidden key",
      jsonValue(),
      Object.defineProperty({}, "a", { value: 1 }),
      "f/a | snapshot_key | an enumerable property | a hidden one",
    ],
    [
      "half a pair in a key",
      jsonValue(),
      { "\ud800": 1 },
      "f/\ud800 | snapshot_key | keys that are valid Unicode | a lone surrogate",
    ],
    [
      "half a pair in a text",
      z.string(),
      "\ud800",
      "f | snapshot_string | valid Unicode | a lone surrogate",
    ],
    [
      "a list in itself",
      jsonValue(),
      list,
      "f/0 | snapshot_cycle | a tree | a value that contains itself",
    ],
  ])("%s", (_, schema, value, problem) => {
    expect(problemsOf(z.object({ f: schema }), { f: value })).toEqual([problem]);
  });

  it("__proto__ as a plugin's key", () => {
    const value = { f: JSON.parse('{"__proto__":1}') as unknown };
    const problem = "f/__proto__ | snapshot_key | ordinary keys | __proto__";
    expect(problemsOf(z.object({ f: jsonValue() }), value, "plugin")).toEqual([problem]);
    expect(problemsOf(z.object({ f: jsonValue() }), value)).toEqual([]);
  });
});

describe("too much", () => {
  const dressed = bare(Object("abcd") as object);
  it.each<[string, z.ZodType, unknown, Partial<Limits>, string]>([
    ["levels", jsonValue(), [[1]], { depth: 2 }, "f/0 | snapshot_limit | at most 2 levels | more"],
    [
      "values",
      jsonValue(),
      [1, 2, 3],
      { nodes: 3 },
      "f/1 | snapshot_limit | at most 3 values | more",
    ],
    [
      "text",
      jsonValue(),
      "abc",
      { units: 2 },
      "f | snapshot_limit | at most 2 UTF-16 units of text | more",
    ],
    [
      "keys",
      jsonValue(),
      { a: 1, b: 2, c: 3 },
      { nodes: 2 },
      "f | snapshot_limit | at most 2 keys | more",
    ],
    [
      "keys of a text object",
      jsonValue(),
      dressed,
      { nodes: 3 },
      "f | snapshot_limit | at most 3 keys | more",
    ],
    [
      "keys of bytes",
      jsonValue(),
      bare(new Uint8Array(9)),
      { nodes: 3 },
      "f | snapshot_limit | at most 3 keys | more",
    ],
    [
      "of one key",
      jsonValue(),
      { abc: 1 },
      { keyUnits: 2 },
      "f/abc | snapshot_limit | keys of at most 2 units | a longer one",
    ],
    [
      "labels",
      labelSet(),
      ["a", "b"],
      { labels: 1 },
      "f | snapshot_limit | at most 1 elements | more",
    ],
    [
      "of a set",
      stringSet(),
      ["a", "b", "c"],
      { nodes: 2 },
      "f | snapshot_limit | at most 2 elements | more",
    ],
    [
      "headers",
      headerMap(),
      { a: "x", b: "y" },
      { headers: 1 },
      "f | snapshot_limit | at most 1 headers | more",
    ],
    [
      "of a header's name",
      headerMap(),
      { abc: "x" },
      { headerNameUnits: 2 },
      "f | snapshot_limit | shorter header names | a longer one",
    ],
    [
      "of a header",
      headerMap(),
      { abc: "xyz" },
      { headerValueUnits: 2 },
      "f/abc | snapshot_limit | shorter header values | a longer one",
    ],
  ])("%s", (_, schema, value, limits, problem) => {
    expect(problemsOf(z.object({ f: schema }), { f: value }, "host", limits)).toEqual([problem]);
  });

  it("of what is absent, which takes its time as well", () => {
    const absent = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, undefined]));
    const found = (last: number) =>
      problemsOf(jsonValue(), [absent(600), absent(600), absent(last)], "host", { nodes: 700 });
    expect(found(500)).toEqual([]);
    expect(found(501)).toEqual(["2/k500 | snapshot_limit | at most 700 values | more"]);
  });

  it("in a default", () => {
    const schema = z.object({ f: z.string().default("abcdef") });
    expect(problemsOf(schema, {}, "host", { units: 5 })).toEqual([
      "f | snapshot_limit | at most 5 UTF-16 units of text | more",
    ]);
    expect(problemsOf(schema, {}, "host", { units: 6 })).toEqual([]);
  });
});
