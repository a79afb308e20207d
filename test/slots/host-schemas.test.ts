/** A host's own schemas: zod's checks apply to values from hosts and plugins alike. */
import {
  defineHost,
  instant,
  jsonObject,
  labelSet,
  type SlotSpec,
  stringSet,
  wholeNumber,
} from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";

const description = "Of a test.";
const hostOf = (schema: z.ZodType, tier: "mutable" | "immutable" = "mutable") => {
  const host = defineHost({
    slots: {
      shelf: { tier, read: "everyone", write: "everyone", description, schema } as SlotSpec,
    },
  });
  const create = (shelf: unknown) =>
    host.createExtensions({ shelf } as never) as { shelf?: unknown };
  const merge = (current: unknown, shelf: unknown) =>
    host.mergeExtensions(create(current) as never, { shelf }, []).extensions as { shelf?: unknown };
  const view = (extensions: object) =>
    (host.filterExtensions as (of: object, grant: readonly string[]) => object)(extensions, []);
  return { ...host, create, merge, view };
};
const field = (schema: z.ZodType) => hostOf(z.object({ f: schema }));

describe("a rule that only zod knows", () => {
  const cases: readonly [string, z.ZodType, unknown, unknown][] = [
    ["keys of a record", z.record(z.string().regex(/^a/), z.number()), { a: 1 }, { b: 1 }],
    ["names of a record", z.record(z.enum(["a"]), z.number()), { a: 1 }, { a: 1, b: 2 }],
    [
      "refinement of a record",
      z.record(z.string(), z.number()).refine((r) => !("b" in r)),
      { a: 1 },
      { b: 1 },
    ],
    [
      "refinement of a level",
      z.object({ n: z.number() }).refine(({ n }) => n > 0),
      { n: 1 },
      { n: 0 },
    ],
    ["rest of a loose level", z.object({}).catchall(z.number()), { a: 1 }, { a: "1" }],
    ["refinement of a list", z.array(z.number()).refine((list) => list.includes(1)), [1], [2]],
    ["bounds of a list", z.array(z.number()).min(1).max(2), [1, 2], []],
    ["refinement of a flag", z.boolean().refine(Boolean), true, false],
    ["refinement of a kind", stringSet().max(1), ["a", "a"], ["a", "b"]],
    ["bound of a number", wholeNumber().max(5), 5, 6],
    ["grammar of a refined label set", labelSet().max(1), ["PII"], [" PII"]],
    ["pattern of a string", z.string().regex(/^a$/), "a", "b"],
    ["an object in a union", z.union([jsonObject(), z.string()]), { a: 1 }, 5],
    ["labels in a union", z.union([labelSet(), z.boolean()]), ["PII"], [" PII"]],
    ["a time in a union", z.union([instant(), z.boolean()]), "2026-01-01T00:00:00Z", "soon"],
    ["native enumeration", z.enum({ One: 1 } as never), 1, "One"],
  ];

  it.each(cases)("%s", (_, schema, good, bad) => {
    const host = field(schema);
    host.create({ f: good });
    expect(codeOf(() => host.create({ f: bad }))).toBe("extensions_invalid");
    expect(codeOf(() => host.merge({ f: good }, { f: bad }))).toMatch(
      /^(extensions_shape|label_invalid)$/,
    );
    expect(codeOf(() => host.decodeExtensions(JSON.stringify({ shelf: { f: bad } })))).toBe(
      "extensions_invalid",
    );
  });

  it("is kept in the form of its type, even inside a union", () => {
    const host = field(z.union([z.tuple([stringSet(), instant()]), z.boolean()]));
    const made = host.create({ f: [["b", "a", "b"], "2026-01-01T02:00:00+02:00"] });
    expect(made.shelf).toEqual({ f: [["a", "b"], "2026-01-01T00:00:00Z"] });
  });

  it("applies to a slot that is a map, and to its merged value", () => {
    const host = hostOf(
      z.record(z.string(), z.number()).refine((map) => Object.keys(map).length < 3),
    );
    const first = host.create({ a: 1 });
    const view = host.view(first);
    const second = host.mergeExtensions(first as never, { shelf: { a: 1, b: 2 } }, [], {
      view,
    }).extensions;
    expect(
      codeOf(() => host.mergeExtensions(second, { shelf: { a: 1, c: 3 } }, [], { view })),
    ).toBe("extensions_shape");
  });
});

describe("a rule around an optional value", () => {
  const ordered = z
    .object({ low: z.number().optional(), high: z.number().optional() })
    .optional()
    .refine(({ low, high } = {}) => (low ?? 0) <= (high ?? 0));

  it("applies to the merged value, not to what the plugin had seen", () => {
    const host = hostOf(ordered);
    const view = host.view(host.create({ low: 1, high: 5 }));
    const current = host.create({ low: 1, high: 10 });
    const merge = (low: number) =>
      host.mergeExtensions(current as never, { shelf: { low } }, [], { view }).extensions;
    expect((merge(7) as { shelf?: unknown }).shelf).toEqual({ low: 7, high: 10 });
    expect(codeOf(() => merge(11))).toBe("extensions_shape");
  });
});

describe("a transform", () => {
  it("does not run again on its own unchanged result", () => {
    const host = field(z.string().transform((text) => `${text}!`));
    const extensions = host.create({ f: "a" });
    const copy = structuredClone(host.view(extensions));
    expect(host.mergeExtensions(extensions as never, copy, []).extensions).toBe(extensions);
    expect(host.merge({ f: "a" }, { f: "b" }).shelf).toEqual({ f: "b!" });
  });

  it("that throws refuses the value with a code", () => {
    const host = field(z.string().transform((text) => JSON.parse(text) as unknown));
    expect(codeOf(() => host.create({ f: "{" }))).toBe("extensions_invalid");
    expect(codeOf(() => host.merge({ f: "1" }, { f: "{" }))).toBe("extensions_shape");
  });

  it("that does not produce JSON is refused both in text and in a value", () => {
    const host = field(z.string().transform((text) => new Date(text)));
    const shelf = { f: "2026-01-01" };
    expect(codeOf(() => host.create(shelf))).toBe("extensions_invalid");
    expect(codeOf(() => host.decodeExtensions(JSON.stringify({ shelf })))).toBe(
      "extensions_invalid",
    );
  });
});

describe("a field type with a description", () => {
  it.each([
    ["set", stringSet().describe("d"), ["b", "a", "a"], ["a", "b"]],
    ["labels", labelSet().meta({ title: "t" }), ["b", "a"], ["a", "b"]],
    ["instant", instant().describe("d"), "2026-01-01 00:00:00", "2026-01-01T00:00:00Z"],
    ["object", jsonObject().describe("d"), { b: null }, { b: null }],
  ])("%s is still recognised", (_, schema, given, expected) => {
    expect(field(schema).create({ f: given }).shelf).toEqual({ f: expected });
  });
});

describe("a default", () => {
  it.each([
    ["of a set is sorted", stringSet().default(["b", "a", "a"]), ["a", "b"]],
    ["inside an optional field holds", z.string().default("t").optional(), "t"],
    ["of a read-only field holds", z.string().default("t").readonly(), "t"],
    ["that is parsed is parsed", stringSet().prefault(["b", "a"]), ["a", "b"]],
    [
      "of a field of a loose level holds",
      z
        .object({ on: z.boolean().default(true) })
        .catchall(z.number())
        .prefault({}),
      { on: true },
    ],
  ])("%s", (_, schema, expected) => {
    expect(field(schema).create({}).shelf).toEqual({ f: expected });
  });

  it("of a level has the level's shape", () => {
    const level = z.object({ a: z.string().optional(), b: z.string().optional() });
    const { f } = field(level.default({ a: "x" })).create({}).shelf as { f: object };
    expect(Object.keys(f)).toEqual(["a", "b"]);
  });
});
