// Its process is only for files that patch the realm.
/** What an absent field is read as: the same as in zod. */

import { stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compile, problemsBy, problemsOf, readingOf } from "./reads.ts";
import { changesAfter, patch } from "./realm-patches.ts";

const no = () => false;
const or = (word: string) => (value: unknown) => value ?? word;

describe("an absent field", () => {
  it.each<[string, z.ZodType]>([
    ["a string", z.string()],
    ["null", z.null()],
    ["never", z.never()],
    ["anything", z.any()],
    ["something unknown", z.unknown()],
    ["undefined", z.undefined()],
    ["void", z.void()],
    ["a literal undefined", z.literal(["a", undefined])],
    ["optional", z.string().optional()],
    ["exactly optional", z.string().exactOptional()],
    ["nullish", z.string().nullish()],
    ["optional and read-only", z.string().optional().readonly()],
    ["not optional after all", z.string().optional().nonoptional()],
    ["default", z.string().default("d")],
    ["default null", z.string().nullable().default(null)],
    ["default of a list", z.array(z.number()).default([1, 2])],
    ["default, then optional", z.string().default("d").optional()],
    ["optional, then default", z.string().optional().default("d")],
    ["default, then nullable", z.string().default("d").nullable()],
    ["default, then read-only", z.string().default("d").readonly()],
    ["read-only", z.string().readonly()],
    ["prefault", z.string().prefault("d")],
    ["prefault of another type", z.string().prefault(5 as never)],
    [
      "default of a union that would change it",
      z.union([z.array(z.number()).transform((list) => [...list, 9]), z.string()]).default([1]),
    ],
    ["prefault that is trimmed", z.string().trim().prefault(" d ")],
    ["default that its check refuses", z.string().default("d").refine(no)],
    ["default that a wrapper's check refuses", z.string().default("d").readonly().refine(no)],
    ["optional under a check that refuses", z.string().optional().refine(no)],
    ["nullable", z.string().nullable()],
    ["nullable under a check that refuses", z.string().nullable().refine(no)],
    [
      "default under a check that takes it",
      z
        .string()
        .default("d")
        .readonly()
        .refine((d) => d === "d"),
    ],
    ["catch", z.string().catch("c")],
    ["catch of an optional", z.string().optional().catch("c")],
    ["catch, then optional", z.string().catch("c").optional()],
    ["catch, then nullish", z.string().catch("c").nullish()],
    ["catch, then read-only", z.string().catch("c").readonly()],
    ["prefault, then optional", z.string().prefault("d").optional()],
    ["default, then nullish", z.string().default("d").nullish()],
    [
      "transform of an optional, then optional",
      z.string().optional().transform(or("t")).optional(),
    ],
    ["transform of an optional", z.string().optional().transform(or("t"))],
    [
      "transform that returns nothing",
      z
        .string()
        .optional()
        .transform(() => undefined),
    ],
    ["transform of anything", z.any().transform(or("t"))],
    [
      "transform of a default",
      z
        .string()
        .default("d")
        .transform((d) => `${d}!`),
    ],
    ["preprocess", z.preprocess(or("p"), z.string())],
    ["pipe of an optional", z.string().optional().pipe(z.string().optional())],
    ["a union with undefined", z.union([z.string(), z.undefined()])],
    ["a union with an optional", z.union([z.string().optional(), z.number()])],
    ["a union with a default", z.union([z.string().default("u"), z.number()])],
    ["a lazy text", z.lazy(() => z.string())],
    ["a lazy optional", z.lazy(() => z.string().optional())],
    ["a lazy default", z.lazy(() => z.string().default("l"))],
    ["coerced", z.coerce.string()],
  ])("%s", (_, schema) => {
    const level = z.object({ f: schema });
    const parsed = level.safeParse({});
    // `undefined` counts as absent, too.
    for (const input of [{}, { f: undefined }]) {
      expect(problemsOf(level, input).length === 0).toBe(parsed.success);
      if (!parsed.success) continue;
      const { f } = parsed.data;
      expect(readingOf(level, input)).toEqual({ f });
      const loose = level.catchall(z.number());
      expect(readingOf(loose, input)).toEqual(f === undefined ? {} : { f });
    }
  });

  it("is missing if its transform makes a value only the first time", () => {
    let holds = true;
    const unsteady = z
      .string()
      .optional()
      .transform(() => {
        if (holds) return "made";
        throw new Error("boom");
      });
    const compiled = compile(z.object({ f: unsteady }));
    expect(problemsBy(compiled, {})).toEqual([]);
    holds = false;
    expect(problemsBy(compiled, {})).toEqual(["f | extensions_shape | a value | nothing"]);
  });
});

describe("a default in a realm that a plugin has patched", () => {
  it.each<[string, z.ZodType]>([
    ["plain", z.string().default("d")],
    ["read-only", z.string().default("d").readonly()],
    ["optional", z.string().default("d").optional()],
    ["nullable", z.string().default("d").nullable()],
    ["parsed", z.string().prefault("d")],
    ["of a list", z.array(z.string()).default(["d"])],
  ])("replaces what is absent: %s", (_, schema) => {
    const compiled = compile(z.object({ f: schema }));
    const fallback = compiled.level?.fields[0]?.fallback;
    const before = fallback?.();
    let problems: readonly string[] = [];
    let during: unknown;
    changesAfter(() => {
      patch(Array.prototype, "push", { value: () => 0 });
      problems = problemsBy(compiled, {});
      during = fallback?.();
    });
    expect(problems).toEqual([]);
    expect(before).not.toBeUndefined();
    expect(during).toEqual(before);
  });
});

describe("a default that a function makes", () => {
  it.each<[string, unknown, unknown]>([
    ["is made anew", "b", "b"],
    ["may be null", null, null],
    ["is the first one where it becomes a container", {}, "a"],
    ["is the first one where it becomes a list", ["b"], "a"],
    ["is the first one where it becomes a function", () => "b", "a"],
  ])("%s", (_, later, expected) => {
    let value: unknown = "a";
    const compiled = z.object({ f: z.any().default(() => value) });
    const { fields } = compile(compiled).level ?? {};
    value = later;
    expect(fields?.[0]?.fallback?.()).toBe(expected);
  });

  it("is created anew even if it is null the first time", () => {
    let value: unknown = null;
    const compiled = z.object({ f: z.any().default(() => value) });
    const { fields } = compile(compiled).level ?? {};
    value = "b";
    expect(fields?.[0]?.fallback?.()).toBe("b");
  });
});

describe("a default that is a container", () => {
  const fallbackOf = (schema: z.ZodType) => {
    const level = z.object({ f: schema });
    return (readingOf(level, {}) as { f: unknown }).f;
  };

  it.each<[string, z.ZodType, unknown]>([
    [
      "of anything",
      z.any().default({ a: [1, { b: null, c: "d" }] }),
      { a: [1, { b: null, c: "d" }] },
    ],
    ["of a union", z.union([z.array(z.any()), z.string()]).default([1, { a: [] }]), [1, { a: [] }]],
    [
      "that its output type has and its input type does not",
      z.object({ a: z.string().transform((text) => text.length) }).default({ a: 1 }),
      { a: 1 },
    ],
    [
      "that has more than its type",
      z.object({ a: z.number() }).default({ a: 1, b: 2 } as never),
      { a: 1, b: 2 },
    ],
    ["of a set", stringSet().default(["b", "a"]), ["a", "b"]],
  ])("is deeply frozen and shared: %s", (_, schema, expected) => {
    const frozen = fallbackOf(schema);
    const parts: unknown[] = [frozen];
    for (const part of parts) {
      if (typeof part !== "object" || part === null) continue;
      expect(Object.isFrozen(part)).toBe(true);
      if (!Array.isArray(part)) expect(Object.getPrototypeOf(part)).not.toBe(Array.prototype);
      parts.push(...Object.values(part));
    }
    expect(frozen).toEqual(expected);
    expect(Array.isArray(frozen)).toBe(Array.isArray(expected));
  });

  it("is not the host's own object", () => {
    const mine = { a: { b: 1 } };
    const schema = z.object({ f: z.any().default(mine) });
    const compiled = compile(schema);
    mine.a.b = 2;
    expect(compiled.level?.fields[0]?.fallback?.()).toEqual({ a: { b: 1 } });
    expect(Object.isFrozen(mine)).toBe(false);
  });
});
