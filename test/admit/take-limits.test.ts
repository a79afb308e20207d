/** What is taken over at once is held to every limit, and passes whatever reading lets pass. */

import { jsonObject, jsonValue, wholeNumber } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits, type Limits } from "../../src/core/data/index.ts";
import { allowanceOf, type ParsedReader } from "../../src/core/data/read-parsed.ts";
import { BAD } from "../../src/core/data/read-state.ts";
import { limited } from "../../src/core/schema/index.ts";
import { utf8Text } from "../support/kinds.ts";
import { compile, readFrom, takenOf } from "./support.ts";

const list = (element: z.ZodType) => z.array(element);
const record = (value: z.ZodType) => z.record(z.string(), value);
const wide = z.object({
  a: z.string(),
  b: z.string().default("xyz"),
  c: list(z.string()).default(["xyz"]),
});
const tagged = z.discriminatedUnion("t", [z.object({ t: z.literal("abc") })]);

describe("at a limit it is taken over, one past it read", () => {
  it.each<[string, z.ZodType, string, keyof Limits, number]>([
    ["values of a list", list(z.string()), '["a","b"]', "nodes", 3],
    ["numbers", list(z.number()), "[1,2]", "nodes", 3],
    ["whole numbers", list(wholeNumber()), "[1,2]", "nodes", 3],
    ["truths", list(z.boolean()), "[true,false]", "nodes", 3],
    ["literals", list(z.literal([5, null, "a"])), '[5,null,"a"]', "nodes", 4],
    ["null where it is a value", list(z.string().nullable()), "[null,null]", "nodes", 3],
    ["values of a record", record(z.number()), '{"a":1,"b":2}', "nodes", 3],
    ["values of a level", z.object({ a: z.number(), b: z.number() }), '{"a":1,"b":2}', "nodes", 3],
    ["defaults", wide, '{"a":"x"}', "nodes", 5],
    ["no default where a value is", wide, '{"a":"x","b":"y","c":[]}', "nodes", 4],
    ["data", jsonObject(), '{"a":[1,null,"b",true],"c":{}}', "nodes", 7],
    ["a tagged union", list(tagged), '[{"t":"abc"}]', "nodes", 3],
    ["the text of a list", list(z.string()), '["a","bc"]', "units", 3],
    ["a text that may be bytes", list(utf8Text()), '["abc"]', "units", 3],
    ["the text of literals", list(z.enum(["a", "bc"])), '["a","bc"]', "units", 3],
    [
      "the text beside a number",
      z.object({ a: z.literal(5), b: z.string() }),
      '{"a":5,"b":"ab"}',
      "units",
      2,
    ],
    ["keys and texts of a record", record(z.string()), '{"ab":"c","d":"ef"}', "units", 6],
    ["no keys of a level", z.object({ abc: z.string() }), '{"abc":"de"}', "units", 2],
    ["the text of defaults", wide, '{"a":"x"}', "units", 7],
    ["keys and texts of data", jsonObject(), '{"ab":["c",{"d":"ef"}]}', "units", 6],
    ["the text of a tagged union", list(tagged), '[{"t":"abc"}]', "units", 3],
    ["keys of a record", record(z.number()), '{"abc":1}', "keyUnits", 3],
    ["keys of data", jsonObject(), '{"a":{"abcd":1}}', "keyUnits", 4],
    ["lists in lists", list(list(list(z.string()))), '[[],[[]],[["a"],["b"]]]', "depth", 3],
    ["records in records", record(record(z.string())), '{"a":{},"b":{}}', "depth", 2],
    ["levels in levels", z.object({ f: z.object({}) }), '{"f":{}}', "depth", 2],
    ["data in data", jsonObject(), '{"a":[[]],"b":[{}]}', "depth", 3],
    ["a list of its own", limited(list(z.string()), "labels"), '["a","b"]', "labels", 2],
  ])("%s", (_, schema, text, limit, least) => {
    expect(takenOf(schema, text, { [limit]: least })).toBeDefined();
    expect(readFrom(schema, text, { [limit]: least }).ok).toBe(true);
    expect(takenOf(schema, text, { [limit]: least - 1 })).toBeUndefined();
    expect(readFrom(schema, text, { [limit]: least - 1 }).ok).toBe(false);
  });
});

it("a list of its own limit may be longer than others, and one without is held to the values", () => {
  const limits = { labels: 1 };
  expect(takenOf(list(z.string()), '["a","b"]', limits)).toEqual(["a", "b"]);
  expect(takenOf(limited(list(z.string()), "hops"), '["a","b"]', limits)).toEqual(["a", "b"]);
});

it("a list of more elements than values may come is not gone into, one of as many is", () => {
  const given: unknown[] = [];
  const schema = list(z.string().refine((text) => given.push(text) > 0));
  expect(takenOf(schema, '["a","b","c"]', { nodes: 2 })).toBeUndefined();
  expect(given).toEqual([]);
  expect(takenOf(schema, '["a","b"]', { nodes: 2 })).toBeUndefined();
  expect(given).toEqual(["a", "b"]);
});

describe("a value by itself", () => {
  const left = (limits: Partial<Limits> = {}) => allowanceOf({ ...extensionsLimits, ...limits });
  const takerOf = (schema: z.ZodType) => compile(schema).readParsed as ParsedReader;

  it.each<[string, z.ZodType, unknown]>([
    ["a text", z.string(), "a"],
    ["a number", z.number(), 5],
    ["a truth", z.boolean(), false],
    ["null", z.string().nullable(), null],
    ["one of some", z.literal(["a", null]), null],
    ["a lazy text", z.lazy(() => z.string()), "a"],
    ["data", jsonValue(), true],
    ["what is refined", z.string().min(1), "a"],
  ])("is taken over as it is: %s", (_, schema, value) => {
    expect(takerOf(schema)(left(), value)).toBe(value);
  });

  it.each<[string, z.ZodType]>([
    ["a text", z.string()],
    ["a number", z.number()],
    ["a truth", z.boolean()],
    ["one of some", z.literal(["a", null])],
    ["a list", list(z.string())],
    ["a record", record(z.string())],
    ["a level", z.object({})],
    ["a lazy text", z.lazy(() => z.string())],
    ["what may be null", z.string().nullable()],
    ["what is refined", z.string().min(1)],
    ["a tagged union", tagged],
  ])("that is absent is none: %s", (_, schema) => {
    expect(takerOf(schema)(left(), undefined)).toBe(BAD);
  });

  it.each<[string, z.ZodType, unknown, number, number]>([
    ["a text", z.string(), "abc", 1, 3],
    ["a number", z.number(), 5, 1, 0],
    ["a truth", z.boolean(), true, 1, 0],
    ["null", z.string().nullable(), null, 1, 0],
    ["one of some", z.enum(["abc", "d"]), "abc", 1, 3],
    ["a number of some", z.literal([5, 6]), 6, 1, 0],
    ["a list", list(z.string()), ["a", "bc"], 3, 3],
    ["a record", record(z.string()), { ab: "c" }, 2, 3],
    ["a level", z.object({ ab: z.string() }), { ab: "c" }, 2, 1],
    ["data", jsonValue(), { a: [null, "bc"] }, 4, 3],
  ])("takes its part of what is left: %s", (_, schema, value, nodes, units) => {
    const allowed = left({ nodes: 10, units: 20, depth: 5 });
    expect(takerOf(schema)(allowed, value)).toEqual(value);
    expect(allowed).toMatchObject({ nodes: 10 - nodes, units: 20 - units, depth: 5 });
  });
});
