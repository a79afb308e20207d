/** What a slot makes of a schema: its shape, its wrappers, its bounds and its lazy parts. */
import {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
} from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { problemsIn, slotOf } from "./one-slot.ts";
import { refusalOf } from "./support.ts";

const readingOf = (schema: z.ZodType, f: unknown) =>
  slotOf(z.object({ f: schema })).create({ f }).f;
const problemsOf = (schema: z.ZodType, f: unknown, limits = {}) =>
  problemsIn(() => slotOf(z.object({ f: schema })).create({ f }, limits));

describe("the shape of a slot or a field", () => {
  const isTaken = (make: () => unknown) => {
    try {
      make();
      return true;
    } catch {
      expect(refusalOf(make).code).toBe("slot_invalid");
      return false;
    }
  };
  /** Only a list may grow; a slot is a level or a map, and only a map loses what is left out. */
  function shapeOf(schema: z.ZodType): string {
    const growing = { tier: "monotonic", write: "everyone", grows: "f" } as const;
    if (isTaken(() => slotOf(z.object({ f: schema }), growing))) return "list";
    if (!isTaken(() => slotOf(schema))) return "scalar";
    const slot = slotOf(schema);
    const before = slot.envelopeOf({ a: "a" });
    try {
      return slot.merge(before, {}).a === "a" ? "level" : "map";
    } catch {
      return "map";
    }
  }
  const tagged = z.discriminatedUnion("t", [z.object({ t: z.literal("a") })]);

  it.each<[string, z.ZodType, string]>([
    ["a level", z.object({ a: z.string() }), "level"],
    ["a strict level", z.strictObject({ a: z.string() }), "level"],
    ["a loose level", z.looseObject({ a: z.string().optional() }), "map"],
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
  ])("is known: %s", (_, schema, shape) => {
    expect(shapeOf(schema)).toBe(shape);
  });
});

describe("the shape of a field type", () => {
  const growing = { fields: { f: { tier: "monotonic" } } } as const;
  /** Only a set grows beside fields that do not. */
  const isSet = (schema: z.ZodType) => {
    try {
      slotOf(z.object({ f: schema }), growing);
      return true;
    } catch {
      return false;
    }
  };
  /** Only headers have names that count as one in any case. */
  const areHeaders = (schema: z.ZodType) => {
    const { envelopeOf, merge } = slotOf(z.object({ f: schema }));
    const before = envelopeOf({ f: { "x-a": "1" } });
    try {
      merge(before, { f: { "x-a": "1", "X-A": "2" } });
      return false;
    } catch (error) {
      return (error as { code?: unknown }).code === "header_duplicate";
    }
  };
  const refinements: readonly ((schema: z.ZodType) => z.ZodType)[] = [
    (schema) => schema,
    (schema) => schema.refine(() => true).describe("d"),
    (schema) => schema.refine(() => true).refine(() => true),
  ];

  it.each(refinements)("is kept if it is refined or described", (refined) => {
    for (const set of [stringSet(), labelSet()]) expect(isSet(refined(set))).toBe(true);
    expect(areHeaders(refined(headerMap()))).toBe(true);
    const map = slotOf(z.object({ f: refined(jsonObject()) }));
    expect(map.merge(map.envelopeOf({ f: { a: 1, b: 2 } }), { f: { a: 1 } })).toEqual({
      f: { a: 1 },
    });
    for (const other of [jsonValue(), jsonObject(), wholeNumber(), headerMap(), instant()])
      expect(isSet(refined(other))).toBe(false);
    for (const other of [jsonValue(), jsonObject(), z.record(z.string(), z.string())])
      expect(areHeaders(refined(other))).toBe(false);
  });

  it("is not that of what is made of it", () => {
    for (const made of [
      z.string(),
      z.array(stringSet()),
      stringSet().nullable(),
      stringSet().transform((texts) => texts),
      instant().transform((text) => [text]),
    ])
      expect(isSet(made)).toBe(false);
    for (const kept of [stringSet().optional(), stringSet().default([]), stringSet().readonly()])
      expect(isSet(kept)).toBe(true);
  });
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
    expect(problemsOf(list, [[" PII"]]).map((line) => line.slice(0, 21))).toEqual([
      "f/0/0 | label_invalid",
    ]);
    expect(readingOf(list, [["b", "a", "b"]])).toEqual([["a", "b"]]);
  });

  it("accepts null if that is a value, and counts it", () => {
    const list = z.array(z.string().nullable());
    expect(readingOf(list, [null, "a"])).toEqual([null, "a"]);
    // The slot, the list and two elements.
    expect(() =>
      slotOf(z.object({ f: list })).create({ f: [null, null] }, { nodes: 4 }),
    ).not.toThrow();
    expect(problemsOf(list, [null, null], { nodes: 3 })).toHaveLength(1);
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
    const { create } = slotOf(z.object({ f: schema }));
    const of = (count: number) => () => create({ f: new Array(count).fill(null) });
    for (const count of [0, 1, 2, 3, 4, 5]) {
      if (count >= least && count <= most) expect(of(count)).not.toThrow();
      else expect(problemsIn(of(count))).toHaveLength(1);
    }
    expect(problemsIn(of(0))).toEqual([expect.stringContaining(`at least ${least} elements`)]);
    expect(problemsIn(of(9))).toEqual([expect.stringContaining(`at most ${most} elements`)]);
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
    const { create } = slotOf(tree);
    const value = { name: "a", sub: [{ name: "b", sub: [{ name: "c" }] }] };
    expect(create(value)).toEqual(value);
    const bad = { name: "a", sub: [{ name: "b", sub: [{ name: 5 }] }] };
    expect(problemsIn(() => create(bad))).toEqual([
      "sub/0/sub/0/name | extensions_shape | a string | number",
    ]);
  });

  it("is resolved when its host is defined, once", () => {
    let asked = 0;
    const inner = z.string();
    const lazy = z.lazy(() => {
      asked += 1;
      return inner;
    });
    const { create } = slotOf(z.object({ f: lazy }));
    const before = asked;
    expect(before).toBeGreaterThan(0);
    expect(create({ f: "a" })).toEqual({ f: "a" });
    expect(problemsIn(() => create({ f: 5 }))).toHaveLength(1);
    expect(asked).toBe(before);
  });

  it("is resolved when its host is defined, up to two hundred levels", () => {
    let asked = 0;
    const part = () =>
      z.array(
        z.lazy(() => {
          asked += 1;
          return z.string();
        }),
      );
    const parts = Array.from({ length: 201 }, (_, i) => [`f${i}`, part()] as const);
    const { create } = slotOf(z.object(Object.fromEntries(parts)));
    expect(asked).toBe(200);
    const all = Object.fromEntries(parts.map(([key]) => [key, ["a"]]));
    expect(create(all)).toEqual(all);
    expect(asked).toBe(201);
    expect(create(all)).toEqual(all);
    expect(asked).toBe(201);
  });

  it("may refer to one that is not defined yet, and is resolved again when read", () => {
    let later: z.ZodType | undefined;
    const lazy = z.lazy(() => {
      if (later === undefined) throw new ReferenceError("not yet");
      return later;
    });
    const { create } = slotOf(z.object({ f: lazy }));
    expect(() => create({ f: "a" })).toThrow("not yet");
    later = z.string();
    expect(create({ f: "a" })).toEqual({ f: "a" });
  });

  it("that is different each time is endless, and can still be declared", () => {
    let asked = 0;
    const endless = (): z.ZodType => {
      asked += 1;
      return z.object({ next: z.lazy(endless).optional() });
    };
    const nested = { next: { next: { next: {} } } };
    const { create } = slotOf(z.object({ f: z.lazy(endless) }));
    expect(asked).toBeGreaterThan(50);
    expect(asked).toBeLessThan(1000);
    expect(create({ f: nested })).toEqual({ f: nested });
    const either = slotOf(z.object({ f: z.union([z.string(), z.lazy(endless)]) }));
    expect(asked).toBeLessThan(4000);
    expect(either.create({ f: { next: { next: {} } } })).toEqual({ f: { next: { next: {} } } });
  });
});

it("a record is read as a whole even if a plugin may omit parts of a level", () => {
  const { envelopeOf, merge } = slotOf(z.record(z.string(), z.string()));
  expect(merge(envelopeOf({ b: "y" }), { a: "x" })).toEqual({ a: "x" });
});

it("a level's own check judges what a plugin's part makes of it, not the part", () => {
  const level = z.object({ a: z.string(), b: z.number().default(1) });
  const { envelopeOf, merge } = slotOf(level.refine(({ a, b }) => a.length === b));
  expect(merge(envelopeOf({ a: "x" }), { a: "xy", b: 2 })).toEqual({ a: "xy", b: 2 });
  expect(merge(envelopeOf({ a: "xy", b: 2 }), { a: "yz" })).toEqual({ a: "yz", b: 2 });
  expect(() => merge(envelopeOf({ a: "x" }), { a: "xy" })).toThrow(
    expect.objectContaining({ code: "extensions_shape" }),
  );
});
