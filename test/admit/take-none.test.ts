/** Where only reading knows how, nothing is taken over at once, nor what it is a part of. */

import { headerMap, instant, labelSet, stringSet } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";
import { amount } from "../support/kinds.ts";
import { compile } from "./support.ts";

const fieldsOf = (count: number) =>
  z.object(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, z.number()])));
const optionWith = (part: z.ZodType) =>
  z.discriminatedUnion("t", [z.object({ t: z.literal("a"), part })]);

it.each<[string, z.ZodType]>([
  ["a text", z.string()],
  ["a number", z.number()],
  ["a truth", z.boolean()],
  ["a list of texts", z.array(z.string())],
  ["a record of texts", z.record(z.string(), z.string())],
  ["what may be null", z.string().nullable()],
  ["what is refined", z.string().min(1)],
  ["a level of 31 fields", fieldsOf(31)],
  ["a union with a text as its tag", optionWith(z.string())],
  [
    "a union of which one option is taken over",
    z.discriminatedUnion("t", [
      z.object({ t: z.literal("a"), part: amount() }),
      z.object({ t: z.literal("b") }),
    ]),
  ],
  ["what is lazy, whatever it is", z.lazy(() => amount())],
])("there is a quick way: %s", (_, schema) => {
  expect(compile(schema).readParsed).toBeTypeOf("function");
});

it.each<[string, z.ZodType]>([
  ["an amount", amount()],
  ["a set", stringSet()],
  ["labels", labelSet()],
  ["headers", headerMap()],
  ["an instant", instant()],
  ["a coerced number", z.coerce.number()],
  ["a transform", z.string().transform((text) => text.length)],
  ["a union without a tag", z.union([z.string(), z.number()])],
  ["a union with a number as its tag", z.discriminatedUnion("t", [z.object({ t: z.literal(1) })])],
  ["a union with an amount in each option", optionWith(amount())],
  ["a record of named keys", z.record(z.enum(["a"]), z.string())],
  ["a level that keeps the rest", z.looseObject({ a: z.string() })],
  ["a level of 32 fields", fieldsOf(32)],
  ["a level with an amount", z.object({ a: z.string(), b: amount() })],
  ["a list of amounts", z.array(amount())],
  ["a record of amounts", z.record(z.string(), amount())],
  ["an amount that may be null", amount().nullable()],
  ["an amount that is refined", amount().refine(() => true)],
  ["what is wrapped around one", amount().optional().readonly()],
])("there is no quick way: %s", (_, schema) => {
  expect(compile(schema).readParsed).toBeUndefined();
});
