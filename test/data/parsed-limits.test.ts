/** Parsed text and host values have the same limits. */

import type { Limits } from "glassine";
import { jsonObject, wholeNumber } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { utf8Text } from "../support/kinds.ts";
import { readGiven, readSent } from "./one-value.ts";

const list = (element: z.ZodType) => z.array(element);
const record = (value: z.ZodType) => z.record(z.string(), value);
const wide = z.object({
  a: z.string(),
  b: z.string().default("xyz"),
  c: list(z.string()).default(["xyz"]),
});
const tagged = z.discriminatedUnion("t", [z.object({ t: z.literal("abc") })]);

describe("at a limit it is read, one past it refused", () => {
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
  ])("%s", (_, schema, text, limit, least) => {
    expect(readGiven(schema, text, { [limit]: least })).toBeDefined();
    expect(readSent(schema, text, { [limit]: least })).toBeDefined();
    expect(readGiven(schema, text, { [limit]: least - 1 })).toBeUndefined();
    expect(readSent(schema, text, { [limit]: least - 1 })).toBeUndefined();
  });
});

it("a list with more elements than the limit of values is not read", () => {
  const given: unknown[] = [];
  const schema = z.array(z.string().refine((text) => given.push(text) > 0));
  // Two more than the value may have: the call's own limit is that of the whole envelope.
  expect(readSent(schema, '["a","b","c","d","e"]', { nodes: 2 })).toBeUndefined();
  expect(given).toEqual([]);
  expect(readSent(schema, '["a","b"]', { nodes: 2 })).toBeUndefined();
  expect(given).toEqual(["a"]);
});
