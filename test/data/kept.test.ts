// Its process is only for files that patch the realm.
/** Shown parts that a plugin returns stay the same objects, and are not checked again. */

import { headerMap, jsonObject, jsonValue, labelSet, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compile, problemsOf, readingOf } from "./reads.ts";
import { changesAfter, patch } from "./realm-patches.ts";

const g = z.number().optional();

describe("a part that is returned as it was shown", () => {
  it.each<[string, (check: () => boolean) => z.ZodType, unknown]>([
    ["a string", (check) => z.string().refine(check), "a"],
    ["a list", (check) => z.array(z.string()).refine(check), ["a"]],
    ["a set", (check) => stringSet().refine(check), ["a"]],
    ["a level", (check) => z.object({ a: z.string() }).refine(check), { a: "x" }],
    ["a record", (check) => z.record(z.string(), z.string()).refine(check), { a: "x" }],
    ["free-form data", (check) => jsonObject().refine(check), { a: null }],
  ])("is not checked again: %s", (_, checked, value) => {
    let holds = true;
    const schema = z.object({ f: checked(() => holds), g });
    const shown = readingOf(schema, { f: value }) as { f: unknown };
    holds = false;
    const read = readingOf(schema, { f: structuredClone(value), g: 1 }, "host", shown);
    expect((read as { f: unknown }).f).toBe(shown.f);
    expect(problemsOf(schema, { f: value })).toHaveLength(1);
  });

  it("passes even if it exceeds the limits by now", () => {
    const schema = z.object({ f: headerMap(), g });
    const shown = readingOf(schema, { f: { a: "x", b: "y" } });
    const changed = { f: { a: "x", b: "y" }, g: 1 };
    expect(problemsOf(schema, changed, "host", { headers: 1 }, shown)).toEqual([]);
    expect(problemsOf(schema, changed, "host", { headers: 1 })).toHaveLength(1);
  });

  it.each([
    ["a set in another order", stringSet(), ["b", "a", "b"]],
    ["labels in another order", labelSet(), ["b", "a"]],
    ["headers", headerMap(), { a: "x" }],
  ])("is the same object: %s", (_, schema, value) => {
    const whole = z.object({ f: schema });
    const shown = readingOf(whole, { f: value });
    expect(readingOf(whole, { f: structuredClone(value) }, "host", shown)).toBe(shown);
  });
});

it.each<[string, z.ZodType, unknown]>([
  ["a level", z.object({ a: z.string() }), { a: "x" }],
  ["a level that keeps the rest", z.looseObject({ a: z.string() }), { a: "x", b: 1 }],
  ["a list", z.array(z.string()), ["a"]],
  ["a record", z.record(z.string(), z.string()), { a: "x" }],
  ["any object", jsonObject(), { a: [null] }],
  ["any data", jsonValue(), [{ a: "x" }]],
])("the same object counts nothing towards the limits: %s", (_, schema, value) => {
  const shown = readingOf(schema, value);
  expect(problemsOf(schema, shown, "host", { nodes: 0, units: 0 }, shown)).toEqual([]);
  expect(problemsOf(schema, shown, "host", { nodes: 0, units: 0 })).toHaveLength(1);
});

describe("a label that was shown", () => {
  const problems = (labels: readonly string[], shown: readonly string[]) =>
    problemsOf(labelSet(), labels, "host", { labelCodePoints: 2 }, shown);

  it("is not checked against the rules again", () => {
    expect(problems([" a", "b"], [" a"])).toEqual([]);
    expect(problems([" a", "b"], [" b"])).toHaveLength(1);
  });

  it("is refused if it is longer than a label may be by now", () => {
    expect(problems(["ab", "abc"], ["ab", "abc"])).toHaveLength(1);
    expect(problems(["ab", "\u{1d4b3}b"], ["ab", "\u{1d4b3}b"])).toEqual([]);
  });
});

it("a set that is returned itself is not read again", () => {
  const looks: PropertyKey[] = [];
  const get = (target: object, key: PropertyKey, receiver: unknown): unknown => {
    looks.push(key);
    return Reflect.get(target, key, receiver);
  };
  for (const schema of [stringSet(), labelSet()]) {
    const shown = new Proxy(readingOf(schema, ["b", "a"]) as object, { get });
    expect(readingOf(schema, shown, "host", shown)).toBe(shown);
  }
  expect(looks).toEqual([]);
});

it("data that is returned itself is not read again", () => {
  const shown = new Proxy(readingOf(jsonValue(), ["b", "a"]) as object, {});
  expect(readingOf(jsonValue(), shown, "host", shown)).toBe(shown);
  expect(problemsOf(jsonValue(), shown, "host")).toHaveLength(1);
});

it("an object does not count as a string that was shown, even with the same characters", () => {
  const schema = z.object({ f: jsonValue() });
  const value = { f: { 0: "a", 1: "b" } };
  expect(readingOf(schema, value, "host", readingOf(schema, { f: "ab" }))).toEqual(value);
});

it("checks do not run on what cannot be read", () => {
  const judged: unknown[] = [];
  const note = (value: unknown) => judged.push(value) > 0;
  expect(problemsOf(z.object({ f: z.string().refine(note) }), { f: 5 })).toHaveLength(1);
  expect(judged).toEqual([]);
});

it("transforms and unions do not receive what cannot be read", () => {
  const given: unknown[] = [];
  const schema = z.any().transform((value) => given.push(value));
  expect(problemsOf(z.object({ f: schema }), { f: [Number.NaN] })).toHaveLength(1);
  expect(problemsOf(z.object({ f: z.union([schema, z.string()]) }), { f: () => 0 })).toHaveLength(
    1,
  );
  expect(given).toEqual([]);
});

describe("the result of a merge passes the checks of every wrapper", () => {
  it.each<[string, z.ZodType, unknown, readonly unknown[]]>([
    [
      "a level in a level",
      z
        .object({ a: z.number() })
        .refine(({ a }) => a > 0)
        .readonly()
        .refine(({ a }) => a < 9),
      { a: 5 },
      [{ a: 0 }, { a: 9 }],
    ],
    ["a union", z.union([z.string(), z.number()]).refine((f) => f !== 0), 1, [0]],
    ["a kind", stringSet().max(1), ["a"], [["a", "b"]]],
  ])("%s", (_, schema, good, bad) => {
    const { passes } = compile(schema);
    expect(passes?.(good)).toBe(true);
    expect(bad.map((value) => passes?.(value))).toEqual(bad.map(() => false));
  });

  it("a schema without checks accepts it", () => {
    const { passes } = compile(z.string());
    expect(passes).toBeUndefined();
  });
});

it("a set keeps its elements if a plugin patched Array.prototype[-1]", () => {
  const schema = z.object({ f: labelSet() });
  let read: unknown;
  changesAfter(() => {
    patch(Array.prototype, "-1", { value: "a" });
    read = readingOf(schema, { f: ["a", "b"] });
  });
  expect(read).toEqual({ f: ["a", "b"] });
});
