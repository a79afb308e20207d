/** Reading runs each check of the schema once. */
import { stringSet, withRule } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compile, problemsBy, readGiven } from "./reads.ts";

/** A check that records the values it receives. */
function noting() {
  const given: unknown[] = [];
  return { given, note: (value: unknown) => given.push(value) > 0 };
}

describe("a check", () => {
  it("receives what was read, once", () => {
    const { given, note } = noting();
    const schema = z.object({ f: z.string().refine(note), g: z.number().optional() }).refine(note);
    expect(readGiven(schema, '{"f":"a"}')).toEqual({ f: "a", g: undefined });
    expect(given).toEqual(["a", { f: "a" }]);
  });

  it("does not receive what is refused", () => {
    const { given, note } = noting();
    expect(readGiven(z.array(z.string().refine(note)), "[5]")).toBeUndefined();
    expect(readGiven(z.array(z.string()).refine(note), "[5]")).toBeUndefined();
    expect(given).toEqual([]);
  });

  it("that returns another value has that value read", () => {
    const make = z.array(z.string()).check((payload) => {
      payload.value = ["made"];
    });
    expect(readGiven(make, '["a"]')).toEqual(["made"]);
    const same = z.array(z.string()).check(() => {});
    expect(readGiven(same, '["a"]')).toEqual(["a"]);
  });

  it("runs even if another one passes", () => {
    const schema = z.array(z.string().min(2).max(3));
    expect(readGiven(schema, '["ab","abc"]')).toEqual(["ab", "abc"]);
    expect(readGiven(schema, '["a"]')).toBeUndefined();
    expect(readGiven(schema, '["abcd"]')).toBeUndefined();
  });
});

describe("a rule", () => {
  it("runs once per reading", () => {
    const { given, note } = noting();
    const schema = z.array(withRule(z.string(), "any", note));
    expect(readGiven(schema, '["a"]')).toEqual(["a"]);
    expect(given).toEqual(["a"]);
    expect(problemsBy(compile(schema), ["b"])).toEqual([]);
    expect(given).toEqual(["a", "b"]);
  });

  it("sees a level as it is stored; checks beside it see it as in zod", () => {
    const rule = noting();
    const check = noting();
    const level = z.object({ a: z.string(), b: z.string().optional() });
    const schema = withRule(level, "any", rule.note).refine(check.note);
    expect(readGiven(schema, '{"a":"x"}')).toBeDefined();
    expect(rule.given.map((value) => Object.keys(value as object))).toEqual([["a", "b"]]);
    expect(check.given.map((value) => Object.keys(value as object))).toEqual([["a"]]);
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
