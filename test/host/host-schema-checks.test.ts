import type { GlassineError } from "glassine";
import { defineHook, defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf, refusalOf } from "../data/support.ts";
import { uncaughtDuring } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { plain } from "./support.ts";

const notEvil = (value: unknown) => !JSON.stringify(value ?? null).includes("evil");
const inner = z.object({ b: z.string() });

function hostOf(schema: z.ZodType) {
  const mine = {
    tier: "mutable",
    read: "everyone",
    write: "everyone",
    description: "Checked.",
    schema,
  } as const;
  return defineHost({ slots: { mine: mine as typeof mine & { schema: z.ZodType<object> } } });
}

/** Reads `value` as input from the host, and as a proposal from a plugin. */
function read(schema: z.ZodType, value: unknown): { host: () => unknown; plugin: () => unknown } {
  const host = hostOf(schema);
  return {
    host: () => host.createExtensions({ mine: value as object }).mine,
    plugin: () =>
      host.mergeExtensions(host.createExtensions({}), { mine: value }, []).extensions.mine,
  };
}

describe("the checks of a host's schema hold wherever they are written", () => {
  const fields: Record<string, z.ZodType> = {
    "after optional": z.string().optional().refine(notEvil),
    "after nullable": z.string().nullable().refine(notEvil),
    "after nullish": z.string().nullish().refine(notEvil),
    "after default": z.string().default("x").refine(notEvil),
    "after prefault": z.string().prefault("x").refine(notEvil),
    "after readonly": z.string().readonly().refine(notEvil),
    "after lazy": z.lazy(() => z.string()).refine(notEvil),
    "between wrappers": z.string().optional().refine(notEvil).readonly().describe("A description."),
    "on a readonly level": z.object({ b: z.string() }).readonly().refine(notEvil),
    "on an optional level": inner.optional().refine(notEvil),
    "on a tagged union": z
      .discriminatedUnion("k", [
        z.object({ k: z.literal("x"), b: z.string() }),
        z.object({ k: z.literal("y") }),
      ])
      .refine(notEvil),
    "on a nullable element": z.array(z.string().nullable().refine(notEvil)),
    "on a list": z.array(z.string()).refine(notEvil),
    "on a map": z.record(z.string(), z.string()).refine(notEvil),
    "on a map with a rule for keys": z.record(z.string().max(9), z.string()).refine(notEvil),
    "on a union": z.union([z.string(), inner]).refine(notEvil),
    "by superRefine": z.string().superRefine((text, at) => {
      if (!notEvil(text)) at.addIssue("no");
    }),
    "by check": z.string().check(({ value, issues }) => {
      if (!notEvil(value)) issues.push({ code: "custom", input: value, message: "no" });
    }),
  };
  const evilOf: Record<string, unknown> = {
    "on a readonly level": { b: "evil" },
    "on an optional level": { b: "evil" },
    "on a tagged union": { k: "x", b: "evil" },
    "on a nullable element": [null, "evil"],
    "on a list": ["evil"],
    "on a map": { b: "evil" },
    "on a map with a rule for keys": { b: "evil" },
    "on a union": { b: "evil" },
  };

  it.each(Object.keys(fields))("%s", (name) => {
    verifies("envelope:host-checks");
    const schema = z.object({ a: fields[name] as z.ZodType });
    const evil = { a: evilOf[name] ?? "evil" };
    const good = JSON.parse(JSON.stringify(evil).replace("evil", "good"));
    expect(codeOf(read(schema, evil).host)).toBe("extensions_invalid");
    expect(codeOf(read(schema, evil).plugin)).toBe("extensions_shape");
    expect(plain(read(schema, good).host())).toEqual(good);
    expect(plain(read(schema, good).plugin())).toEqual(good);
  });

  const wrapped: [string, z.ZodType][] = [
    ["optional", z.object({ a: z.string() }).optional()],
    ["readonly", z.object({ a: z.string() }).readonly()],
  ];
  it.each(wrapped)("on a whole slot after %s", (_name, schema) => {
    const { host, plugin } = read(schema.refine(notEvil), { a: "evil" });
    expect(codeOf(host)).toBe("extensions_invalid");
    expect(codeOf(plugin)).toBe("extensions_shape");
  });

  it("on a null if only null is allowed, but not on what may be absent", () => {
    const given = (schema: z.ZodType) => read(z.object({ a: schema }), { a: null });
    const isText = (value: unknown) => typeof value === "string";
    expect(codeOf(given(z.string().nullable().refine(isText)).host)).toBe("extensions_invalid");
    expect(plain(given(z.string().nullish().refine(isText)).host())).toEqual({});
  });

  it("on a default, which is then missing", () => {
    const schema = z.object({ a: z.string().default("evil").refine(notEvil) });
    expect(codeOf(read(schema, {}).host)).toBe("extensions_invalid");
    expect(codeOf(read(schema, {}).plugin)).toBe("extensions_shape");
    expect(plain(read(schema, { a: "good" }).plugin())).toEqual({ a: "good" });
  });

  it("on the merged value of a wrapped level", () => {
    const range = z.object({ from: z.number(), to: z.number() });
    const schema = z.object({ range: range.optional().refine((it) => !it || it.from <= it.to) });
    const host = hostOf(schema);
    const before = host.createExtensions({ mine: { range: { from: 1, to: 5 } } });
    const change = (part: object) => () =>
      host.mergeExtensions(before, { mine: { range: part } }, []);
    expect(codeOf(change({ from: 9 }))).toBe("extensions_shape");
    expect(plain(change({ from: 2 })().extensions.mine)).toEqual({ range: { from: 2, to: 5 } });
  });
});

describe("a check of a list that grows", () => {
  const stops = z
    .array(z.string())
    .default([])
    .refine((list) => new Set(list).size === list.length);
  const inside = z.array(z.string()).refine((list) => new Set(list).size === list.length);

  it.each([
    ["around its default", stops],
    ["inside of it", inside.default([])],
  ])("holds for what others added since, too: %s", (_name, list) => {
    const trail = {
      tier: "monotonic",
      read: "everyone",
      write: "everyone",
      grows: "stops",
      description: "Each stop once.",
      schema: z.object({ stops: list }),
    } as const;
    const host = defineHost({ slots: { trail } });
    const before = host.createExtensions({ trail: { stops: ["a"] } });
    const view = host.filterExtensions(before, []);
    const now = host.createExtensions({ trail: { stops: ["a", "b"] } });
    const append = (stop: string) => () =>
      host.mergeExtensions(now, { trail: { stops: ["a", stop] } }, [], { view });
    expect(append("c")().extensions.trail?.stops).toEqual(["a", "b", "c"]);
    expect(codeOf(append("b"))).toBe("extensions_shape");
  });
});

describe("a check sees a value as zod would pass it", () => {
  it("without the fields that are absent, and frozen", () => {
    const seen: unknown[] = [];
    const schema = z
      .object({ a: z.string().optional(), b: z.object({ c: z.string().optional() }).optional() })
      .refine((value) => seen.push(value) > 0 && Object.keys(value).length > 0);
    expect(codeOf(read(schema, {}).host)).toBe("extensions_invalid");
    expect(plain(read(schema, { b: {} }).plugin())).toEqual({ b: {} });
    expect(seen.map((value) => JSON.stringify(value))).toContain('{"b":{}}');
    for (const value of seen) expect(Object.isFrozen(value)).toBe(true);
    expect(Object.getPrototypeOf(seen[0])).toBe(Object.prototype);
  });

  it("after its transforms, once", () => {
    const lengths = z.object({ n: z.string().transform((text) => text.length) });
    const schema = lengths.refine(({ n }) => n > 2);
    expect(plain(read(schema, { n: "abc" }).host())).toEqual({ n: 3 });
    expect(plain(read(schema, { n: "abc" }).plugin())).toEqual({ n: 3 });
    expect(codeOf(read(schema, { n: "ab" }).host)).toBe("extensions_invalid");
  });

  it("and may change it, if its type accepts the result", () => {
    const schema = z.object({
      name: z.string().trim().min(1),
      list: z.array(z.number()).overwrite((list) => [...list].reverse()),
    });
    expect(plain(read(schema, { name: " a ", list: [1, 2] }).plugin())).toEqual({
      name: "a",
      list: [2, 1],
    });
    expect(codeOf(read(schema, { name: "  ", list: [] }).plugin)).toBe("extensions_shape");
    const wrong = z.object({ a: z.string().overwrite(() => 5 as never) });
    expect(codeOf(read(wrong, { a: "a" }).host)).toBe("extensions_invalid");
  });
});

describe("an asynchronous check", () => {
  const waiting: Record<string, z.ZodType> = {
    refine: z.string().refine(async () => Promise.reject(new Error("secret"))),
    superRefine: z.string().superRefine(async () => Promise.reject(new Error("secret"))),
    transform: z.string().transform(async () => Promise.reject(new Error("secret"))),
    "refine in a union": z.union([
      z.number(),
      z.string().refine(async () => {
        throw new Error("secret");
      }),
    ]),
    "refine that would pass": z.string().refine(async () => true),
  };

  it.each(Object.keys(waiting))("is refused, and its rejection is handled: %s", async (name) => {
    verifies("envelope:host-checks");
    const schema = z.object({ a: waiting[name] as z.ZodType });
    const uncaught = await uncaughtDuring(async () => {
      const error = refusalOf(read(schema, { a: "x" }).plugin);
      expect(error.code).toBe("extensions_shape");
      expect(error.message).toContain("a schema whose checks and transforms are synchronous");
      expect(error.message).not.toContain("secret");
    });
    expect(uncaught).toEqual([]);
  });
});

describe("a union discriminated by one field", () => {
  const unions: Record<string, readonly [z.ZodType, unknown, unknown]> = {
    "by z.enum": [
      z.discriminatedUnion("k", [
        z.object({ k: z.enum(["a", "b"]) }),
        z.object({ k: z.literal("c") }),
      ]),
      { k: "b" },
      { k: "d" },
    ],
    "by numbers": [
      z.discriminatedUnion("k", [
        z.object({ k: z.literal(1), v: z.string() }),
        z.object({ k: z.literal(2) }),
      ]),
      { k: 1, v: "x" },
      { k: "2" },
    ],
    "by truth": [
      z.discriminatedUnion("k", [
        z.object({ k: z.literal(true) }),
        z.object({ k: z.literal(false), v: z.string() }),
      ]),
      { k: true },
      { k: false },
    ],
    "by absence": [
      z.discriminatedUnion("k", [
        z.object({ k: z.literal("a").optional(), v: z.string() }),
        z.object({ k: z.literal("b") }),
      ]),
      { v: "x" },
      {},
    ],
    "inside another": [
      z.discriminatedUnion("k", [
        z.object({ k: z.literal("a") }),
        z.discriminatedUnion("k", [z.object({ k: z.literal("b"), v: z.string() })]),
      ]),
      { k: "b", v: "x" },
      { k: "b" },
    ],
    "with options that are wrapped": [
      z.discriminatedUnion("k", [
        z.object({ k: z.literal("a") }).readonly(),
        z.lazy(() => z.object({ k: z.literal("b") })),
      ]),
      { k: "b" },
      { k: "constructor" },
    ],
  };

  it.each(Object.keys(unions))("%s", (name) => {
    const [union, good, bad] = unions[name] as (typeof unions)[string];
    const schema = z.object({ a: union });
    expect(plain(read(schema, { a: good }).plugin())).toEqual({ a: good });
    expect(codeOf(read(schema, { a: bad }).plugin)).toBe("extensions_shape");
    expect(codeOf(read(schema, { a: [] }).plugin)).toBe("extensions_shape");
  });

  const ambiguous = [
    ["free text", [z.object({ k: z.string() }), z.object({ k: z.literal("a") })]],
    [
      "the same value twice",
      [z.object({ k: z.literal("a") }), z.object({ k: z.enum(["a", "b"]) })],
    ],
  ] as const;

  it.each(ambiguous)("is refused when it is defined, by %s", async (_name, options) => {
    const schema = z.object({ a: z.discriminatedUnion("k", options as never) });
    const error: GlassineError = refusalOf(() => hostOf(schema));
    expect(error.code).toBe("slot_invalid");
    expect(error.message).toBe(
      'Each option of a union discriminated by "k" needs values for that field that no other option has: z.literal or z.enum.',
    );
    const asked = defineHook({ semantic: "message", description: "Asked.", payload: schema });
    const host = defineHost({ hooks: { asked } });
    await expect(host.createPluginManager({ plugins: [] })).rejects.toMatchObject({
      code: "hook_invalid",
    });
  });
});
