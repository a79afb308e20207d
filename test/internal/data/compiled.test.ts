/** What a schema compiles to: parts that cannot be changed later, wherever it is used. */

import { jsonObject, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { readPlain } from "../../../src/core/schema/index.ts";
import { compile, problemsOf } from "../../data/reads.ts";
import { amount } from "../../support/kinds.ts";

const tagged = z.discriminatedUnion("t", [z.object({ t: z.literal("a") })]);

it("has the elements of a list without other checks", () => {
  expect(compile(z.array(z.array(z.string())).max(3)).element?.shape).toBe("list");
  expect(compile(z.array(z.string()).refine(() => true)).element).toBeUndefined();
  expect(compile(z.string()).element).toBeUndefined();
});

it("is frozen as a whole", () => {
  const schema = z.object({
    a: z.array(z.object({ b: z.string().default("c") })),
    d: z.object({}),
  });
  const parts: unknown[] = [compile(schema)];
  for (const part of parts) {
    if (
      typeof part !== "object" ||
      part === null ||
      parts.indexOf(part) !== parts.lastIndexOf(part)
    )
      continue;
    expect(Object.isFrozen(part)).toBe(true);
    parts.push(...Object.values(part));
  }
  expect(parts.length).toBeGreaterThan(30);
});

it("has each part as an own property, so that none is read from a prototype", () => {
  const parts = ["shape", "read", "passes", "level", "element"];
  for (const schema of [z.string(), z.object({}), z.array(z.string()), tagged, z.any(), amount()]) {
    expect(Object.keys(compile(schema))).toEqual(expect.arrayContaining(parts));
  }
});

it("is the same wherever a schema is used", () => {
  const part = z.object({ a: z.string() });
  const { level } = compile(z.object({ f: part, g: part.optional(), h: z.array(part) }));
  const [f, g, h] = level?.fields.map(({ compiled }) => compiled) ?? [];
  expect(f).toBeDefined();
  expect(g).toBe(f);
  expect(h?.element).toBe(f);
});

describe("a root that is not an object", () => {
  const undefinedAt = (expected: string) => [` | extensions_shape | ${expected} | undefined`];
  it.each<[string, z.ZodType, string]>([
    ["a record", z.record(z.string(), z.string()), "an object"],
    ["free-form data", jsonObject(), "an object"],
    ["a list", z.array(z.string()), "an array"],
    ["a level", z.object({ a: z.string() }), "an object"],
    ["a string", z.string(), "a string"],
    ["an enumeration", z.enum(["a", "b"]), 'one of "a", "b"'],
  ])("is not undefined: %s", (_, schema, expected) => {
    expect(problemsOf(schema, undefined)).toEqual(undefinedAt(expected));
  });
});

describe("plain data of a plugin's", () => {
  it("is copied, or refused", () => {
    const given = { a: [1, { b: "c" }] };
    const read = readPlain(given);
    expect(read).toEqual(given);
    expect(read).not.toBe(given);
    for (const bad of [undefined, () => 0, { a: 1n }, { a: new Date() }, new Array(1)]) {
      expect(readPlain(bad)).toBeUndefined();
    }
    expect(readPlain(JSON.parse('{"__proto__":1}'))).toBeUndefined();
    const { nodes } = extensionsLimits;
    expect(readPlain(new Array(nodes - 1).fill(0))).toHaveLength(nodes - 1);
    expect(readPlain(new Array(nodes).fill(0))).toBeUndefined();
  });
});

describe("a schema without checks", () => {
  it.each<[string, z.ZodType]>([
    ["a text", z.string()],
    ["a union", z.union([z.string(), z.number()])],
    ["a transform", z.string().transform((text) => text.length)],
    ["a record of named keys", z.record(z.enum(["a"]), z.string())],
    ["a set", stringSet()],
  ])("has no checks for merged values: %s", (_, schema) => {
    expect(compile(schema).passes).toBeUndefined();
  });
});
