/** What a schema compiles to: its shape and its parts, which cannot be changed later. */

import { jsonObject, jsonValue, labelSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { type Compiled, readPlain } from "../../../src/core/schema/index.ts";
import { admitOver, compile, problemsBy, problemsOf, readingOf } from "../../data/support.ts";
import { amount } from "../../support/kinds.ts";

const tagged = z.discriminatedUnion("t", [z.object({ t: z.literal("a") })]);

describe("the shape that merge and filter use", () => {
  it.each<[string, z.ZodType, Compiled["shape"]]>([
    ["a level", z.object({ a: z.string() }), "level"],
    ["a strict level", z.strictObject({ a: z.string() }), "level"],
    ["a loose level", z.looseObject({ a: z.string() }), "map"],
    ["a level with a rest", z.object({}).catchall(z.string()), "map"],
    ["a record", z.record(z.string(), z.string()), "map"],
    ["a record of named keys", z.record(z.enum(["a"]), z.string()), "map"],
    ["a record of coerced keys", z.record(z.coerce.string() as never, z.string()), "map"],
    ["a record of short keys", z.record(z.string().max(3), z.string()), "map"],
    ["a list", z.array(z.string()), "list"],
    ["a text", z.string(), "scalar"],
    ["a number", z.number(), "scalar"],
    ["a truth", z.boolean(), "scalar"],
    ["an enumeration", z.enum(["a"]), "scalar"],
    ["what may be null", z.array(z.string()).nullable(), "scalar"],
    ["a tagged union", tagged, "scalar"],
    ["another union", z.union([z.string(), z.number()]), "scalar"],
    ["a lazy one", z.lazy(() => z.array(z.string())), "scalar"],
    ["a transform", z.string().transform((text) => [text]), "scalar"],
    ["an optional list", z.array(z.string()).optional(), "list"],
    ["a read-only default list", z.array(z.string()).default([]).readonly(), "list"],
  ])("of %s", (_, schema, shape) => {
    expect(compile(schema).shape).toBe(shape);
  });

  it("and the elements of a list without other checks", () => {
    expect(compile(z.array(z.array(z.string())).max(3)).element?.shape).toBe("list");
    expect(compile(z.array(z.string()).refine(() => true)).element).toBeUndefined();
    expect(compile(z.string()).element).toBeUndefined();
  });
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

describe("a wrapper around a type", () => {
  it.each<[string, (schema: z.ZodType) => z.ZodType]>([
    ["optional", (schema) => schema.optional()],
    ["not optional", (schema) => schema.optional().nonoptional()],
    ["nullable", (schema) => schema.nullable()],
    ["default", (schema) => schema.default([])],
    ["prefault", (schema) => schema.prefault([])],
    ["read-only", (schema) => schema.readonly()],
    ["lazy", (schema) => z.lazy(() => schema)],
  ])("does not change a value: %s", (_, wrap) => {
    const list = z.array(wrap(labelSet()));
    expect(problemsOf(list, [[" PII"]]).map((line) => line.slice(0, 19))).toEqual([
      "0/0 | label_invalid",
    ]);
    expect(readingOf(list, [["b", "a", "b"]])).toEqual([["a", "b"]]);
  });

  it("accepts null if that is a value, and counts it", () => {
    const list = z.array(z.string().nullable());
    expect(readingOf(list, [null, "a"])).toEqual([null, "a"]);
    expect(problemsOf(list, [null, null], "host", { nodes: 2 })).toHaveLength(1);
  });
});

describe("a coerced type", () => {
  it.each<[string, z.ZodType, unknown, unknown]>([
    ["number", z.coerce.number(), "5", 5],
    ["text", z.coerce.string(), 5, "5"],
    ["truth", z.coerce.boolean(), "x", true],
  ])("is coerced as by zod: %s", (_, schema, value, made) => {
    expect(readingOf(z.array(schema), [value])).toEqual([made]);
  });
});

describe("the bounds of a list", () => {
  it.each<[string, z.ZodArray, number, number]>([
    ["the narrower of two each", z.array(z.null()).min(1).min(2).max(4).max(3), 2, 3],
    ["in any order", z.array(z.null()).max(3).max(4).min(2).min(1), 2, 3],
    ["one length", z.array(z.null()).length(2), 2, 2],
  ])("apply: %s", (_, schema, least, most) => {
    const holds = (count: number) => problemsOf(schema, new Array(count).fill(null)).length === 0;
    expect([0, 1, 2, 3, 4, 5].filter(holds)).toEqual(
      [0, 1, 2, 3, 4, 5].filter((count) => count >= least && count <= most),
    );
    expect(problemsOf(schema, [])).toEqual([expect.stringContaining(`at least ${least} elements`)]);
    expect(problemsOf(schema, new Array(9).fill(null))).toEqual([
      expect.stringContaining(`at most ${most} elements`),
    ]);
  });
});

describe("a lazy schema", () => {
  interface Tree {
    readonly name: string;
    readonly sub?: readonly Tree[] | undefined;
  }
  const tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    sub: z.array(z.lazy(() => tree)).optional(),
  });

  it("that refers to itself is read at any depth", () => {
    const value = { name: "a", sub: [{ name: "b", sub: [{ name: "c" }] }] };
    expect(readingOf(tree, value)).toEqual(value);
    expect(problemsOf(tree, { name: "a", sub: [{ name: "b", sub: [{ name: 5 }] }] })).toEqual([
      "sub/0/sub/0/name | extensions_shape | a string | number",
    ]);
  });

  it("is resolved when it is declared, once", () => {
    let asked = 0;
    const inner = z.string();
    const compiled = compile(
      z.object({
        f: z.lazy(() => {
          asked += 1;
          return inner;
        }),
      }),
    );
    const before = asked;
    expect(problemsBy(compiled, { f: "a" })).toEqual([]);
    expect(problemsBy(compiled, { f: 5 })).toHaveLength(1);
    expect(asked).toBe(before);
  });

  it("is resolved when it is declared, up to two hundred levels", () => {
    let asked = 0;
    const part = () =>
      z.array(
        z.lazy(() => {
          asked += 1;
          return z.string();
        }),
      );
    const parts = Array.from({ length: 201 }, (_, i) => [`f${i}`, part()] as const);
    const compiled = compile(z.object(Object.fromEntries(parts)));
    expect(asked).toBe(200);
    const all = Object.fromEntries(parts.map(([key]) => [key, ["a"]]));
    expect(problemsBy(compiled, all)).toEqual([]);
    expect(asked).toBe(201);
    expect(problemsBy(compiled, all)).toEqual([]);
    expect(asked).toBe(201);
  });

  it("may refer to one that is not defined yet, and is resolved again when read", () => {
    let later: z.ZodType | undefined;
    const compiled = compile(
      z.object({
        f: z.lazy(() => {
          if (later === undefined) throw new ReferenceError("not yet");
          return later;
        }),
      }),
    );
    expect(() => problemsBy(compiled, { f: "a" })).toThrow("not yet");
    later = z.string();
    expect(problemsBy(compiled, { f: "a" })).toEqual([]);
  });

  it("that is different each time is endless, and can still be declared", () => {
    let asked = 0;
    const endless = (): z.ZodType => {
      asked += 1;
      return z.object({ next: z.lazy(endless).optional() });
    };
    const compiled = compile(z.lazy(endless));
    expect(asked).toBeGreaterThan(50);
    expect(asked).toBeLessThan(500);
    expect(problemsBy(compiled, { next: { next: { next: {} } } })).toEqual([]);
    const read = compile(z.union([z.string(), z.lazy(endless)]));
    expect(asked).toBeLessThan(2000);
    expect(problemsBy(read, { next: { next: {} } })).toEqual([]);
  });
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

  it("is read as a whole even if parts may be omitted", () => {
    const how = { origin: "plugin", partial: true } as const;
    const record = compile(z.record(z.string(), z.string()));
    expect(admitOver(record, { a: "x" }, how)).toMatchObject({ ok: true, value: { a: "x" } });
    // A partial read skips a level's checks: whoever completes the level runs them.
    const level = compile(z.object({ a: z.string() }).refine(() => false));
    expect(admitOver(level, { a: "x" }, how)).toMatchObject({ ok: true, value: { a: "x" } });
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

  it("is what any JSON schema accepts", () => {
    expect(readingOf(jsonValue(), [null, true, 1, "a", {}])).toEqual([null, true, 1, "a", {}]);
  });
});
