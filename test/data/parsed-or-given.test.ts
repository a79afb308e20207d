/** Parsed text is read like an equal value of a host. */
import {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
  withRule,
} from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { amount, utf8Text } from "../support/kinds.ts";
import { expectSameReading, readGiven, readSent } from "./one-value.ts";

const list = (element: z.ZodType) => z.array(element);
const record = (value: z.ZodType) => z.record(z.string(), value);
const tagged = z.discriminatedUnion("t", [
  z.object({ t: z.literal("a"), n: z.number() }),
  z.object({ t: z.enum(["b", "c"]), s: z.string() }),
]);
interface Tree {
  readonly sub: readonly Tree[];
}
const tree: z.ZodType<Tree> = z.object({ sub: z.array(z.lazy(() => tree)) });
const several = z.object({
  a: z.string(),
  b: z.number().optional(),
  c: z.boolean().nullish(),
  d: z.string().default("x"),
});

/** A level of `count` fields, and a document that has all of them. */
const levelOf = (count: number) =>
  z.object(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, z.number()])));
const documentOf = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i])));

describe("is read as a host's value", () => {
  it.each<[string, z.ZodType, string]>([
    ["texts", list(z.string()), '["","a","\\ud83d\\ude00"]'],
    ["numbers", list(z.number()), "[0,1.5,-2,1e300]"],
    ["minus zero in a list", list(z.number()), "[-0]"],
    ["minus zero in a map", record(z.number()), '{"a":-0}'],
    ["minus zero in a level", z.object({ a: z.number() }), '{"a":-0}'],
    ["minus zero as data", jsonObject(), '{"a":-0,"b":[-0]}'],
    ["truths", list(z.boolean()), "[true,false]"],
    ["an enumeration", list(z.enum(["a", "b"])), '["b","a","b"]'],
    ["a zero with a sign, where a literal has none", list(z.literal(0)), "[-0]"],
    ["literals", list(z.literal(["a", 5, true, null])), '[null,true,5,"a"]'],
    ["whole numbers", list(wholeNumber()), "[0,1,9007199254740991]"],
    ["a text that may be bytes", list(utf8Text()), '["a"]'],
    ["null where it is a value", list(z.string().nullable()), '[null,"a",null]'],
    ["null in a level, where it is a value", z.object({ a: z.string().nullable() }), '{"a":null}'],
    ["an empty record", record(z.string()), "{}"],
    ["a record, in the order of its keys", record(z.string()), '{"b":"x","a":"y","1":"z"}'],
    ["a record that names a prototype", record(z.string()), '{"__proto__":"x","a":"y"}'],
    ["a record of records", record(record(z.string())), '{"b":{},"a":{"c":"d"}}'],
    ["an empty list", list(z.string()), "[]"],
    ["a list at its least", list(z.string()).min(2), '["a","b"]'],
    ["a list at its most", list(z.string()).max(2), '["a","b"]'],
    ["lists of lists", list(list(z.number())), "[[],[1],[2,3]]"],
    ["a level, in the order of the schema", several, '{"d":"y","c":true,"b":1,"a":"z"}'],
    ["a level with what may be absent", several, '{"a":"z","c":null}'],
    ["a level with a value for a default alone", several, '{"a":"z","d":"y"}'],
    ["a level with null where nothing may be", several, '{"b":null,"c":null,"a":"z"}'],
    ["a level with a list as default", z.object({ a: list(z.string()).default(["x"]) }), "{}"],
    ["a level with a prefault", z.object({ a: z.string().prefault("x") }), "{}"],
    ["an empty level", z.object({}), "{}"],
    ["a level of 31 fields", levelOf(31), documentOf(31)],
    ["a level in a level", z.object({ f: several }), '{"f":{"c":false,"a":""}}'],
    ["a tagged union", list(tagged), '[{"t":"a","n":1},{"s":"x","t":"c"},{"t":"b","s":""}]'],
    ["a lazy one", list(z.lazy(() => z.string())), '["a","b"]'],
    ["a lazy one that may be null", list(z.lazy(() => z.string().nullable())), '["a",null]'],
    ["a tree", tree, '{"sub":[{"sub":[]},{"sub":[{"sub":[]}]}]}'],
    ["any data", jsonValue(), '[null,true,1,"a",{"b":[{}],"a":-0}]'],
    ["any object", jsonObject(), '{"b":null,"a":{"__proto__":[]}}'],
    ["a text that is refined", list(z.string().min(1).max(2)), '["a","ab"]'],
    ["a list that is refined", list(z.string()).refine((items) => items[0] === "a"), '["a"]'],
    ["a record that is refined", record(z.string()).refine(({ a }) => a === "x"), '{"a":"x"}'],
    ["a level that is refined", several.refine(({ a }) => a === "z"), '{"a":"z","c":true}'],
    ["data that is refined", list(jsonValue().refine((value) => value !== 1)), "[2]"],
    ["what has a rule", list(withRule(z.string(), "an a", (text) => text === "a")), '["a"]'],
    ["what an overwriting check leaves", list(z.string().trim()), '["a"]'],
    ["what is wrapped", list(z.string().optional().nonoptional().readonly()), '["a"]'],
    ["the bytes of a text", list(utf8Text()), "[[97]]"],
    ["what a check makes another", list(z.string().trim()), '[" a"]'],
    ["a level of 32 fields", levelOf(32), documentOf(32)],
    ["a lazy one that only zod knows", list(z.lazy(() => z.coerce.number())), '["5"]'],
    ["a lazy amount", list(z.lazy(() => amount())), "[5]"],
    ["an amount", list(amount()), "[5]"],
    ["an amount that is refined", list(amount().refine(() => true)), "[5]"],
    ["an amount that may be null", list(amount().nullable()), "[5,null]"],
    ["a record of amounts", record(amount()), '{"a":5}'],
    ["a level with an amount", z.object({ a: amount() }), '{"a":5}'],
    ["a level with a level with one", z.object({ f: z.object({ a: amount() }) }), '{"f":{"a":5}}'],
    [
      "an option with one",
      z.discriminatedUnion("t", [z.object({ t: z.literal("a"), n: amount() })]),
      '{"t":"a","n":1}',
    ],
    [
      "a union discriminated by a number",
      z.discriminatedUnion("t", [z.object({ t: z.literal(1) })]),
      '{"t":1}',
    ],
    ["a union without a tag", list(z.union([z.string(), z.number()])), "[5]"],
    ["a transform", list(z.string().transform((text) => `${text}!`)), '["a"]'],
    ["a level that keeps the rest", z.looseObject({ a: z.string() }), '{"a":"x","b":1}'],
    ["a record of short keys", z.record(z.string().max(3), z.string()), '{"a":"x"}'],
    ["a set", stringSet(), '["b","a"]'],
    ["labels", labelSet(), '["b","a"]'],
    ["headers", headerMap(), '{"a":"x"}'],
    ["an instant", list(instant()), '["2026-01-01T00:00:00Z"]'],
  ])("%s", (_, schema, text) => expectSameReading(schema, text));
});

describe("is refused as a host's value", () => {
  it.each<[string, z.ZodType, string]>([
    ["a number for a text", list(z.string()), "[5]"],
    ["null for a text", list(z.string()), "[null]"],
    ["a lone surrogate", list(z.string()), '["\\ud800"]'],
    ["a lone surrogate in a key", record(z.string()), '{"\\ud800":"a"}'],
    ["a lone surrogate in data", list(jsonValue()), '["\\ud800"]'],
    ["a text for a number", list(z.number()), '["5"]'],
    ["a number beyond all", list(z.number()), "[1e999]"],
    ["a number beyond all, as data", list(jsonValue()), "[1e999]"],
    ["a number for a truth", list(z.boolean()), "[1]"],
    ["a text that is not listed", list(z.enum(["a", "b"])), '["c"]'],
    ["a value that is not listed", list(z.literal(["a", null])), "[true]"],
    ["a number that is not listed", list(z.literal([4, 6])), "[5]"],
    ["a literal number as text", list(z.literal(5)), '["5"]'],
    ["an object for a literal", list(z.literal(5)), "[{}]"],
    ["a number below zero", list(wholeNumber()), "[-1]"],
    ["a number that is not whole", list(wholeNumber()), "[0.5]"],
    ["a number too great to be whole", list(wholeNumber()), "[9007199254740992]"],
    ["a number for what may be null", list(z.string().nullable()), "[5]"],
    ["an object for what may be null", list(z.string().nullable()), "[{}]"],
    ["a list for a record", record(z.string()), "[]"],
    ["a text for a record", list(record(z.string())), '["a"]'],
    ["a number for a record", list(record(z.string())), "[5]"],
    ["null for a record", list(record(z.string())), "[null]"],
    ["a wrong value in a record", record(z.string()), '{"a":"b","c":1}'],
    ["a wrong value in a list", list(z.string()), '["a",1]'],
    ["an object for a list", list(z.string()), '{"length":0}'],
    ["null for a list", list(list(z.string())), "[null]"],
    ["a list one too short", list(z.string()).min(2), '["a"]'],
    ["a list one too long", list(z.string()).max(2), '["a","b","c"]'],
    ["a list for a level", z.object({}), "[]"],
    ["a text for a level", list(z.object({})), '["a"]'],
    ["a number for a level", list(z.object({})), "[5]"],
    ["null for a level", list(z.object({})), "[null]"],
    ["a level without what must be", several, '{"c":true}'],
    ["a level without what may be null", z.object({ a: z.array(z.string()) }), '{"a":null}'],
    ["a wrong value in a level", several, '{"a":"z","c":true,"b":"1"}'],
    ["null for what has a default", z.object({ a: z.string().default("x") }), '{"a":null}'],
    ["an unknown field by itself", z.object({ a: z.number().optional() }), '{"e":1}'],
    ["an unknown field", several, '{"a":"z","c":true,"e":1}'],
    ["a tag of no option", list(tagged), '[{"t":"d","n":1}]'],
    ["no tag", list(tagged), '[{"n":1}]'],
    ["an option of another tag", list(tagged), '[{"t":"a","s":"x"}]'],
    ["a text for a tagged union", list(tagged), '["a"]'],
    ["null for a tagged union", list(tagged), "[null]"],
    ["a wrong value in a tree", tree, '{"sub":[{"sub":[{"sub":0}]}]}'],
    ["what breaks a check", list(z.string().min(1).max(2)), '["abc"]'],
    ["what breaks the check of a list", list(z.string()).refine((a) => a.length === 0), '["a"]'],
    ["what breaks the check of a level", several.refine(() => false), '{"a":"z","c":true}'],
    ["what breaks the check of data", list(jsonValue().refine(() => false)), "[2]"],
    ["what breaks a rule", list(withRule(z.string(), "an a", (text) => text === "a")), '["b"]'],
    ["what a check throws at", list(z.string().refine(() => Promise.reject(5))), '["a"]'],
  ])("%s", (_, schema, text) => {
    expect(readGiven(schema, text)).toBeUndefined();
    expect(readSent(schema, text)).toBeUndefined();
  });
});
